"""Several accounts: where new things go when one is away, full, unpaid or closed, and what is told about it."""

import time
from typing import Any

import pytest

from stagedoor.channels.live import FRESH_FOR
from stagedoor.channels.status import list_statuses
from tests.support.clock import StoppedClock
from tests.support.emulator import EmulatorControl
from tests.support.gateway import MODEL, Answer, Api, RunningGateway
from tests.support.story import DONE, ON_SQLITE, eventually, make_group, pass_face_check

pytestmark = pytest.mark.alone

REFRESHED = 1.5
FAR_AWAY: dict[str, Any] = {"status": 503, "code": "ServiceUnavailableTemp"}


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def operator(gateway: RunningGateway) -> Api:
    return await gateway.operator()


def later(gateway: RunningGateway, seconds: float = REFRESHED) -> None:
    assert isinstance(gateway.clock, StoppedClock)
    gateway.clock.pass_seconds(seconds)


async def health(operator: Api, name: str = "emulator") -> dict[str, Any]:
    return (await operator.send("GET", f"/admin/v1/channels/{name}")).result["Health"]  # type: ignore[no-any-return]  # JSON


async def conditions(operator: Api) -> list[tuple[str, str, str]]:
    return [(known["Kind"], known["Action"], known["Code"]) for known in (await health(operator))["Conditions"]]


async def patch(gateway: RunningGateway, operator: Api, name: str, **change: Any) -> Answer:
    answer = await operator.send("PATCH", f"/admin/v1/channels/{name}", body=change)
    later(gateway)
    return answer


async def create(api: Api) -> Answer:
    return await api.call("CreateAssetGroup", Name="a")


async def break_down(gateway: RunningGateway, api: Api, control: EmulatorControl) -> None:
    """Let the first account answer nothing but 503 until its breaker is open."""
    await control.fault("error", times=0, name="away", **FAR_AWAY)
    for _ in range(20):
        assert (await create(api)).code == "OutcomeUnknown"
        later(gateway, 0.5)


async def test_in_an_outage_new_groups_go_to_the_second_account_and_afterwards_to_the_first_again(
    gateway: RunningGateway, api: Api, control: EmulatorControl, second: EmulatorControl, operator: Api
) -> None:
    group_id = await make_group(api)
    await break_down(gateway, api, control)
    born = [await make_group(api) for _ in range(5)]
    await pass_face_check(api, second)
    assert await second.calls("CreateAssetGroup") == 5
    before = await control.calls()
    refused = [await api.call("UpdateAssetGroup", Id=group_id, Name="b") for _ in range(20)]
    assert {(answer.status, answer.code) for answer in refused} <= {
        (503, "UpstreamUnavailable"),
        (502, "UpstreamFailed"),
    }
    assert all(answer.headers["retry-after"] == "1" for answer in refused if answer.status == 503)
    assert await control.calls() - before <= 2
    seen = await health(operator)
    assert (seen["Status"], seen["Breaker"]) == ("down", "open")
    assert ("Unreachable", "*") in {known[:2] for known in await conditions(operator)}

    await control.ask("DELETE", "faults?name=away")
    later(gateway)
    # Nobody's call is risked to find out: the gateway looks for itself.
    await make_group(api)

    async def is_closed() -> bool:
        return bool((await health(operator))["Breaker"] == "closed")

    await eventually(is_closed)
    calls = await second.calls()
    await make_group(api)
    assert (await second.calls(), await conditions(operator)) == (calls, [])
    # What was born on the second account stays there.
    await api.ok("UpdateAssetGroup", Id=born[0], Name="c")
    assert await second.calls("UpdateAssetGroup") == 1


