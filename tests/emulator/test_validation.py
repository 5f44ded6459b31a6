import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.emulator import EmulatorControl, SignedClient

CALLBACK = "https://shop.example/done"


async def start(ark: SignedClient, callback: str = CALLBACK, **fields: Any) -> str:
    return str((await ark.ok("CreateVisualValidateSession", CallbackURL=callback, **fields))["BytedToken"])


async def exchange(ark: SignedClient, byted_token: str, **fields: Any) -> tuple[int, str]:
    """Return the status and the GroupId or the error code."""
    answer = await ark.call("GetVisualValidateResult", BytedToken=byted_token, **fields)
    return answer.status, answer.code if answer.status != 200 else answer.result.get("GroupId", "")


async def test_a_session_answers_token_link_and_callback(ark: SignedClient) -> None:
    answer = await ark.call("CreateVisualValidateSession", CallbackURL=CALLBACK)
    assert set(answer.result) == {"BytedToken", "H5Link", "CallbackURL"}
    assert answer.result["CallbackURL"] == CALLBACK
    assert re.fullmatch(r"\d{14}[0-9A-F]{20}", answer.result["BytedToken"])


async def test_the_link_looks_like_the_one_with_temporary_keys_in_it(ark: SignedClient) -> None:
    answer = await ark.call("CreateVisualValidateSession", CallbackURL=CALLBACK)
    link = urlsplit(answer.result["H5Link"])
    fields = {key: values[0] for key, values in parse_qs(link.query).items()}
    assert list(fields) == ["accessKeyId", "secretAccessKey", "sessionToken", "configId", "bytedToken", "lng"]
    assert fields["accessKeyId"].startswith("AKTP")
    assert (fields["bytedToken"], fields["lng"]) == (answer.result["BytedToken"], "zh")
    assert f"{link.scheme}://{link.netloc}" == ark.url
    assert rb"\u0026bytedToken=" in answer.body


@pytest.mark.parametrize(
    "url", ["", "shop.example", "javascript:alert(1)", "https://", "https://a\r\nb/", "https://[::1", 5]
)
async def test_a_callback_that_is_no_web_address_is_refused(ark: SignedClient, url: object) -> None:
    answer = await ark.call("CreateVisualValidateSession", CallbackURL=url)
    assert answer.status == 400
    assert answer.code in {"InvalidParameter.CallbackURL", "MissingParameter.CallbackURL"}


@pytest.mark.parametrize(
    ("outcome", "code", "sub_code", "measured"),
    [("pass", "10000", "0", "1"), ("fail", "-1003", "210312", "0"), ("cancel", "-1006", "0", "0")],
)
async def test_the_browser_carries_back_how_it_ended(
    ark: SignedClient, control: EmulatorControl, outcome: str, code: str, sub_code: str, measured: str
) -> None:
    byted_token = await start(ark)
    assert await control.complete(byted_token, outcome) == (
        f"{CALLBACK}?bytedToken={byted_token}&resultCode={code}&algorithmBaseRespCode={sub_code}"
        f"&reqMeasureInfoValue={measured}&verify_type=real_time"
    )


@pytest.mark.parametrize(
    ("callback", "beginning"),
    [
        ("https://a.example", "https://a.example?bytedToken="),
        ("https://a.example/?", "https://a.example/?bytedToken="),
        ("https://a.example/?x=1", "https://a.example/?x=1&bytedToken="),
        ("https://a.example/?x=1&", "https://a.example/?x=1&bytedToken="),
        ("https://a.example/%2F?x=%26#top", "https://a.example/%2F?x=%26&bytedToken="),
        ("https://a.example/真", "https://a.example/%E7%9C%9F?bytedToken="),
    ],
)
async def test_a_callback_that_has_a_query_is_joined_with_an_ampersand(
    ark: SignedClient, control: EmulatorControl, callback: str, beginning: str
) -> None:
    redirect = await control.complete(await start(ark, callback))
    assert redirect.startswith(beginning)
    assert redirect.endswith("verify_type=real_time" + ("#top" if "#" in callback else ""))


