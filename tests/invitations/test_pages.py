"""What the actor's pages say, and to whom, met without a browser."""

from typing import Any

import pytest

from tests.invitations.support import Form, Studio, Visitor
from tests.support.emulator import EmulatorControl
from tests.support.validation import START, on_sqlite


@pytest.mark.parametrize(
    ("agent", "is_app"),
    [
        ("Mozilla/5.0 (iPhone) AppleWebKit/605 Mobile/15E148 MicroMessenger/8.0.44", True),
        ("Mozilla/5.0 (Linux; Android 14) Mobile MQQBrowser/6.2 QQ/9.0.5", True),
        ("Mozilla/5.0 (iPhone) Weibo (iPhone14,2__weibo__13.9.2)", True),
        ("Mozilla/5.0 (Linux; Android 14) aweme_290000 BytedanceWebview/d8a21c6", True),
        ("Mozilla/5.0 (iPhone) AlipayClient/10.5.0", True),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) AppleWebKit/605 Version/17.0 Mobile/15E148 Safari/604.1", False),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", False),
    ],
)
@on_sqlite
async def test_apps_without_a_camera_are_told_how_to_go_on(
    studio: Studio, made: dict[str, Any], agent: str, is_app: bool
) -> None:
    page = await Visitor(studio.api, made["Link"], user_agent=agent).open()
    assert ("Better in your browser" in page.words) is is_app
    assert (f"<code>{made['Link']}</code>" in page.text) is is_app


@pytest.mark.parametrize(
    ("lng", "query", "accept", "lang"),
    [
        (None, "", "en-US,en;q=0.9", "en"),
        (None, "", "zh-CN,zh;q=0.9", "zh-Hans"),
        (None, "", "zh-TW,zh;q=0.9", "zh-Hant"),
        (None, "", "fr-FR,fr;q=0.9", "zh-Hans"),
        (None, "", "fr;q=x,en;q=0.1", "en"),
        ("en", "", "zh-CN", "en"),
        ("en", "?lng=zh-Hant", "zh-CN", "zh-Hant"),
        ("zh", "?lng=klingon", "en", "zh-Hans"),
    ],
)
@on_sqlite
async def test_the_page_speaks_the_language_asked_for(
    studio: Studio, lng: str | None, query: str, accept: str, lang: str
) -> None:
    made = await studio.invite(Lng=lng)
    page = await Visitor(studio.api, made["Link"], accept_language=accept).open(query=query)
    assert f'<html lang="{lang}">' in page.text


@on_sqlite
async def test_nothing_a_customer_writes_becomes_markup(studio: Studio) -> None:
    evil = '<script>alert("1")</script>{who}'
    made = await studio.invite(Name=evil, Purposes=[evil], IntendedUses=[evil])
    page = await Visitor(studio.api, made["Link"]).open()
    assert "<script" not in page.text
    assert page.words.count(evil) >= 3


@on_sqlite
async def test_another_links_form_is_read_anew_when_the_text_has_changed(
    studio: Studio, made: dict[str, Any], visitor: Visitor, control: EmulatorControl
) -> None:
    form = await visitor.open()
    answer = await visitor.post([("token", form.hidden["token"]), ("shown", "0" * 64), ("agree", "0"), ("agree", "1")])
    again = Form(answer.body.decode())
    assert answer.status == 422
    assert "The text has changed" in again.words
    assert again.ticked == []
    assert await control.calls(START) == 0


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"a=1&" * 60, b"agree=%zz&token=%FF", b"x" * 20_000])
@on_sqlite
async def test_a_broken_form_is_refused_without_an_accident(visitor: Visitor, body: bytes) -> None:
    await visitor.open()
    answer = await visitor.send("POST", visitor.link, data=body, content_type="application/x-www-form-urlencoded")
    assert 400 <= answer.status < 500


@on_sqlite
async def test_a_link_that_leads_nowhere_says_so(visitor: Visitor) -> None:
    for place in ("i", "r", "w"):
        answer = await visitor.send("GET", visitor.page(place)[:-1])
        assert answer.status == 404
        assert "此链接无效".encode() in answer.body