@ON_SQLITE
async def test_the_only_account_answers_fast_and_honestly_while_it_is_down_and_heals_by_itself(
    gateway: RunningGateway, api: Api, control: EmulatorControl, operator: Api
) -> None:
    """Nobody waits for room at an account that answers nothing."""
    await patch(gateway, operator, "emulator", Limits={"CreateAssetGroup": [100, 1]})
    await break_down(gateway, api, control)
    await patch(gateway, operator, "emulator", Limits={"CreateAssetGroup": [1, 1]})
    await create(api)
    calls, began = await control.calls(), time.monotonic()
    answers = [await create(api) for _ in range(50)]
    # Waiting at the gate for one call a second would take most of a minute.
    assert time.monotonic() - began < 10
    assert {(answer.status, answer.code, answer.headers["retry-after"]) for answer in answers} == {
        (503, "UpstreamUnavailable", "1")
    }
    assert await control.calls() == calls
    await control.ask("DELETE", "faults?name=away")
    later(gateway, 2)
    assert (await create(api)).status == 200
    assert (await health(operator))["Status"] == "fit"


async def test_a_full_account_is_passed_over_until_one_new_thing_finds_room_again(
    gateway: RunningGateway, api: Api, control: EmulatorControl, second: EmulatorControl, operator: Api
) -> None:
    await make_group(api)
    await control.settings(group_limit=1)
    for _ in range(4):
        await make_group(api)
    assert (await control.calls("CreateAssetGroup"), await second.calls("CreateAssetGroup")) == (2, 4)
    assert await conditions(operator) == [("GroupsFull", "CreateAssetGroup", "QuotaExceeded")]
    assert (await health(operator))["Status"] == "refuses"

    later(gateway, FRESH_FOR.total_seconds() + 1)
    assert (await health(operator))["Status"] == "doubtful"
    # One new thing finds out that it is still full; the next ones are not bothered.
    assert [(await create(api)).status for _ in range(3)] == [200, 200, 200]
    assert (await control.calls("CreateAssetGroup"), await second.calls("CreateAssetGroup")) == (3, 7)

    await control.settings(group_limit=0)
    later(gateway, FRESH_FOR.total_seconds() + 1)
    for _ in range(3):
        await make_group(api)
    assert await conditions(operator) == []
    assert await control.calls("CreateAssetGroup") == 6


@pytest.mark.parametrize(
    ("status", "code", "kind", "action"),
    [
        (403, "SubscriptionRequired", "SubscriptionRequired", "CreateAssetGroup"),
        (403, "AccountOverdueError", "AccountOverdue", "CreateAssetGroup"),
        (404, "NotFound.ProjectName", "ProjectNotFound", "*"),
        (401, "InvalidAccessKey", "CredentialsRefused", "*"),
        (403, "LackPolicy", "PermissionDenied", "CreateAssetGroup"),
    ],
)
@ON_SQLITE
async def test_what_is_wrong_with_an_account_is_the_operators_to_know(
    gateway: RunningGateway,
    api: Api,
    control: EmulatorControl,
    second: EmulatorControl,
    operator: Api,
    status: int,
    code: str,
    kind: str,
    action: str,
) -> None:
    await control.fault("error", "CreateAssetGroup", status=status, code=code, message="account 2100000000")
    await patch(gateway, operator, "second", State="draining")
    refused = await create(api)
    assert (refused.status, refused.code, refused.error["Retry"]) == (502, "UpstreamRejected", "later")
    assert b"2100000000" not in refused.body
    await patch(gateway, operator, "second", State="enabled")
    await make_group(api)
    assert await second.calls("CreateAssetGroup") == 1
    [known] = (await health(operator))["Conditions"]
    assert (known["Kind"], known["Action"], known["Code"], known["Blocks"]) == (kind, action, code, True)
    assert known["Remedy"]
    [first, _] = await list_statuses(gateway.rt)
    assert (first.passed_over, [condition.kind for condition in first.conditions]) == (True, [kind])
    # A success of the same kind proves it wrong.
    later(gateway, FRESH_FOR.total_seconds() + 1)
    await make_group(api)
    assert await conditions(operator) == []


