"""What is new goes on to the next fit account when the first surely made nothing, and never when it may have."""

from typing import Any

import pytest

from stagedoor.emulator import RunningEmulator
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Answer, Api, RunningGateway, free_port
from tests.support.story import DONE, ON_SQLITE, make_group, pass_face_check

GROUP, SESSION = "CreateAssetGroup", "CreateVisualValidateSession"
BIRTHS = pytest.mark.parametrize("action", [GROUP, SESSION])
REFUSALS = [
    (403, "SubscriptionRequired"),
    (403, "AccountOverdueError"),
    (429, "AssetGroupLimitExceeded"),
    (429, "QuotaExceeded"),
    (401, "InvalidAccessKey"),
    (404, "NotFound.ProjectName"),
]
UNKNOWN: list[tuple[str, dict[str, Any], str]] = [
    ("reset_before", {}, "OutcomeUnknown"),
    ("reset_after", {}, "OutcomeUnknown"),
    ("truncate", {}, "OutcomeUnknown"),
    ("html", {}, "UpstreamMalformed"),
    ("html", {"status": 403}, "UpstreamRejected"),
    ("error", {"status": 500, "code": "InternalError"}, "OutcomeUnknown"),
    ("error", {"status": 503, "code": "ServiceUnavailable", "after": True}, "OutcomeUnknown"),
]
"""Faults after which nobody knows, each with what the caller is told; the last but two is a stranger's 403 on the way."""


async def bear(api: Api, action: str, **fields: Any) -> Answer:
    what: dict[str, Any] = {"Name": "a"} if action == GROUP else {"CallbackURL": DONE}
    return await api.call(action, **what, **fields)


@BIRTHS
@pytest.mark.parametrize(("status", "code"), REFUSALS)
@ON_SQLITE
async def test_an_account_that_refuses_by_name_is_left_for_the_next(
    api: Api, control: EmulatorControl, second: EmulatorControl, action: str, status: int, code: str
) -> None:
    await control.fault("error", action, status=status, code=code)
    assert (await bear(api, action)).status == 200
    assert (await control.calls(action), await second.calls(action)) == (1, 1)


async def test_what_was_born_on_the_second_account_stays_there(
    api: Api, control: EmulatorControl, second: EmulatorControl
) -> None:
    for action in (GROUP, SESSION):
        await control.fault("error", action, status=403, code="SubscriptionRequired")
    group_id = await make_group(api)
    person = await pass_face_check(api, second)
    for born in (group_id, person):
        await api.ok("UpdateAssetGroup", Id=born, Name="b")
    assert await second.calls("UpdateAssetGroup") == 2
    # The first one is not asked again so soon.
    assert await control.calls() == 1


@BIRTHS
@pytest.mark.parametrize("scheme", ["http", "https"])
@ON_SQLITE
async def test_an_account_to_which_no_connection_comes_about_is_left_for_the_next(
    gateway: RunningGateway, api: Api, emulator: RunningEmulator, control: EmulatorControl, action: str, scheme: str
) -> None:
    """Over http nobody listens; over https there is no TLS."""
    port = free_port() if scheme == "http" else emulator.url.rpartition(":")[2]
    await gateway.connect(emulator, name="away", priority=9, endpoint=f"{scheme}://127.0.0.1:{port}")
    assert (await bear(api, action)).status == 200
    assert await control.calls(action) == 1


@BIRTHS
@pytest.mark.parametrize(("kind", "fields", "code"), UNKNOWN)
@ON_SQLITE
async def test_nothing_moves_on_while_the_first_account_may_have_made_it(
    api: Api,
    control: EmulatorControl,
    second: EmulatorControl,
    action: str,
    kind: str,
    fields: dict[str, Any],
    code: str,
) -> None:
    await control.fault(kind, action, **fields)
    assert (await bear(api, action)).code == code
    assert (await control.calls(action), await second.calls()) == (1, 0)


@BIRTHS
@ON_SQLITE
async def test_what_is_the_callers_own_does_not_move_on(
    api: Api, control: EmulatorControl, second: EmulatorControl, action: str
) -> None:
    await control.settings(projects=["default"])
    assert (await bear(api, action, ProjectName="mine")).code == "NotFound.ProjectName"
    await control.fault("error", action, status=400, code="InvalidParameter.Name")
    assert (await bear(api, action)).code == "InvalidParameter.Name"
    await control.fault("rate_limited", action)
    assert (await bear(api, action)).code == "FlowLimitExceeded"
    assert await second.calls() == 0


@BIRTHS
@ON_SQLITE
async def test_without_a_second_account_the_caller_gets_what_the_only_one_said(
    api: Api, control: EmulatorControl, action: str
) -> None:
    await control.fault("error", action, status=429, code="AssetGroupLimitExceeded")
    full = await bear(api, action)
    assert (full.status, full.code, full.headers["retry-after"]) == (429, "QuotaExceeded", "60")


@BIRTHS
@ON_SQLITE
async def test_each_account_is_asked_once_and_the_last_ones_answer_counts(
    api: Api, control: EmulatorControl, second: EmulatorControl, action: str
) -> None:
    await control.fault("error", action, status=403, code="SubscriptionRequired")
    await second.fault("reset_after", action)
    assert (await bear(api, action)).code == "OutcomeUnknown"
    assert (await control.calls(action), await second.calls(action)) == (1, 1)


@ON_SQLITE
async def test_an_account_that_takes_nothing_new_of_this_tenant_is_no_second(
    gateway: RunningGateway, api: Api, control: EmulatorControl, second: EmulatorControl
) -> None:
    star = await gateway.tenant("star")
    operator = await gateway.operator()
    await operator.send("PATCH", "/admin/v1/channels/second", body={"Tenants": [star.id]})
    await control.fault("error", GROUP, status=403, code="SubscriptionRequired")
    assert (await bear(api, GROUP)).code == "UpstreamRejected"
    assert await second.calls() == 0


async def test_a_repeated_request_gets_what_was_made_on_the_second_account(
    api: Api, control: EmulatorControl, second: EmulatorControl
) -> None:
    await control.fault("error", GROUP, status=403, code="SubscriptionRequired")
    first, again = [await bear(api, GROUP, headers={"idempotency_key": "one"}) for _ in range(2)]
    assert first.result == again.result
    assert await second.calls(GROUP) == 1
