"""⑫ One caller: each state of a session has its own answer, and a group once given is given for ever."""

from pathlib import Path
from typing import Any

import pytest

from stagedoor.emulator import EmulatorSettings, start_emulator
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Answer, Api, RunningGateway
from tests.support.validation import (
    EXCHANGE,
    PAGE,
    START,
    Check,
    advance,
    another,
    browse,
    come_back,
    exchange,
    exchanges_done,
    on_sqlite,
    session_of,
    start,
)
from tests.validation.conftest import RunGateway

UNKNOWN_TOKEN = "20260331144916BF9DC22A7A65ADF905D8"
ARK_DOES_NOT_ACCEPT = [{"lost_record": "NotFound.BytedToken"}, {"lost_record": "InvalidParameter.BytedToken"}]


def without_id(answer: Answer) -> tuple[int, Any]:
    """Return what an answer says, its RequestId aside."""
    document = answer.document
    del document["ResponseMetadata"]["RequestId"]
    return answer.status, document


async def test_a_group_once_given_is_given_for_ever_without_asking_ark(
    gateway: RunningGateway, api: Api, control: EmulatorControl
) -> None:
    check = await start(api)
    await come_back(api, control, check)
    first = await exchange(api, check)
    assert first.result == {
        "GroupId": first.result["GroupId"],
        "Id": first.result["GroupId"],
        "GroupType": "LivenessFace",
    }
    assert (first.metadata["Action"], first.metadata["Region"]) == (EXCHANGE, "cn-beijing")
    assert (await session_of(gateway, check)).byted_token is None
    for _ in range(20):
        assert without_id(await exchange(api, check)) == without_id(first)
    advance(gateway.clock, hours=25)
    await exchanges_done(gateway)
    assert without_id(await exchange(api, check)) == without_id(first)
    async with another(gateway) as restarted:
        assert without_id(await exchange(restarted.api(api.key), check)) == without_id(first)
    assert await control.calls(EXCHANGE) == 1


async def test_a_gateway_that_starts_again_answers_what_it_answered_before(
    run_gateway: RunGateway, database_url: str, control: EmulatorControl
) -> None:
    async with run_gateway() as (stopped, api):
        check = await start(api)
        await come_back(api, control, check)
        before = await exchange(api, check)
    async with another(stopped) as started:
        assert without_id(await exchange(started.api(api.key), check)) == without_id(before)
    assert await control.calls(EXCHANGE) == 1


async def test_an_unknown_token_and_another_tenants_look_the_same_and_nobody_is_asked(
    api: Api, other_api: Api, control: EmulatorControl
) -> None:
    unfinished, finished = await start(api), await start(api)
    await come_back(api, control, finished)
    await exchange(api, finished)
    calls = await control.calls(EXCHANGE)
    unknown = await other_api.call(EXCHANGE, BytedToken=UNKNOWN_TOKEN)
    assert (unknown.status, unknown.code, unknown.error["Retry"]) == (404, "NotFound.BytedToken", "never")
    for check in (unfinished, finished):
        answer = await exchange(other_api, check)
        assert without_id(answer) == without_id(unknown)
        assert {n: v for n, v in answer.headers.items() if n not in {"x-request-id", "date"}} == {
            n: v for n, v in unknown.headers.items() if n not in {"x-request-id", "date"}
        }
    assert await control.calls(EXCHANGE) == calls


@on_sqlite
async def test_a_token_is_unknown_in_another_project_than_its_sessions(api: Api, control: EmulatorControl) -> None:
    check = await start(api, ProjectName="film")
    await come_back(api, control, check)
    assert (await exchange(api, check)).status == 200
    unknown = await api.call(EXCHANGE, BytedToken=UNKNOWN_TOKEN)
    for project in ("default", "Film"):
        answer = await api.call(EXCHANGE, BytedToken=check.byted_token, ProjectName=project)
        assert without_id(answer) == without_id(unknown)
    assert (await api.call(EXCHANGE, BytedToken=check.byted_token, ProjectName="film")).status == 200


