"""The actor's pages on a small phone, in a real browser: from the link to the receipt, with and without a script."""

from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page

from stagedoor.invitations.texts import TEXTS
from tests.emulator.test_official_node import NODE_FOLDER, installed  # noqa: F401 - a fixture
from tests.invitations.conftest import MakePhone
from tests.invitations.support import PURPOSES, Phone, Studio
from tests.support.validation import on_sqlite

pytestmark = pytest.mark.browser

MOST_BYTES = 60_000
AXE = NODE_FOLDER / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = {"serious", "critical"}


def own(phone: Phone, studio: Studio, emulator: str) -> list[str]:
    """Return the requests that went anywhere but to the gateway and to the face-check page."""
    return [url for url in phone.requests if not url.startswith((studio.api.url, emulator, "data:"))]


def troubles(phone: Phone) -> list[str]:
    """Return what the browser complained about, without its remark on a page that is meant to be a refusal."""
    return [text for text in phone.troubles if "status of 422" not in text]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("language", ["zh", "zh-Hant", "en"])
@on_sqlite
async def test_from_the_link_to_the_receipt(
    studio: Studio, make_phone: MakePhone, emulator: Any, language: Any, script: bool
) -> None:
    words, who = TEXTS[language], "Studio North"
    made = await studio.invite(Lng=language, Purposes=PURPOSES)
    phone = await make_phone(java_script_enabled=script)
    page = phone.page
    await page.goto(made["Link"])
    assert who in await phone.heading()
    assert await page.get_attribute("html", "lang") == words.lang
    # Tapping without the ticks says what is missing; ticking and tapping again goes on.
    await phone.tap()
    assert words.missing in await page.inner_text("[role=alert]")
    await phone.tick_all()
    await phone.tap()
    await phone.play("fail")
    assert await phone.heading() == words.failed_title
    await phone.tap()
    await phone.play("pass")
    await page.wait_for_selector(".sign:not(.waiting)", timeout=15_000)
    assert await phone.heading() == words.done_title
    shown = await studio.look(made)
    assert shown["Status"] == "completed"
    assert shown["Consent"]["Receipt"] in await page.inner_text("dl")
    # The way out: two taps.
    await page.click(f"a:has-text('{words.withdraw}')")
    await phone.tap()
    assert await phone.heading() == words.withdrawn_title
    assert own(phone, studio, emulator.url) == []
    assert troubles(phone) == []
    pages = [size for url, size in phone.weights.items() if urlsplit(url).path.startswith(("/i/", "/r/", "/w/"))]
    assert sum(pages) <= MOST_BYTES
    assert "bytedToken" not in " ".join(
        await page.evaluate("[location.href, document.referrer]") if script else [page.url]
    )


@on_sqlite
async def test_two_taps_lead_from_the_link_to_the_face_check(studio: Studio, make_phone: MakePhone) -> None:
    """One is the agreement, which is one tick where there is one purpose; the other starts the check."""
    made = await studio.invite()
    phone = await make_phone()
    await phone.page.goto(made["Link"])
    await phone.tick_all()
    await phone.tap()
    await phone.page.wait_for_url("**/h5**")


@on_sqlite
async def test_the_page_goes_on_to_the_customer_by_itself_without_the_token(
    studio: Studio, make_phone: MakePhone
) -> None:
    made = await studio.invite(ReturnURL=f"{studio.api.url}/healthz?film=7")
    phone = await make_phone()
    await phone.page.goto(made["Link"])
    await phone.tick_all()
    await phone.tap()
    await phone.play("pass")
    await phone.page.wait_for_url("**/healthz?**", timeout=20_000)
    assert "film=7&status=completed&session_id=vs_" in phone.page.url
    assert "&sig=" in phone.page.url
    assert "ytedToken" not in phone.page.url


@on_sqlite
async def test_the_result_shows_up_by_itself_within_two_seconds(studio: Studio, make_phone: MakePhone) -> None:
    made = await studio.invite()
    phone, other = await make_phone(), await make_phone()
    await phone.page.goto(made["Link"])
    await phone.tick_all()
    await phone.tap()
    await phone.page.wait_for_url("**/h5**")
    # The same link, open on another screen, follows.
    await other.page.goto(made["Link"].replace("/i/", "/r/"))
    assert await other.heading() == TEXTS["en"].running_title
    await phone.play("pass")
    await other.page.wait_for_selector(".sign:not(.waiting)", timeout=4_000)
    assert await other.heading() == TEXTS["en"].done_title
    assert troubles(other) == []


async def every_page(studio: Studio, phone: Phone) -> Any:
    """Walk through every page there is and yield the name of each while it is shown."""
    page = phone.page
    made = await studio.invite(Purposes=PURPOSES, IntendedUses=["Streaming"], ReturnURL="https://studio.example/done")
    await page.goto(made["Link"])
    yield "invitation"
    await phone.tap()
    yield "missing"
    await phone.tick_all()
    await phone.tap()
    await page.wait_for_url("**/h5**")
    check = page.url
    await page.goto(made["Link"].replace("/i/", "/r/"))
    yield "running"
    await page.goto(check)
    await phone.play("fail")
    yield "failed"
    await phone.tap()
    await phone.play("pass")
    await page.wait_for_selector(".sign:not(.waiting)")
    yield "done"
    await page.goto(made["Link"].replace("/i/", "/w/"))
    yield "withdraw"
    await phone.tap()
    yield "withdrawn"
    cancelled = await studio.invite()
    await studio.cancel(cancelled)
    await page.goto(cancelled["Link"])
    yield "cancelled"


@cache
def read_axe() -> str:
    return AXE.read_text(encoding="utf-8")


async def audit(page: Page) -> list[str]:
    """Return what axe finds serious."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(read_axe())
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"] if one["impact"] in SERIOUS]


@pytest.mark.node
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.usefixtures("installed")
@on_sqlite
async def test_axe_finds_nothing_serious_on_any_page(studio: Studio, make_phone: MakePhone, scheme: str) -> None:
    phone = await make_phone(color_scheme=scheme, reduced_motion="reduce")
    seen = []
    async for name in every_page(studio, phone):
        assert await audit(phone.page) == [], name
        assert await phone.page.evaluate("document.documentElement.scrollWidth") <= 360, name
        seen.append(name)
    assert len(seen) == 8
    assert troubles(phone) == []


@on_sqlite
async def test_large_letters_and_long_names_still_fit(studio: Studio, make_phone: MakePhone, browser: Browser) -> None:
    made = await studio.invite(Name="W" * 64, Purposes=["x" * 200])
    phone = await make_phone(viewport={"width": 180, "height": 320})  # a phone at 200 %
    await phone.page.goto(made["Link"])
    assert await phone.page.evaluate("document.documentElement.scrollWidth") == 180


@on_sqlite
async def test_a_thumb_hits_what_it_means(studio: Studio, make_phone: MakePhone) -> None:
    made = await studio.invite()
    phone = await make_phone()
    await phone.page.goto(made["Link"])
    for selector in ("button", ".box", "summary", "nav a"):
        box = await phone.page.locator(selector).first.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24
    button = await phone.page.locator("button").bounding_box()
    assert button is not None
    assert button["height"] >= 48
