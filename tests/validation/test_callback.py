"""The actor's browser comes back: recorded first, exchanged at once, sent on with 303; whatever is forged changes nothing."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway
from tests.support.rawserver import http, refused, say
from tests.support.validation import (
    EXCHANGE,
    advance,
    browse,
    come_back,
    exchange,
    exchanges_done,
    on_sqlite,
    raw_ark,
    session_of,
    start,
    with_query,
)
from tests.validation.conftest import RunGateway

OFFICIAL = ["bytedToken", "resultCode", "algorithmBaseRespCode", "reqMeasureInfoValue", "verify_type"]


def official(byted_token: str, **changes: str) -> dict[str, str]:
    """Return the query of a passed check, as the official page shows it."""
    return {
        "bytedToken": byted_token,
        "resultCode": "10000",
        "algorithmBaseRespCode": "0",
        "reqMeasureInfoValue": "1",
        "verify_type": "real_time",
        **changes,
    }


async def test_a_callback_starts_the_exchange_at_once_and_by_itself(
    gateway: RunningGateway, api: Api, control: EmulatorControl
) -> None:
    check = await start(api)
    held = await control.hold(EXCHANGE)
    answer = await come_back(api, control, check)
    # The browser is sent on although Ark has not answered yet; what it said is on record.
    assert answer.status == 303
    recorded = await session_of(gateway, check)
    assert (recorded.state, recorded.callback_code, recorded.group_id) == ("passed", "10000/0", None)
    assert recorded.callback_at is not None
    await held.wait()
    await held.release()
    await exchanges_done(gateway)
    assert (await session_of(gateway, check)).state == "exchanged"
    group_id = (await exchange(api, check)).result["GroupId"]
    assert (await api.ok("GetAssetGroup", Id=group_id))["GroupType"] == "LivenessFace"
    assert await control.calls(EXCHANGE) == 1


@on_sqlite
@pytest.mark.parametrize(
    ("page", "before", "behind"),
    [
        ("https://studio.example/done", "https://studio.example/done?", ""),
        ("https://studio.example/done?order=7&x=%2F%20+", "https://studio.example/done?order=7&x=%2F%20+&", ""),
        ("https://studio.example/app?a=1#/done?b=2", "https://studio.example/app?a=1&", "#/done?b=2"),
        ("https://studio.example#done", "https://studio.example?", "#done"),
        ("https://studio.example/done?", "https://studio.example/done?", ""),
        ("http://studio.example:8443/done?a&", "http://studio.example:8443/done?a&", ""),
        ("https://例え.example/完成?名=前", "https://%E4%BE%8B%E3%81%88.example/%E5%AE%8C%E6%88%90?%E5%90%8D=%E5%89%8D&", ""),
    ],
)  # fmt: skip
async def test_the_browser_is_sent_to_the_callers_page_with_the_official_parameters(
    api: Api, control: EmulatorControl, page: str, before: str, behind: str
) -> None:
    check = await start(api, page)
    answer = await come_back(api, control, check)
    location = answer.headers["location"]
    assert answer.status == 303
    assert location.startswith(before)
    assert location.endswith(behind)
    added = location[len(before) : len(location) - len(behind)]
    assert parse_qsl(added) == list(official(check.byted_token).items())


@on_sqlite
async def test_only_official_parameters_go_on_to_the_callers_page_and_none_can_break_out(
    api: Api, control: EmulatorControl
) -> None:
    check = await start(api)
    target = with_query(await control.complete(check.byted_token))
    strange = official(check.byted_token, resultCode="1&admin=1#\r\nSet-Cookie: a=b", evil="1", lng="x" * 5000)
    answer = await browse(api, with_query(target, **strange))
    location = urlsplit(answer.headers["location"])
    assert "set-cookie" not in answer.headers
    assert [name for name, _ in parse_qsl(location.query)] == OFFICIAL
    assert not location.fragment


async def test_what_does_not_fit_the_session_changes_nothing(
    gateway: RunningGateway, api: Api, other_api: Api, control: EmulatorControl
) -> None:
    check, foreign, own = await start(api), await start(other_api), await start(api)
    target = with_query(await control.complete(check.byted_token))
    before = await session_of(gateway, check)
    right = official(check.byted_token)
    wrong_state = target[:-1] + ("A" if target[-1] != "A" else "B")
    attempts = [
        (404, "GET", with_query(wrong_state, **right)),
        (404, "GET", with_query(gateway.url + "/cb/x", **right)),
        (404, "GET", with_query(gateway.url + "/cb/%E5%AE%8C", **right)),
        (404, "GET", with_query(target, **official(foreign.byted_token))),
        (404, "GET", with_query(target, **official(own.byted_token))),
        (404, "GET", with_query(target, **official(check.byted_token.lower()))),
        (404, "GET", with_query(target, **official(""))),
        (404, "GET", target),
        (404, "GET", with_query(target, resultCode="10000")),
        (405, "HEAD", with_query(target, **right)),
        (405, "POST", with_query(target, **right)),
        (405, "PUT", with_query(target, **right)),
        (405, "OPTIONS", with_query(target, **right)),
    ]
    for status, method, url in attempts:
        answer = await browse(api, url, method, user_agent="facebookexternalhit/1.1")
        assert answer.status == status, (method, url)
        assert "location" not in answer.headers
        assert check.byted_token.encode() not in answer.body
        if status == 405:
            assert answer.headers["allow"] == "GET"
    assert await session_of(gateway, check) == before
    assert await control.calls(EXCHANGE) == 0
    # After all that the person's own callback still does its work.
    assert (await browse(api, with_query(target, **right))).status == 303
    assert (await exchange(api, check)).status == 200
    for bystander in (foreign, own):
        assert (await session_of(gateway, bystander)).state == "open"


async def test_a_repeated_callback_is_answered_the_same_and_changes_nothing(
    gateway: RunningGateway, api: Api, control: EmulatorControl
) -> None:
    check = await start(api)
    redirect = await control.complete(check.byted_token)
    first = await browse(api, redirect)
    await exchanges_done(gateway)
    settled = await session_of(gateway, check)
    advance(gateway.clock, minutes=2)
    for query in (official(check.byted_token), official(check.byted_token, resultCode="-1003")):
        again = await browse(api, with_query(redirect, **query))
        assert again.status == 303
    assert (await browse(api, redirect)).headers["location"] == first.headers["location"]
    assert await session_of(gateway, check) == settled
    assert settled.state == "exchanged"
    assert await control.calls(EXCHANGE) == 1


@pytest.mark.parametrize("outcome", ["fail", "cancel"])
async def test_a_failed_check_is_answered_without_asking_ark(
    gateway: RunningGateway, api: Api, control: EmulatorControl, outcome: str
) -> None:
    check = await start(api)
    answer = await come_back(api, control, check, outcome)
    assert answer.status == 303
    assert dict(parse_qsl(urlsplit(answer.headers["location"]).query))["resultCode"] != "10000"
    for _ in range(2):
        refusal = await exchange(api, check)
        assert (refusal.status, refusal.code, refusal.error["Retry"]) == (422, "ValidateFailed", "new_session")
    advance(gateway.clock, hours=25)
    assert (await exchange(api, check)).code == "ValidateFailed"
    assert await control.calls(EXCHANGE) == 0


@on_sqlite
async def test_ten_thousand_with_a_sub_code_is_processed_but_not_passed(
    gateway: RunningGateway, api: Api, control: EmulatorControl
) -> None:
    check = await start(api)
    redirect = await control.complete(check.byted_token, "fail")
    query = official(check.byted_token, algorithmBaseRespCode="210312")
    assert (await browse(api, with_query(redirect, **query))).status == 303
    assert (await session_of(gateway, check)).callback_code == "10000/210312"
    assert (await exchange(api, check)).code == "ValidateFailed"
    assert await control.calls(EXCHANGE) == 0


async def test_a_pass_after_a_failure_is_believed(gateway: RunningGateway, api: Api, control: EmulatorControl) -> None:
    check = await start(api)
    redirect = await control.complete(check.byted_token)
    await browse(api, with_query(redirect, **official(check.byted_token, resultCode="-1003")))
    assert (await exchange(api, check)).code == "ValidateFailed"
    await browse(api, redirect)
    await exchanges_done(gateway)
    assert (await exchange(api, check)).status == 200
    assert await control.calls(EXCHANGE) == 1


async def test_a_forged_pass_makes_no_group_because_ark_has_the_last_word(
    gateway: RunningGateway, api: Api, control: EmulatorControl
) -> None:
    async with raw_ark(gateway) as ark:
        check = await ark.start(api, "20260331144916F1")
        forged = with_query(ark.callback_of(0), **official(check.byted_token))
        for verdict, code, seconds in (
            ("ValidatePending", "ValidatePending", 0),
            ("NotFound", "ExchangeInProgress", 0),
            ("NotFound", "BytedTokenRefused", 10),
        ):
            ark.plays(say(http(refused(verdict), status=400)))
            assert (await browse(api, forged)).status == 303
            advance(gateway.clock, seconds=seconds)
            await exchanges_done(gateway)
            assert (await exchange(api, check)).code == code
        assert (await session_of(gateway, check)).group_id is None

    failed = await start(api)
    redirect = await control.complete(failed.byted_token, "fail")
    await browse(api, with_query(redirect, **official(failed.byted_token)))
    await exchanges_done(gateway)
    assert (await exchange(api, failed)).code == "ValidateFailed"
    assert (await api.ok("ListAssetGroups", Filter={"GroupType": "LivenessFace"}))["TotalCount"] == 0


@on_sqlite
async def test_what_the_browser_gets_is_kept_by_nobody_and_framed_by_nobody(api: Api, control: EmulatorControl) -> None:
    check = await start(api)
    redirect = await control.complete(check.byted_token)
    for url, status in ((with_query(redirect), 404), (redirect, 303)):
        answer = await browse(api, url)
        assert answer.status == status
        expected = {
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-robots-tag": "noindex",
            "x-content-type-options": "nosniff",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), microphone=(), geolocation=()",
        }
        assert {name: answer.headers.get(name) for name in expected} == expected
        policy = answer.headers["content-security-policy"]
        assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} <= {
            part.strip() for part in policy.split(";")
        }
    assert (await browse(api, redirect, "HEAD")).headers["cache-control"] == "no-store"


@on_sqlite
async def test_an_invalid_link_tells_the_actor_in_three_languages_what_to_do(api: Api) -> None:
    answer = await browse(api, f"{api.url}/cb/nobody?bytedToken=<script>alert(1)</script>")
    page = answer.body.decode()
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert all(f'lang="{language}"' in page for language in ("zh-Hans", "zh-Hant", "en"))
    assert "<script" not in page


async def test_a_callback_that_comes_when_the_token_is_given_up_goes_on_to_the_page_and_asks_nobody(
    gateway: RunningGateway, api: Api, control: EmulatorControl
) -> None:
    check = await start(api)
    redirect = await control.complete(check.byted_token)
    advance(gateway.clock, seconds=gateway.settings.token_lifetime)
    assert (await exchange(api, check)).code == "BytedTokenExpired"
    assert (await browse(api, redirect)).status == 303
    await exchanges_done(gateway)
    assert (await exchange(api, check)).code == "BytedTokenExpired"
    assert await control.calls(EXCHANGE) == 0


@on_sqlite
async def test_trouble_upstream_at_the_callback_leaves_the_session_to_a_later_exchange(
    gateway: RunningGateway, api: Api, control: EmulatorControl
) -> None:
    check = await start(api)
    await control.fault("error", EXCHANGE, times=0, status=503, code="ServiceUnavailableTemp", name="down")
    assert (await come_back(api, control, check)).status == 303
    await exchanges_done(gateway)
    assert (await session_of(gateway, check)).state == "passed"
    await control.ask("DELETE", "faults?name=down")
    assert (await exchange(api, check)).status == 200


@on_sqlite
async def test_behind_a_path_of_a_proxy_the_callback_keeps_the_path(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    async with run_gateway(public_url="https://gate.example/stage/") as (_, api):
        check = await start(api)
        redirect = await control.complete(check.byted_token)
    assert redirect.startswith("https://gate.example/stage/cb/")