async def test_a_pass_creates_the_persons_group_at_that_moment(ark: SignedClient, control: EmulatorControl) -> None:
    everyone = {"Filter": {"GroupType": "LivenessFace"}}
    byted_token = await start(ark)
    assert (await ark.ok("ListAssetGroups", **everyone))["Items"] == []
    await control.complete(byted_token)
    groups = (await ark.ok("ListAssetGroups", **everyone))["Items"]
    assert [group["GroupType"] for group in groups] == ["LivenessFace"]
    assert await exchange(ark, byted_token) == (200, groups[0]["Id"])


@pytest.mark.parametrize("outcome", ["fail", "cancel"])
async def test_no_group_comes_of_a_check_that_was_not_passed(
    ark: SignedClient, control: EmulatorControl, outcome: str
) -> None:
    byted_token = await start(ark)
    await control.complete(byted_token, outcome)
    assert await exchange(ark, byted_token) == (400, "ValidateFailed")
    assert (await control.ask("GET", "groups")) == {"groups": []}


@pytest.mark.parametrize(("reading", "answer"), [("error", (400, "ValidatePending")), ("empty", (200, ""))])
async def test_a_pending_check_looks_as_the_setting_says(
    ark: SignedClient, control: EmulatorControl, reading: str, answer: tuple[int, str]
) -> None:
    await control.settings(pending=reading)
    assert await exchange(ark, await start(ark)) == answer


@pytest.mark.parametrize(("reading", "status"), [("NotFound.BytedToken", 404), ("InvalidParameter.BytedToken", 400)])
async def test_a_token_nobody_knows_looks_as_the_setting_says(
    ark: SignedClient, control: EmulatorControl, reading: str, status: int
) -> None:
    await control.settings(lost_record=reading)
    assert await exchange(ark, "20260101000000" + "0" * 20) == (status, reading)


async def test_the_token_of_another_project_is_not_found(ark: SignedClient, control: EmulatorControl) -> None:
    byted_token = await start(ark, ProjectName="one")
    await control.complete(byted_token)
    assert await exchange(ark, byted_token) == (404, "NotFound.BytedToken")
    assert (await exchange(ark, byted_token, ProjectName="one"))[0] == 200


@pytest.mark.parametrize(
    ("policy", "early", "first", "second"),
    [
        ("reusable", 400, 200, 200),
        ("used_up_by_success", 400, 200, 404),
        ("burnt_by_any_query", 400, 404, 404),
    ],
)
async def test_the_token_policy_decides_what_a_query_costs(
    ark: SignedClient, control: EmulatorControl, policy: str, early: int, first: int, second: int
) -> None:
    await control.settings(token_policy=policy)
    byted_token = await start(ark)
    statuses = [(await exchange(ark, byted_token))[0]]
    await control.complete(byted_token)
    statuses += [(await exchange(ark, byted_token))[0] for _ in range(2)]
    assert statuses == [early, first, second]


async def test_a_burnt_token_still_answers_its_one_query(ark: SignedClient, control: EmulatorControl) -> None:
    await control.settings(token_policy="burnt_by_any_query")
    byted_token = await start(ark)
    await control.complete(byted_token)
    assert [(await exchange(ark, byted_token))[0] for _ in range(2)] == [200, 404]


async def test_the_link_ends_before_the_token_does(ark: SignedClient, control: EmulatorControl) -> None:
    late, passed = await start(ark), await start(ark)
    await control.complete(passed)
    await control.advance(121)
    async with control.http.post(f"{ark.url}/_emulator/sessions/{late}", json={"outcome": "pass"}) as response:
        assert (response.status, (await response.json())["reason"]) == (409, "expired")
    assert (await exchange(ark, passed))[0] == 200
    await control.advance(1800)
    assert await exchange(ark, passed) == (404, "NotFound.BytedToken")


async def test_both_lifetimes_are_settings(ark: SignedClient, control: EmulatorControl) -> None:
    await control.settings(link_lifetime_seconds=1800, token_lifetime_seconds=120)
    byted_token = await start(ark)
    await control.advance(119)
    await control.complete(byted_token)
    assert (await exchange(ark, byted_token))[0] == 200
    await control.advance(2)
    assert (await exchange(ark, byted_token))[0] == 404


async def test_a_link_takes_one_outcome(ark: SignedClient, control: EmulatorControl) -> None:
    byted_token = await start(ark)
    await control.complete(byted_token, "cancel")
    async with control.http.post(f"{ark.url}/_emulator/sessions/{byted_token}", json={"outcome": "pass"}) as response:
        assert (response.status, (await response.json())["reason"]) == (409, "used")