@on_sqlite
async def test_a_token_that_cannot_be_one_is_refused_and_nobody_is_asked(api: Api, control: EmulatorControl) -> None:
    for token in ("", "x" * 513, 5, ["a"], {"a": "b"}, True):
        answer = await api.call(EXCHANGE, BytedToken=token)
        assert (answer.status, answer.code) == (400, "InvalidParameter.BytedToken"), token
    assert (await api.call(EXCHANGE)).code == "MissingParameter.BytedToken"
    for token in ("完成", "\u0085", "a b", "😀" * 100, "'; --"):
        assert (await api.call(EXCHANGE, BytedToken=token)).code == "NotFound.BytedToken", token
    assert await control.calls(EXCHANGE) == 0


async def test_before_the_callback_nobody_is_asked_because_asking_might_burn_the_token(
    gateway: RunningGateway, api: Api, control: EmulatorControl
) -> None:
    await control.settings(token_policy="burnt_by_any_query")
    check = await start(api)
    for _ in range(3):
        answer = await exchange(api, check)
        assert (answer.status, answer.code, answer.error["Retry"]) == (409, "ValidatePending", "same_request")
        assert answer.headers["retry-after"] == "2"
    await control.complete(check.byted_token)
    # The person has passed, and still: the callback may come, and until the window is over only it tells us so.
    assert (await exchange(api, check)).code == "ValidatePending"
    assert await control.calls(EXCHANGE) == 0


@on_sqlite
@pytest.mark.parametrize(
    ("setting", "in_window", "after_window"),
    [("never", False, False), ("after_window", False, True), ("always", True, True)],
)
async def test_whether_ark_is_asked_although_the_callback_has_not_come_is_a_setting(
    run_gateway: RunGateway, control: EmulatorControl, setting: str, in_window: bool, after_window: bool
) -> None:
    async with run_gateway(ask_without_callback=setting, link_window=120.0) as (gateway, api):
        for later, asks in ((0, in_window), (121, after_window)):
            check = await start(api)
            await control.complete(check.byted_token)
            advance(gateway.clock, seconds=later)
            before = await control.calls(EXCHANGE)
            answer = await exchange(api, check)
            assert (answer.status == 200) is asks
            assert asks or answer.code == "ValidatePending"
            assert await control.calls(EXCHANGE) - before == asks


@pytest.mark.parametrize("pending", ["error", "empty"])
async def test_without_our_own_callback_ark_says_what_is_pending_and_a_later_call_succeeds(
    run_gateway: RunGateway, control: EmulatorControl, pending: str
) -> None:
    await control.settings(pending=pending)
    async with run_gateway(public_url="") as (gateway, api):
        check = await start(api)
        for _ in range(2):
            answer = await exchange(api, check)
            assert (answer.status, answer.code, answer.error["Retry"]) == (409, "ValidatePending", "same_request")
        assert (await session_of(gateway, check)).unanswered == 0
        await control.complete(check.byted_token)
        assert (await exchange(api, check)).status == 200
        assert await control.calls(EXCHANGE) == 3


@pytest.mark.parametrize("rules", ARK_DOES_NOT_ACCEPT)
async def test_a_refusal_of_ark_is_final_and_repeated_without_asking_again(
    run_gateway: RunGateway, control: EmulatorControl, rules: dict[str, str]
) -> None:
    await control.settings(**rules)
    async with run_gateway(public_url="") as (gateway, api):
        check = await start(api)
        await control.advance(1801)
        first = await exchange(api, check)
        assert (first.status, first.code, first.error["Retry"]) == (410, "BytedTokenRefused", "new_session")
        assert first.error["Upstream"]["Code"] == rules["lost_record"]
        for later in (0, 1801):
            advance(gateway.clock, seconds=later)
            await exchanges_done(gateway)
            assert (await exchange(api, check)).code == "BytedTokenRefused"
        assert await control.calls(EXCHANGE) == 1
        assert (await session_of(gateway, check)).byted_token is None


