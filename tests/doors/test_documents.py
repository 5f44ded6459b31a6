"""The documents' door: two JSON documents and a page that shows them with nobody else's help."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from playwright.async_api import Browser, async_playwright

from stagedoor.clock import MovableClock
from stagedoor.contract.operations import OPERATIONS
from tests.support import databases
from tests.support.gateway import RunningGateway, gateway_settings

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_IS_HERE = Path(CHROMIUM).exists()
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATHS = [
    "/openapi.json",
    "/openapi.zh.json",
    "/postman.json",
    "/llms.txt",
    "/docs",
    "/docs/zh",
    "/docs/assets/docs.js",
    "/docs/assets/docs.css",
    "/docs/assets/swagger-ui.css",
    "/docs/assets/swagger-ui-bundle.js",
    "/docs/assets/favicon-32x32.png",
]


@pytest.fixture
async def door(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[RunningGateway]:
    """Yield a gateway without any channel: its documents need none."""
    settings = gateway_settings(databases.fresh_sqlite(sqlite_template, tmp_path))
    async with RunningGateway(settings, MovableClock()) as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if not CHROMIUM_IS_HERE:
        databases.require_or_skip("there is no Chromium")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield launched
        await launched.close()


@pytest.mark.parametrize("path", PATHS)
async def test_get_and_head_agree(door: RunningGateway, path: str) -> None:
    async with door.http.get(door.url + path) as got, door.http.head(door.url + path) as head:
        body = await got.read()
        assert got.status == head.status == 200
        assert await head.read() == b""
        assert head.headers["Content-Length"] == got.headers["Content-Length"] == str(len(body))
        assert head.headers["ETag"] == got.headers["ETag"]
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert got.headers["X-Request-Id"]


@pytest.mark.parametrize("path", PATHS)
async def test_what_is_known_is_not_sent_again(door: RunningGateway, path: str) -> None:
    async with door.http.get(door.url + path) as first:
        etag = first.headers["ETag"]
    for known in (etag, f"W/{etag}", f'"another", {etag}', "*"):
        async with door.http.get(door.url + path, headers={"If-None-Match": known}) as again:
            assert again.status == 304
            assert await again.read() == b""
            assert again.headers["ETag"] == etag
    async with door.http.get(door.url + path, headers={"If-None-Match": '"another"'}) as other:
        assert other.status == 200


@pytest.mark.parametrize("path", PATHS)
async def test_other_methods_are_refused_with_allow(door: RunningGateway, path: str) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        async with door.http.request(method, door.url + path) as answer:
            assert answer.status == 405
            assert answer.headers["Allow"] == "GET, HEAD"
            assert (await answer.json())["ResponseMetadata"]["Error"]["Code"] == "MethodNotAllowed"


@pytest.mark.parametrize(
    "name", ["swagger-ui.js", "swagger-ui-bundle.js.map", "page.html", "..%2Fdocuments.py", "%2e%2e", "docs.js%20", ""]
)
async def test_nothing_but_the_needed_files_is_served(door: RunningGateway, name: str) -> None:
    async with door.http.get(f"{door.url}/docs/assets/{name}") as answer:
        assert answer.status == 404
        assert (await answer.json())["ResponseMetadata"]["Error"]["Code"] == "NotFound.Path"


async def test_the_documents_are_json_in_two_languages(door: RunningGateway) -> None:
    async with (
        door.http.get(f"{door.url}/openapi.json") as english,
        door.http.get(f"{door.url}/openapi.zh.json") as other,
    ):
        assert english.content_type == other.content_type == "application/json"
        first, second = json.loads(await english.read()), json.loads(await other.read())
    assert first["paths"].keys() == second["paths"].keys()
    assert first["tags"] != second["tags"]
    assert first["servers"][0]["url"] == door.settings.public_url


async def test_the_page_lets_nobody_else_in(door: RunningGateway) -> None:
    async with door.http.get(f"{door.url}/docs") as answer:
        text = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; ")
    assert "frame-ancestors 'none'" in policy
    assert "http://" not in text
    assert "https://" not in text
    assert text.count("<script") == text.count("<script src=")


async def test_the_files_of_the_page_are_kept_for_ever_and_the_page_is_not(door: RunningGateway) -> None:
    async with door.http.get(f"{door.url}/docs/assets/docs.js") as script, door.http.get(f"{door.url}/docs") as page:
        assert "immutable" in script.headers["Cache-Control"]
        assert page.headers["Cache-Control"] == "no-cache"


@pytest.mark.browser
@pytest.mark.parametrize(("path", "width"), [("/docs", 1280), ("/docs/zh", 1280), ("/docs", 390), ("/docs/zh", 390)])
async def test_a_browser_shows_the_twelve_operations(
    door: RunningGateway, browser: Browser, path: str, width: int
) -> None:
    page = await browser.new_page(viewport={"width": width, "height": 900})
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))

    await page.goto(door.url + path)
    await page.wait_for_selector(".opblock")

    for operation in OPERATIONS:
        summary = operation.summary_zh if path.endswith("zh") else operation.summary
        block = page.locator(f"[id$='-{operation.action}'].opblock")
        assert await block.is_visible()
        assert summary in await block.inner_text()
    await page.locator("[id$='-CreateAsset'].opblock .opblock-summary-control").click()
    await page.wait_for_selector(".opblock-body .responses-table")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert {urlsplit(url).netloc for url in requests if not url.startswith("data:")} == {urlsplit(door.url).netloc}
    assert complaints == []
    await page.close()


@pytest.mark.browser
async def test_a_reader_can_switch_the_language_and_try_a_request(door: RunningGateway, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(f"{door.url}/docs")
    await page.get_by_role("link", name="中文").click()
    await page.wait_for_selector(".opblock")
    assert "创建素材组" in await page.locator("#docs").inner_text()

    block = page.locator("[id$='-getHealth'].opblock")
    await block.locator(".opblock-summary-control").click()
    await block.get_by_role("button", name="Try it out").click()
    await block.get_by_role("button", name="Execute").click()
    live = block.locator(".live-responses-table tbody .response-col_status")
    await live.wait_for()
    assert "200" in await live.inner_text()
    await page.close()


async def test_programs_that_write_programs_are_told_what_they_have_to_know(door: RunningGateway) -> None:
    async with door.http.get(f"{door.url}/llms.txt") as answer:
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        text = await answer.text()
    assert text.startswith("# stagedoor\n\n> ")
    for operation in OPERATIONS:
        assert f"`{operation.method} {operation.path}`: {operation.number} " in text
    for link in re.findall(r"\]\((/[^)]*)\)", text):
        async with door.http.get(door.url + link) as there:
            assert there.status == 200, link


async def test_the_documents_need_no_key(door: RunningGateway) -> None:
    async with aiohttp.ClientSession() as nobody, nobody.get(f"{door.url}/openapi.json") as answer:
        assert answer.status == 200
