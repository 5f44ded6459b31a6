"""Operators are told when an account gets into trouble and when it is out of it, once each; tenants never are."""

from typing import Any

import pytest

from stagedoor.channels.live import FRESH_FOR
from stagedoor.channels.record import record_condition
from stagedoor.channels.store import Condition, list_conditions
from stagedoor.db.database import Tx
from stagedoor.events.catalogue import CATALOGUE, OPERATORS_CATALOGUE
from stagedoor.keys.issue import issue_admin_key, revoke_key
from tests.events.reader import stream
from tests.support.clock import StoppedClock
from tests.support.emulator import EmulatorControl
from tests.support.events import shown
from tests.support.gateway import Api, RunningGateway
from tests.support.story import ON_SQLITE, eventually, make_group

EVENTS = "/admin/v1/events"
BEGAN, ENDED = "channel.condition_began", "channel.condition_ended"


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def operator(gateway: RunningGateway) -> Api:
    return await gateway.operator()


def later(gateway: RunningGateway, seconds: float = 11) -> None:
    """Let so much time pass that the same thing would be written down again."""
    assert isinstance(gateway.clock, StoppedClock)
    gateway.clock.pass_seconds(seconds)


async def told(operator: Api, count: int, query: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Return type and data of what operators were told, when it is so much: what is committed is seen a moment later."""

    async def is_all() -> bool:
        items.extend((await operator.send("GET", f"{EVENTS}?limit=200{query}")).result["Items"][len(items) :])
        return len(items) >= count

    items: list[dict[str, Any]] = []
    await eventually(is_all, seconds=20)
    assert len(items) == count
    for item in items:
        assert item["Data"].keys() - {"id"} <= OPERATORS_CATALOGUE[item["Type"]].fields.keys()
    return [(item["Type"], item["Data"]) for item in items]


async def test_trouble_is_told_once_when_it_begins_and_once_when_it_ends(
    gateway: RunningGateway, api: Api, control: EmulatorControl, operator: Api
) -> None:
    await make_group(api)
    await control.settings(group_limit=1)
    for _ in range(3):
        assert (await api.call("CreateAssetGroup", Name="a")).code == "QuotaExceeded"
        later(gateway)
    await control.settings(group_limit=0)
    await make_group(api)
    (began, what), (ended, how) = await told(operator, 2)
    channel = (await operator.send("GET", "/admin/v1/channels/emulator")).result
    common = {"id": channel["Id"], "kind": "GroupsFull", "action": "CreateAssetGroup"}
    assert (began, what) == (BEGAN, {**common, "code": "QuotaExceeded"})
    assert (ended, how) == (ENDED, {**common, "reason": "Disproven"})
    assert channel["Health"]["Conditions"] == []
    # Tenants are told of their groups alone, and their places lead nowhere among the operators' events.
    await shown(gateway)
    seen = (await api.send("GET", "/v1/events")).result
    assert {item["Type"] for item in seen["Items"]} == {"group.created"}
    assert (await operator.send("GET", f"{EVENTS}?after={seen['NextCursor']}")).code == "NotFound.event"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "SubscriptionRequired", "SubscriptionRequired"),
        (403, "AccountOverdueError", "AccountOverdue"),
        (404, "NotFound.ProjectName", "ProjectNotFound"),
        (401, "InvalidAccessKey", "CredentialsRefused"),
        (429, "AssetGroupLimitExceeded", "GroupsFull"),
    ],
)
async def test_each_kind_of_trouble_is_told_by_its_name(
    gateway: RunningGateway, api: Api, control: EmulatorControl, operator: Api, status: int, code: str, kind: str
) -> None:
    await control.fault("error", "CreateAssetGroup", status=status, code=code)
    await api.call("CreateAssetGroup", Name="a")
    later(gateway, FRESH_FOR.total_seconds())
    await make_group(api)
    assert [(name, data["kind"]) for name, data in await told(operator, 2)] == [(BEGAN, kind), (ENDED, kind)]


@ON_SQLITE
async def test_an_account_that_does_not_answer_is_told_and_so_is_its_return(
    gateway: RunningGateway, api: Api, control: EmulatorControl, operator: Api
) -> None:
    await control.fault("error", times=0, name="away", status=503, code="ServiceUnavailableTemp")
    for _ in range(20):
        await api.call("CreateAssetGroup", Name="a")
        later(gateway, 0.5)
    assert [(name, data["kind"], data["action"]) for name, data in await told(operator, 1)] == [
        (BEGAN, "Unreachable", "*")
    ]
    await control.ask("DELETE", "faults?name=away")
    later(gateway)
    await make_group(api)
    assert (await told(operator, 2))[1][0] == ENDED


async def test_a_changed_account_ends_all_that_was_said_of_the_one_before(
    gateway: RunningGateway, api: Api, control: EmulatorControl, operator: Api
) -> None:
    for action, code in (("CreateAssetGroup", "SubscriptionRequired"), ("CreateAssetGroup", "InvalidAccessKey")):
        await control.fault("error", action, status=403, code=code)
        await api.call("CreateAssetGroup", Name="a")
    assert (await operator.send("PATCH", "/admin/v1/channels/emulator", body={"Priority": 3})).status == 200
    await told(operator, 2)
    await operator.send("PATCH", "/admin/v1/channels/emulator", body={"Region": "cn-beijing"})
    ends = (await told(operator, 4))[2:]
    assert {(name, data["kind"], data["reason"]) for name, data in ends} == {
        (ENDED, kind, "Changed") for kind in ("SubscriptionRequired", "CredentialsRefused")
    }


async def test_what_is_undone_is_not_told(gateway: RunningGateway, operator: Api) -> None:
    channel_id = (await operator.send("GET", "/admin/v1/channels/emulator")).result["Id"]
    now = gateway.clock.now()

    class Undone(Exception):
        pass

    async def work(tx: Tx) -> None:
        assert await record_condition(tx, gateway.rt, Condition(channel_id, "GroupsFull", "*", "X", now, now))
        raise Undone

    with pytest.raises(Undone):
        await gateway.rt.db.write(work)
    assert await gateway.read(list_conditions) == []
    assert await told(operator, 0) == []


async def test_the_stream_brings_it_as_it_happens_and_goes_on_after_the_last_one_seen(
    gateway: RunningGateway, api: Api, control: EmulatorControl, operator: Api
) -> None:
    async with stream(operator, path=EVENTS) as reader:
        begin = await reader.message()
        await control.fault("error", "CreateAssetGroup", status=403, code="SubscriptionRequired")
        await api.call("CreateAssetGroup", Name="a")
        (began,) = await reader.events(1)
    assert begin is not None
    assert begin.id == "0"
    assert (began.event, began.document["data"]["code"]) == (BEGAN, "SubscriptionRequired")
    later(gateway)
    await make_group(api)
    async with stream(operator, path=EVENTS, **{"last-event-id": began.id}) as reader:
        assert [message.event for message in await reader.events(1)] == [ENDED]
    async with stream(operator, f"?after=0&type={ENDED}", path=EVENTS) as reader:
        assert [message.event for message in await reader.events(1)] == [ENDED]


@ON_SQLITE
async def test_a_stream_ends_soon_after_the_operators_key(gateway: RunningGateway) -> None:
    key, secret = await issue_admin_key(gateway.rt)
    async with stream(gateway.api(secret), path=EVENTS) as reader:
        await reader.message()
        await revoke_key(gateway.rt, key.id)
        assert await reader.message(seconds=5) is None


@ON_SQLITE
async def test_only_an_operator_may_read_and_only_what_operators_are_told(api: Api, operator: Api) -> None:
    assert (await api.send("GET", EVENTS)).code == "AccessDenied"
    assert (await api.send("GET", EVENTS, authorization="")).code == "MissingAuthenticationToken"
    async with stream(api, path=EVENTS) as refused:
        assert refused.response.status == 403
    answer = await operator.send("GET", EVENTS)
    assert (answer.metadata["Action"], answer.result) == ("ListOperatorEvents", {"Items": [], "HasMore": False})
    assert (await operator.send("POST", EVENTS, body={})).headers["allow"] == "GET"
    for reader, path, catalogue in ((operator, EVENTS, CATALOGUE), (api, "/v1/events", OPERATORS_CATALOGUE)):
        for name in catalogue:
            assert (await reader.send("GET", f"{path}?type={name}")).code == "InvalidParameter.type"
    endpoint = {"URL": "https://hooks.example/", "Types": [BEGAN]}
    assert (await api.send("POST", "/v1/webhook-endpoints", body=endpoint)).code == "InvalidParameter.Types"
