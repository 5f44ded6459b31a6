import re
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from tests.support.emulator import Answer, EmulatorControl, SignedClient

CALLBACK = "https://shop.example/done?order=7"


async def open_link(ark: SignedClient, lng: str = "zh") -> tuple[str, Answer]:
    """Start a session and return the target of its link with the page behind it."""
    session = await ark.ok("CreateVisualValidateSession", CallbackURL=CALLBACK)
    target = session["H5Link"].removeprefix(ark.url).replace("lng=zh", f"lng={lng}")
    return target, await ark.send(target, method="GET")


async def press(http: aiohttp.ClientSession, ark: SignedClient, target: str, outcome: str) -> aiohttp.ClientResponse:
    """Press a button the way a browser does."""
    fields = {"bytedToken": parse_qs(urlsplit(target).query)["bytedToken"][0], "lng": "en", "outcome": outcome}
    return await http.post(f"{ark.url}/h5/complete", data=fields, allow_redirects=False)


class Outside(HTMLParser):
    """Collects what a page loads and what it runs inline."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"src", "href", "action"}:
                self.loaded.append(value or "")
            if name == "style" or name.startswith("on"):
                self.inline.append(name)
        if tag == "style":
            self.inline.append(tag)


@pytest.mark.parametrize(
    ("lng", "lang", "watermark", "buttons"),
    [
        ("zh", "zh-CN", "模拟页面", ["通过", "不通过", "取消"]),
        ("zh-Hant", "zh-Hant", "模擬頁面", ["通過", "不通過", "取消"]),
        ("en", "en", "Simulation", ["Pass", "Fail", "Cancel"]),
        ("fr", "zh-CN", "模拟页面", ["通过", "不通过", "取消"]),
    ],
)
async def test_the_page_speaks_the_links_language_and_says_it_is_a_simulation(
    ark: SignedClient, lng: str, lang: str, watermark: str, buttons: list[str]
) -> None:
    _, page = await open_link(ark, lng)
    text = page.body.decode()
    assert page.status == 200
    assert f'<html lang="{lang}">' in text
    assert text.count(watermark) >= 3
    assert re.findall(r"<button[^>]*>([^<]+)</button>", text) == buttons


async def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing_inline(ark: SignedClient) -> None:
    _, page = await open_link(ark)
    outside = Outside()
    outside.feed(page.body.decode())
    assert outside.inline == []
    assert set(outside.loaded) == {"/h5/static/page.css", "/h5/static/countdown.js", "/h5/complete"}
    for path in ("/h5/static/page.css", "/h5/static/countdown.js"):
        assert (await ark.send(path, method="GET")).status == 200
    assert (await ark.send("/h5/static/../settings.py", method="GET")).status == 404


async def test_the_page_tells_nobody_anything(ark: SignedClient) -> None:
    _, page = await open_link(ark)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'")
    assert "unsafe" not in policy
    assert b"secretAccessKey" not in page.body


@pytest.mark.parametrize(("outcome", "code"), [("pass", "10000"), ("fail", "-1003"), ("cancel", "-1006")])
async def test_a_button_sends_the_browser_back_with_the_result(
    ark: SignedClient, http: aiohttp.ClientSession, outcome: str, code: str
) -> None:
    target, _ = await open_link(ark)
    async with await press(http, ark, target, outcome) as response:
        assert response.status == 303
        assert response.headers["Referrer-Policy"] == "no-referrer"
        back = urlsplit(response.headers["Location"])
    fields = {key: values[0] for key, values in parse_qs(back.query).items()}
    assert (back.netloc, fields["order"], fields["resultCode"]) == ("shop.example", "7", code)
    assert list(fields) == [
        "order",
        "bytedToken",
        "resultCode",
        "algorithmBaseRespCode",
        "reqMeasureInfoValue",
        "verify_type",
    ]


async def test_the_seconds_left_are_on_the_page(ark: SignedClient, control: EmulatorControl) -> None:
    target, page = await open_link(ark)
    assert b'<span id="seconds">120</span>' in page.body
    await control.advance(100)
    later = await ark.send(target, method="GET")
    assert b'<span id="seconds">20</span>' in later.body


async def test_an_expired_link_says_so_and_has_no_button(
    ark: SignedClient, control: EmulatorControl, http: aiohttp.ClientSession
) -> None:
    target, _ = await open_link(ark, "en")
    await control.advance(121)
    page = await ark.send(target, method="GET")
    assert (page.status, b"This link has expired" in page.body, b"<button" in page.body) == (410, True, False)
    async with await press(http, ark, target, "pass") as response:
        assert response.status == 410


async def test_a_used_link_says_so(ark: SignedClient, http: aiohttp.ClientSession) -> None:
    target, _ = await open_link(ark, "en")
    async with await press(http, ark, target, "fail"):
        page = await ark.send(target, method="GET")
    assert (page.status, b"This link has been used" in page.body) == (410, True)
    async with await press(http, ark, target, "pass") as response:
        assert response.status == 410


async def test_a_link_nobody_made_leads_nowhere(ark: SignedClient, http: aiohttp.ClientSession) -> None:
    page = await ark.send("/h5/verify?bytedToken=<script>&lng=en", method="GET")
    assert (page.status, b"<script>&" in page.body) == (404, False)
    async with await press(http, ark, "/?bytedToken=x", "pass") as response:
        assert response.status == 404


async def test_an_outcome_no_button_stands_for_changes_nothing(ark: SignedClient, http: aiohttp.ClientSession) -> None:
    target, _ = await open_link(ark)
    async with await press(http, ark, target, "maybe") as response:
        assert response.status == 400
    assert (await ark.send(target, method="GET")).status == 200


async def test_looking_at_the_page_changes_nothing(ark: SignedClient) -> None:
    target, _ = await open_link(ark)
    assert [(await ark.send(target, method=method)).status for method in ("HEAD", "GET", "GET")] == [200] * 3
