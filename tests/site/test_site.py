"""The site of the documentation: whole, without a foreign host, readable by everybody."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from docs.site.links import find_troubles
from docs.site.sources import read_pages
from tests.emulator.test_official_node import NODE_FOLDER, installed  # noqa: F401 - a fixture

AXE = NODE_FOLDER / "node_modules" / "axe-core" / "axe.min.js"
SOME = ("index", "tutorial/first-asset")
WIDE = ("reference/endpoints", "reference/settings", "reference/promises", "explanation/the-exchange", "readme.zh-CN")
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1440, "height": 900}


def test_every_page_of_the_index_is_there_with_its_text_beside_it(site: Path) -> None:
    for page in read_pages():
        html = (site / page.address).read_text(encoding="utf-8")
        assert re.search(r"<h1 id=", html), page.name
        assert (site / f"{page.name}.md").read_text(encoding="utf-8") == page.source.read_text(encoding="utf-8")
    assert (site / "llms.txt").read_text(encoding="utf-8").startswith("# stagedoor\n")


def test_every_link_of_the_text_for_programs_leads_to_a_file(site: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)", (site / "llms.txt").read_text(encoding="utf-8"))
    assert len(links) > 40
    assert [link for link in links if not (site / link).is_file()] == []


@pytest.mark.parametrize(
    ("broken", "trouble"),
    [
        ('<a href="nowhere.html">x</a>', "leads to nowhere.html, which is not there"),
        ('<a href="#nowhere">x</a>', "leads to #nowhere, which that page does not have"),
        ('<script src="https://cdn.example/a.js"></script>', "https://cdn.example/a.js is no file of the site"),
        ('<img src="//cdn.example/a.png">', "//cdn.example/a.png is no file of the site"),
        ('<p style="color:red">x</p>', "style=color:red is no file of the site"),
        ('<p onclick="go()">x</p>', "onclick=go() is no file of the site"),
    ],
)
def test_what_leads_nowhere_or_elsewhere_is_found(tmp_path: Path, broken: str, trouble: str) -> None:
    (tmp_path / "page.html").write_text(broken)
    assert any(trouble in found for found in find_troubles(tmp_path))


def test_a_style_that_loads_from_elsewhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("body { background: url(https://cdn.example/a.png) }")
    assert find_troubles(tmp_path) == ["a.css: loads from elsewhere"]


async def watch(browser: Browser, url: str, **options: Any) -> tuple[Page, list[str]]:
    """Open the site; return the page and the list of what it asked of others or complained about."""
    page = await browser.new_page(**options)
    troubles: list[str] = []
    page.on("request", lambda request: None if request.url.startswith(url) else troubles.append(request.url))
    page.on("console", lambda message: troubles.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    return page, troubles


@pytest.mark.browser
@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(("viewport", "scheme"), [(PHONE, "dark"), (DESK, "light")], ids=["phone", "desk"])
async def test_pages_fit_can_be_read_by_everybody_and_ask_nobody_else(
    browser: Browser, site_url: str, viewport: Any, scheme: Any
) -> None:
    page, troubles = await watch(browser, site_url, viewport=viewport, color_scheme=scheme)
    for name in (*SOME, *WIDE):
        await page.goto(f"{site_url}{name}.html")
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], name
    assert troubles == []
    # The checker of pages is a program of its own, which the pages' own policy would keep out.
    context = await browser.new_context(viewport=viewport, color_scheme=scheme, bypass_csp=True)
    page = await context.new_page()
    for name in SOME:
        await page.goto(f"{site_url}{name}.html")
        await page.add_script_tag(path=AXE)
        found = await page.evaluate("axe.run().then(found => found.violations)")
        assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in {"serious", "critical"}] == []


@pytest.mark.browser
async def test_a_reader_finds_a_page_by_a_word_with_the_keyboard_alone(browser: Browser, site_url: str) -> None:
    page, troubles = await watch(browser, site_url)
    await page.goto(f"{site_url}index.html")
    await page.keyboard.press("/")
    await page.keyboard.type("validatepending")
    await page.wait_for_selector("#found a")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/reference/errors.html#validatepending")
    await page.keyboard.press("/")
    await page.keyboard.type("演员")
    assert "readme.zh-CN" in str(await page.get_attribute("#found a", "href"))
    await page.keyboard.press("Escape")
    assert await page.is_hidden("#found")
    assert troubles == []


@pytest.mark.browser
async def test_the_site_is_read_without_a_script(browser: Browser, site_url: str) -> None:
    page, troubles = await watch(browser, site_url, java_script_enabled=False, viewport=PHONE)
    await page.goto(f"{site_url}index.html")
    assert await page.is_hidden("search")
    await page.click("summary:has-text('All pages')")
    await page.click("nav.pages a:has-text('Receive webhooks')")
    assert page.url == f"{site_url}how-to/webhooks.html"
    assert troubles == []
