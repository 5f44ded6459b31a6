"""The simulated face-check page in a real browser of a phone's size."""

import shutil
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from tests.support.emulator import EmulatorControl, SignedClient

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PHONE = {"width": 360, "height": 640}
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM)
        yield started
        await started.close()


@pytest.fixture
async def callback() -> AsyncIterator[str]:
    """Yield the address of a caller who sends the browser on to another origin, as a gateway does."""

    async def receive(request: web.Request) -> web.Response:
        port = request.url.port
        return web.Response(status=303, headers={"Location": f"http://localhost:{port}/end?{request.query_string}"})

    async def end(_request: web.Request) -> web.Response:
        return web.Response(text="the end")

    app = web.Application()
    app.add_routes([web.get("/cb", receive), web.get("/end", end)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/cb?order=7"
    await runner.cleanup()


async def open_page(browser: Browser, ark: SignedClient, callback: str, *, lng: str, scripts: bool = True) -> Page:
    session = await ark.ok("CreateVisualValidateSession", CallbackURL=callback)
    context = await browser.new_context(viewport=PHONE, java_script_enabled=scripts)  # type: ignore[arg-type]  # a plain dict
    page = await context.new_page()
    await page.goto(session["H5Link"].replace("lng=zh", f"lng={lng}"))
    return page


def watch(page: Page) -> tuple[list[str], list[str]]:
    """Return two lists that fill while the page lives: what the console says, and the addresses asked for."""
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    return complaints, asked


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
async def test_a_tap_leads_back_through_every_redirect(
    browser: Browser, ark: SignedClient, callback: str, scripts: bool
) -> None:
    for button, code in (("Pass", "10000"), ("Fail", "-1003"), ("Cancel", "-1006")):
        page = await open_page(browser, ark, callback, lng="en", scripts=scripts)
        await page.get_by_role("button", name=button, exact=True).click()
        await page.wait_for_url("**/end?**")
        assert "order=7&bytedToken=" in page.url
        assert f"resultCode={code}" in page.url


async def test_the_page_fits_a_phone_and_breaks_none_of_its_own_rules(
    browser: Browser, ark: SignedClient, callback: str
) -> None:
    for lng in ("zh", "zh-Hant", "en"):
        page = await open_page(browser, ark, callback, lng=lng)
        complaints, asked = watch(page)
        await page.reload()
        assert [url for url in asked if not url.startswith(ark.url)] == []
        assert [text for text in complaints if "404" not in text] == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        for button in await page.get_by_role("button").all():
            box = await button.bounding_box()
            assert box is not None
            assert box["height"] >= 44
            assert box["y"] + box["height"] <= PHONE["height"]


async def test_the_countdown_ends_in_the_expired_page(
    browser: Browser, ark: SignedClient, control: EmulatorControl, callback: str
) -> None:
    await control.settings(link_lifetime_seconds=2)
    page = await open_page(browser, ark, callback, lng="en")
    await page.get_by_text("This link has expired").wait_for(timeout=10_000)
    assert await page.get_by_role("button").count() == 0