@ON_SQLITE
async def test_a_project_the_caller_chose_says_nothing_about_the_account(
    api: Api, control: EmulatorControl, operator: Api
) -> None:
    await control.settings(projects=["default"])
    group_id = await make_group(api)
    missing = await api.call("CreateAssetGroup", Name="a", ProjectName="mine")
    assert (missing.status, missing.code) == (404, "NotFound.ProjectName")
    await control.fault("error", "CreateAssetGroup", status=403, code="LackProjectPolicy")
    denied = await api.call("CreateAssetGroup", Name="a", ProjectName="mine")
    assert denied.code == "UpstreamRejected"
    assert await conditions(operator) == []
    # An object on record is not taken for deleted because its project cannot be found.
    await control.settings(projects=["other"])
    gone = await api.call("UpdateAssetGroup", Id=group_id, Name="b")
    assert (gone.status, gone.code) == (502, "UpstreamRejected")
    assert (await api.ok("GetAssetGroup", Id=group_id))["Id"] == group_id


@ON_SQLITE
async def test_new_credentials_start_with_a_clean_slate(
    gateway: RunningGateway, api: Api, control: EmulatorControl, second: EmulatorControl, operator: Api
) -> None:
    await control.fault("error", "CreateAssetGroup", status=401, code="InvalidAccessKey")
    await make_group(api)
    assert await conditions(operator) != []
    await patch(gateway, operator, "emulator", Region="cn-beijing")
    assert await conditions(operator) == []
    await make_group(api)
    assert (await control.calls(), await second.calls()) == (2, 1)


async def test_a_drained_channel_goes_on_with_what_it_has_and_a_disabled_one_takes_no_uploads(
    gateway: RunningGateway, api: Api, control: EmulatorControl, operator: Api, pictures: str
) -> None:
    group_id = await make_group(api)
    started = await api.ok("CreateVisualValidateSession", CallbackURL=DONE)

    async def upload() -> Answer:
        return await api.call("CreateAsset", GroupId=group_id, URL=pictures, AssetType="Image")

    drained = await patch(gateway, operator, "emulator", State="draining")
    assert (drained.result["State"], drained.result["Disabled"]) == ("draining", False)
    for closed in (await create(api), await api.call("CreateVisualValidateSession", CallbackURL=DONE)):
        assert (closed.status, closed.code, closed.headers["retry-after"]) == (503, "NoChannel", "30")
    assert (await upload()).status == 200
    async with api.http.get(await control.complete(started["BytedToken"]), allow_redirects=False) as response:
        assert response.status == 303
    person = (await api.ok("GetVisualValidateResult", BytedToken=started["BytedToken"]))["GroupId"]

    await patch(gateway, operator, "emulator", State="disabled")
    uploads = await control.calls("CreateAsset")
    refused = await upload()
    assert (refused.status, refused.code) == (503, "NoChannel")
    assert await control.calls("CreateAsset") == uploads
    await api.ok("UpdateAssetGroup", Id=person, Name="b")
    await api.ok("DeleteAssetGroup", Id=group_id)
    await patch(gateway, operator, "emulator", State="enabled")
    assert (await create(api)).status == 200


@ON_SQLITE
async def test_a_channel_of_some_tenants_takes_nothing_new_of_others_and_keeps_what_it_has(
    gateway: RunningGateway, api: Api, control: EmulatorControl, second: EmulatorControl, operator: Api
) -> None:
    group_id = await make_group(api)
    star = await gateway.tenant("star")
    await patch(gateway, operator, "emulator", Tenants=[star.id])
    await make_group(api)
    assert (await control.calls("CreateAssetGroup"), await second.calls("CreateAssetGroup")) == (1, 1)
    await make_group(await gateway.client(star))
    assert (await control.calls("CreateAssetGroup"), await second.calls("CreateAssetGroup")) == (2, 1)
    await api.ok("UpdateAssetGroup", Id=group_id, Name="b")
    # Models that only others may use are not named, and lead nowhere new.
    await patch(gateway, operator, "second", Models=["common"])
    unknown = await create(api)
    assert (unknown.status, unknown.code) == (400, "InvalidParameter.model")
    assert "common" in unknown.error["Message"]
    assert MODEL not in unknown.error["Message"]
    assert (await api.ok("ListAssetGroups"))["TotalCount"] == 2
    twice = await operator.send("PATCH", "/admin/v1/channels/second", body={"State": "enabled", "Disabled": False})
    assert (twice.status, twice.code) == (400, "InvalidParameter.State")
