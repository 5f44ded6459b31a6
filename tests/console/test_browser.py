"""The console in a real browser: passkeys, live state, every page small, quick, readable and reachable by keyboard."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, CDPSession

from tests.console.scene import Scene
from tests.console.support import PASSWORD, Desk, Person, first_person, let_in
from tests.emulator.test_official_node import installed  # noqa: F401 - a fixture
from tests.invitations.conftest import browser, make_phone  # noqa: F401 - fixtures
from tests.invitations.support import PHONE, Phone
from tests.invitations.test_phone import audit
from tests.support.gateway import RunningGateway
from tests.support.validation import on_sqlite

pytestmark = [pytest.mark.browser, on_sqlite]
WIDE = {"width": 1280, "height": 800}
MOST_BYTES = 250_000
FIRST_PAINT_MS = 1_500


async def screen(browser: Browser, desk: Desk, **options: Any) -> Phone:  # noqa: F811 - the fixture's browser
    """Return a browser in which the desk's operator is signed in."""
    shown = await Phone.unpack(browser, **options)
    url = desk.gateway.url
    cookies = [{"name": name, "value": value, "url": url} for name, value in desk.cookies.items()]
    await shown.page.context.add_cookies(cookies)  # type: ignore[arg-type]  # what playwright calls a cookie
    return shown


async def authenticator(phone: Phone) -> CDPSession:
    """Give the browser an authenticator of its own, whose owner is always there."""
    cdp = await phone.page.context.new_cdp_session(phone.page)
    await cdp.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    await cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return cdp


async def test_a_passkey_is_made_signs_in_and_proves(gateway: RunningGateway, browser: Browser) -> None:  # noqa: F811
    ada = await first_person(gateway)
    site = gateway.url.replace("127.0.0.1", "localhost")
    phone = await Phone.unpack(browser, viewport=WIDE)
    await authenticator(phone)
    page = phone.page
    await page.goto(site + ada.link)
    await page.fill("[name=name]", "ada")
    await page.click("text=Make a passkey")
    await page.wait_for_url(f"{site}/console")
    await page.click("text=Sign out")
    await page.wait_for_url("**/console/sign-in")
    await page.click("text=Sign in with a passkey")
    await page.wait_for_url(f"{site}/console")
    await page.goto(f"{site}/console/prove?next=/console/work")
    await page.click("text=Use a passkey")
    await page.wait_for_url(f"{site}/console/work")
    await page.goto(f"{site}/console/account")
    assert "localhost" in await page.inner_text("main")
    # What was signed once is no good a second time, nor under another name.
    await page.click("text=Sign out")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    await page.click("text=Sign in with a passkey")
    await page.wait_for_url(f"{site}/console")
    [signed] = [one for one in sent if "passkey_proof" in one]
    desk = Desk(gateway, host=site.removeprefix("http://"))
    form = {"content_type": "application/x-www-form-urlencoded"}
    assert (await desk.send("POST", "/console/sign-in", data=signed.encode(), **form)).status == 401
    assert phone.troubles == []


async def test_nobody_signs_in_with_a_passkey_of_another_site(gateway: RunningGateway, browser: Browser) -> None:  # noqa: F811
    ada = await first_person(gateway)
    site = gateway.url.replace("127.0.0.1", "localhost")
    phone = await Phone.unpack(browser, viewport=WIDE)
    await authenticator(phone)
    await phone.page.goto(site + ada.link)
    await phone.page.fill("[name=name]", "ada")
    await phone.page.click("text=Make a passkey")
    await phone.page.wait_for_url(f"{site}/console")
    sql = "UPDATE operator_passkeys SET host = 'gateway.example'"
    await gateway.rt.db.write(lambda tx: tx.execute(sql))
    await phone.page.click("text=Sign out")
    await phone.page.click("text=Sign in with a passkey")
    await phone.page.wait_for_selector("[role=alert]")
    assert phone.page.url.endswith("/console/sign-in")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
async def test_a_password_and_a_code_sign_in_with_and_without_a_script(
    gateway: RunningGateway,
    browser: Browser,  # noqa: F811
    desk: Desk,
    ada: Person,
    script: bool,
) -> None:
    phone = await Phone.unpack(browser, java_script_enabled=script)
    page = phone.page
    await page.goto(f"{gateway.url}/console/work")
    await page.fill("[name=name]", "ada")
    await page.fill("[name=password]", PASSWORD)
    await page.fill("[name=code]", ada.code())
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{gateway.url}/console/work")
    assert await phone.heading() == "Jobs"
    assert phone.troubles == []


