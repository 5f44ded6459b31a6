"""The page of a link that leads nowhere, as a phone shows it: readable, by day and by night, with nobody else's help."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Page, async_playwright

from stagedoor.clock import MovableClock
from tests.doors.test_documents import CHROMIUM, CHROMIUM_IS_HERE, QUIET
from tests.support import databases
from tests.support.gateway import RunningGateway, gateway_settings

PHONE = {"width": 360, "height": 640}
LANGUAGES = ["zh-Hans", "zh-Hant", "en"]
MOST_BYTES = 3_000
READABLE = 4.5
"""The contrast that WCAG 2.2 asks of text (AA)."""


@pytest.fixture
async def link(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[str]:
    """Yield the address of a callback that nobody waits for."""
    settings = gateway_settings(databases.fresh_sqlite(sqlite_template, tmp_path))
    async with RunningGateway(settings, MovableClock()) as running:
        yield f"{running.url}/cb/nobody?bytedToken=%3Cscript%3Ealert(1)%3C/script%3E"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if not CHROMIUM_IS_HERE:
        databases.require_or_skip("there is no Chromium")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield launched
        await launched.close()


class Elements(HTMLParser):
    """The elements of a page in their order, and the languages its texts are in."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.languages: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.languages += [value or "" for name, value in attrs if name == "lang"]


async def fetch(link: str) -> tuple[dict[str, str], str]:
    async with aiohttp.ClientSession() as http, http.get(link) as answer:
        assert answer.status == 404
        assert answer.content_type == "text/html"
        body = await answer.read()
        head = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        assert len(head) + len(body) <= MOST_BYTES
        return {name.lower(): value for name, value in answer.headers.items()}, body.decode()


async def test_the_page_is_small_and_speaks_three_languages_under_one_heading(link: str) -> None:
    _, text = await fetch(link)
    elements = Elements(text)
    assert elements.languages == LANGUAGES
    assert [elements.tags.count(tag) for tag in ("h1", "main", "title")] == [1, 1, 1]
    assert not {"script", "img", "a", "form", "iframe"} & set(elements.tags)
    assert "alert(1)" not in text


async def test_the_policy_lets_in_this_style_and_nothing_else(link: str) -> None:
    headers, text = await fetch(link)
    [style] = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert [part.strip() for part in headers["content-security-policy"].split(";")] == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
    assert "style=" not in text
    assert not re.search(r"url\(|@import|https?:", text)


async def show(browser: Browser, link: str, scheme: Any) -> tuple[Page, list[str]]:
    """Open the page on a phone and return it with everything that happened beside its own coming."""
    context = await browser.new_context(viewport=PHONE, color_scheme=scheme)  # type: ignore[arg-type]  # a plain dict
    page = await context.new_page()
    events: list[str] = []
    page.on("request", lambda request: None if request.url in {link, "data:,"} else events.append(request.url))
    page.on("console", lambda message: events.append(message.text))
    page.on("pageerror", lambda error: events.append(str(error)))
    await page.goto(link, wait_until="networkidle")
    # The browser's own remark about the page itself.
    return page, [event for event in events if "status of 404" not in event]


LOOK = """() => {
    const rgb = text => text.match(/[0-9.]+/g).slice(0, 3).map(Number)
    const body = getComputedStyle(document.body)
    const texts = [...document.querySelectorAll("h1, h2, p")].map(element => {
        const style = getComputedStyle(element)
        return {size: parseFloat(style.fontSize), line: parseFloat(style.lineHeight), colour: rgb(style.color)}
    })
    return {back: rgb(body.backgroundColor), family: body.fontFamily, texts, width: document.documentElement.scrollWidth}
}"""


def brightness(colour: list[float]) -> float:
    """Return the relative luminance, as WCAG defines it."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (c / 255 for c in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: list[float], other: list[float]) -> float:
    dark, light = sorted((brightness(one), brightness(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.browser
async def test_a_phone_shows_it_readably_by_day_and_by_night(browser: Browser, link: str) -> None:
    backs = {}
    for scheme in ("light", "dark"):
        page, events = await show(browser, link, scheme)
        assert events == []
        look = await page.evaluate(LOOK)
        assert look["width"] == PHONE["width"]
        assert "system-ui" in look["family"]
        assert len(look["texts"]) == 9
        for text in look["texts"]:
            assert text["size"] >= 18
            assert text["line"] >= 1.4 * text["size"]
            assert contrast(text["colour"], look["back"]) >= READABLE
        backs[scheme] = brightness(look["back"])
    assert backs["dark"] < 0.1
    assert backs["light"] > 0.8


@pytest.mark.browser
async def test_large_letters_still_fit_a_small_phone(browser: Browser, link: str) -> None:
    page, _ = await show(browser, link, "light")
    await page.set_viewport_size({"width": 180, "height": 320})  # a phone at 200 %
    assert await page.evaluate("document.documentElement.scrollWidth") == 180