async def test_a_check_ark_calls_failed_is_final_and_repeated_without_asking_again(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    async with run_gateway(public_url="") as (gateway, api):
        check = await start(api)
        await control.complete(check.byted_token, "fail")
        for later in (0, 0, 90_000):
            advance(gateway.clock, seconds=later)
            await exchanges_done(gateway)
            answer = await exchange(api, check)
            assert (answer.status, answer.code, answer.error["Retry"]) == (422, "ValidateFailed", "new_session")
        assert await control.calls(EXCHANGE) == 1


async def test_the_token_is_tried_until_its_lifetime_is_over_and_not_after(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    async with run_gateway(token_lifetime=600.0) as (gateway, api):
        in_time, too_late = await start(api), await start(api)
        for check in (in_time, too_late):
            await control.complete(check.byted_token)
        advance(gateway.clock, seconds=595)
        assert (await exchange(api, in_time)).status == 200
        advance(gateway.clock, seconds=5)
        await exchanges_done(gateway)
        for _ in range(2):
            answer = await exchange(api, too_late)
            assert (answer.status, answer.code, answer.error["Retry"]) == (410, "BytedTokenExpired", "new_session")
        assert (await session_of(gateway, too_late)).byted_token is None
        assert await control.calls(EXCHANGE) == 1


@on_sqlite
async def test_a_token_older_than_two_minutes_is_still_exchanged(
    gateway: RunningGateway, api: Api, control: EmulatorControl
) -> None:
    check = await start(api)
    redirect = await control.complete(check.byted_token)
    await control.advance(29 * 60)
    advance(gateway.clock, minutes=29)
    assert (await browse(api, redirect)).status == 303
    assert (await exchange(api, check)).status == 200


@on_sqlite
async def test_a_session_stays_on_its_channel_and_every_answer_names_the_region_of_that_channel(
    gateway: RunningGateway, api: Api, control: EmulatorControl, tmp_path: Path
) -> None:
    singapore = await start_emulator(EmulatorSettings(data_dir=tmp_path / "singapore", region="ap-southeast-1"))
    try:
        await gateway.connect(singapore, name="singapore", models=["far"], region="ap-southeast-1")
        started = await api.call(START, model="far", CallbackURL=PAGE)
        check = Check(started.result["BytedToken"], started.result["H5Link"])
        # The usual model leads to the other channel, and here it is only asked for: the session has a channel.
        answers = [started, await exchange(api, check)]
        async with EmulatorControl(singapore.url) as theirs:
            await come_back(api, theirs, check)
        answers.append(await exchange(api, check))
    finally:
        await singapore.stop()
    assert [answer.status for answer in answers] == [200, 409, 200]
    assert {answer.metadata["Region"] for answer in answers} == {"ap-southeast-1"}
    unknown = await api.call(EXCHANGE, BytedToken=UNKNOWN_TOKEN)
    assert unknown.metadata["Region"] == "cn-beijing"
    assert await control.calls() == 0


@on_sqlite
async def test_the_group_of_a_check_belongs_to_its_tenant_alone_and_takes_uploads(
    api: Api, other_api: Api, control: EmulatorControl, pictures: str
) -> None:
    check = await start(api)
    await come_back(api, control, check)
    group_id = (await exchange(api, check)).result["GroupId"]
    listed = await api.ok("ListAssetGroups", Filter={"GroupType": "LivenessFace"})
    assert [group["Id"] for group in listed["Items"]] == [group_id]
    assert (await other_api.call("GetAssetGroup", Id=group_id)).status == 404
    upload = {"GroupId": group_id, "URL": f"{pictures}face.jpg", "AssetType": "Image"}
    assert (await other_api.call("CreateAsset", **upload)).status == 404
    assert (await api.call("CreateAsset", **upload)).status == 200


@on_sqlite
async def test_a_deleted_group_stays_the_answer_of_its_token(
    gateway: RunningGateway, api: Api, control: EmulatorControl
) -> None:
    check = await start(api)
    await come_back(api, control, check)
    group_id = (await exchange(api, check)).result["GroupId"]
    await exchanges_done(gateway)
    await api.ok("DeleteAssetGroup", Id=group_id)
    assert (await exchange(api, check)).result["GroupId"] == group_id
    assert await control.calls(EXCHANGE) == 1