async def test_the_actors_finish_shows_on_the_operators_screen_within_two_seconds(
    gateway: RunningGateway,
    browser: Browser,  # noqa: F811
    scene: Scene,
) -> None:
    shown = await screen(browser, await let_in(gateway, "ada"), viewport=WIDE)
    await shown.page.goto(f"{gateway.url}{scene.here}/people/{scene.person}")
    assert await shown.page.locator(".qr svg").count() == 1
    phone = await Phone.unpack(browser)
    await phone.page.goto(scene.link)
    await phone.tick_all()
    await phone.tap()
    await phone.page.wait_for_url("**/h5**")
    await shown.page.wait_for_selector("text=the face check is running", timeout=4_000)
    await phone.play("pass")
    await shown.page.wait_for_selector("text=done: the group is there", timeout=4_000)
    assert "The group was given" in await shown.page.inner_text(".line")
    assert shown.troubles == []


MEASURE = """async () => {
  const paint = await new Promise((tell) => new PerformanceObserver((list) => {
    for (const one of list.getEntriesByName("first-contentful-paint")) tell(one.startTime);
  }).observe({type: "paint", buffered: true}));
  const parts = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  return {bytes: parts.reduce((sum, one) => sum + one.decodedBodySize, 0),
    paint,
    spare: document.documentElement.clientWidth - document.documentElement.scrollWidth,
    others: parts.map((one) => one.name).filter((name) => !name.startsWith(location.origin + "/"))};
}"""


async def check_page(shown: Phone, url: str, *, reads: bool) -> None:
    """Open a page that must be small, quick, as wide as the screen, from nowhere else, and readable by everybody."""
    await shown.page.goto(url)
    measured = await shown.page.evaluate(MEASURE)
    assert 0 < measured["bytes"] <= MOST_BYTES, (url, measured)
    assert measured["paint"] <= FIRST_PAINT_MS, (url, measured)
    assert measured["spare"] >= 0, (url, measured)
    assert measured["others"] == [], (url, measured)
    if reads:
        assert await audit(shown.page) == [], url


@pytest.mark.node
@pytest.mark.parametrize(
    ("size", "scheme", "language", "reads"),
    [
        (PHONE, "light", "en-GB", True),
        (PHONE, "dark", "zh-CN", False),
        (WIDE, "light", "en-GB", False),
        (WIDE, "dark", "zh-CN", True),
    ],
    ids=["phone-light-en", "phone-dark-zh", "wide-light-en", "wide-dark-zh"],
)
@pytest.mark.usefixtures("installed")
async def test_every_page_is_small_quick_alone_and_readable(
    gateway: RunningGateway,
    browser: Browser,  # noqa: F811
    scene: Scene,
    size: Any,
    scheme: Any,
    language: str,
    reads: bool,
) -> None:
    """What axe reads takes most of the time: it reads every page in light and in dark, on a phone and at a desk."""
    options = {"viewport": size, "color_scheme": scheme, "locale": language, "reduced_motion": "reduce"}
    stranger = await Phone.unpack(browser, **options)
    for path in ("/console/sign-in", (await first_person(gateway)).link, "/console/sign-in/a-link"):
        await check_page(stranger, gateway.url + path, reads=reads)
    shown = await screen(browser, await let_in(gateway, "ada"), **options)
    for path in scene.pages:
        await check_page(shown, gateway.url + path, reads=reads)
    assert stranger.troubles + shown.troubles == []


async def test_a_veil_is_lifted_by_keyboard_alone_and_without_a_script(
    gateway: RunningGateway,
    browser: Browser,  # noqa: F811
    scene: Scene,
) -> None:
    desk = await let_in(gateway, "ada")
    shown = await screen(browser, desk, viewport=WIDE)
    # The first stop leads past the menus to the content; the next ones are the filters, and then the veil.
    await shown.page.goto(f"{gateway.url}{scene.here}/assets?status=Active")
    await shown.page.keyboard.press("Tab")
    assert await focused(shown) == "Skip to the content"
    await shown.page.keyboard.press("Enter")
    while await focused(shown) != "Show it":
        await shown.page.keyboard.press("Tab")
    await shown.page.keyboard.press("Enter")
    picture = shown.page.locator(".veil img")
    await picture.wait_for()
    assert await picture.get_attribute("alt") == "good.jpg"
    assert await picture.evaluate("(one) => one.decode().then(() => one.naturalWidth)") == 600
    assert shown.page.url.endswith("/assets?status=Active#main")
    assert await shown.page.evaluate("document.activeElement.tagName") == "IMG"
    plain = await screen(browser, desk, java_script_enabled=False)
    await plain.page.goto(f"{gateway.url}{scene.here}/assets?status=Active")
    await plain.page.click("text=Show it")
    await plain.page.wait_for_selector("main img")
    assert plain.page.url.endswith(f"/assets/{scene.asset}")
    asked = {urlsplit(url).netloc for url in shown.requests + plain.requests if not url.startswith("data:")}
    assert asked == {urlsplit(gateway.url).netloc}
    assert shown.troubles + plain.troubles == []


async def focused(shown: Phone) -> str:
    return str(await shown.page.evaluate("document.activeElement.textContent")).strip()
