"""⑫ in trouble: nothing transient ends a session, nothing lost is invented, nobody's group is given to somebody else."""

import asyncio
from collections.abc import Mapping
from typing import Any

import asyncpg
import pytest

from stagedoor.channels.edit import ChannelChange, change_channel
from stagedoor.jobs.runner import LEASE
from stagedoor.validation.store import claim_exchange
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway
from tests.support.rawserver import Play, enveloped, http, raw_server, refused, say
from tests.support.validation import (
    EXCHANGE,
    Check,
    advance,
    another,
    exchange,
    exchanges_done,
    on_postgres,
    on_sqlite,
    raw_ark,
    session_of,
    start,
    until,
    waiting_callers,
)
from tests.validation.conftest import RunGateway

GROUP = "group-20260331145705-7vw4m"
TOKEN = "20260331144916BF9DC22A7A65ADF905D8"
FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "error", "status": 503, "code": "ServiceUnavailableTemp"}, "UpstreamFailed"),
    ({"kind": "error", "status": 500}, "UpstreamFailed"),
    ({"kind": "error_200"}, "UpstreamFailed"),
    ({"kind": "reset_before"}, "UpstreamTimeout"),
    ({"kind": "reset_after"}, "UpstreamTimeout"),
    ({"kind": "truncate"}, "UpstreamTimeout"),
    ({"kind": "html"}, "UpstreamMalformed"),
    ({"kind": "html", "status": 502}, "UpstreamFailed"),
    ({"kind": "empty"}, "UpstreamMalformed"),
    ({"kind": "content_type"}, "UpstreamMalformed"),
    ({"kind": "duplicate_keys"}, "UpstreamMalformed"),
    ({"kind": "rate_limited", "retry_after": 3}, "FlowLimitExceeded"),  # it is respected: the next call waits
]


def name_of(value: object) -> str:
    return "-".join(map(str, value.values())) if isinstance(value, Mapping) else str(value)


async def passed(api: Api, control: EmulatorControl) -> Check:
    """Start a check of a gateway without callbacks of its own and let the person pass it."""
    check = await start(api)
    await control.complete(check.byted_token)
    return check


@pytest.mark.parametrize(("fault", "code"), FAULTS, ids=name_of)
@on_sqlite
async def test_a_trouble_that_lasts_is_told_and_does_not_end_the_session(
    run_gateway: RunGateway, control: EmulatorControl, fault: dict[str, Any], code: str
) -> None:
    # A time limit shorter than one Retry-After keeps the retries of this test short.
    async with run_gateway(public_url="", upstream_timeout=2.0) as (gateway, api):
        check = await passed(api, control)
        await control.fault(action=EXCHANGE, times=0, name="trouble", **fault)
        answer = await exchange(api, check)
        assert (answer.code, answer.error["Retry"]) == (code, "later")
        assert answer.status in {429, 502, 503, 504}
        session = await session_of(gateway, check)
        assert (session.state, session.group_id, session.claimed_until) == ("open", None, None)
        await control.ask("DELETE", "faults?name=trouble")
        assert (await exchange(api, check)).status == 200


@pytest.mark.parametrize("fault", [fault for fault, code in FAULTS if code != "FlowLimitExceeded"], ids=name_of)
@on_sqlite
async def test_a_trouble_that_passes_is_not_even_noticed(
    run_gateway: RunGateway, control: EmulatorControl, fault: dict[str, Any]
) -> None:
    async with run_gateway(public_url="") as (_, api):
        check = await passed(api, control)
        await control.fault(action=EXCHANGE, times=1, **fault)
        assert (await exchange(api, check)).status == 200
    assert await control.calls(EXCHANGE) == 2


async def nothing_can_be_listed(control: EmulatorControl) -> None:
    """Let nothing be found by looking for it."""
    await control.fault("error", "ListAssetGroups", times=0, status=500)


@pytest.mark.parametrize("fault", ["reset_after", "truncate"])
async def test_when_the_answer_was_lost_and_the_token_is_used_up_the_session_is_unknown_and_nothing_is_invented(
    run_gateway: RunGateway, control: EmulatorControl, fault: str
) -> None:
    await control.settings(token_policy="used_up_by_success")
    await nothing_can_be_listed(control)
    async with run_gateway(public_url="") as (gateway, api):
        check = await passed(api, control)
        await control.fault(fault, EXCHANGE, times=1)
        lost = await exchange(api, check)
        assert (lost.status, lost.code, lost.error["Retry"]) == (504, "UpstreamTimeout", "later")
        for _ in range(2):
            answer = await exchange(api, check)
            assert (answer.status, answer.code, answer.error["Retry"]) == (409, "ExchangeUnknown", "later")
        session = await session_of(gateway, check)
        assert (session.state, session.group_id) == ("unknown", None)
        assert (await api.ok("ListAssetGroups", Filter={"GroupType": "LivenessFace"}))["TotalCount"] == 0
        # It stays named when the token is given up.
        advance(gateway.clock, hours=1)
        await exchanges_done(gateway)
        assert (await exchange(api, check)).code == "ExchangeUnknown"
        assert (await session_of(gateway, check)).byted_token is None


async def test_an_unknown_session_is_asked_for_again_and_takes_the_group_when_ark_gives_it(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    await control.settings(token_policy="used_up_by_success")
    await nothing_can_be_listed(control)
    async with run_gateway(public_url="") as (gateway, api):
        check = await passed(api, control)
        await control.fault("reset_after", EXCHANGE, times=1)
        await exchange(api, check)
        async with raw_server(say(http(enveloped({"GroupId": GROUP})))) as ark:
            assert (await exchange(api, check)).code == "ExchangeUnknown"
            await gateway_moves_to(gateway, ark.url)
            assert (await exchange(api, check)).result["GroupId"] == GROUP


async def gateway_moves_to(gateway: RunningGateway, endpoint: str) -> None:
    await change_channel(gateway.rt, "emulator", ChannelChange(endpoint=endpoint))
    advance(gateway.clock, seconds=1.5)


async def test_a_session_whose_answer_was_lost_does_not_expire_as_if_nothing_had_been(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    await nothing_can_be_listed(control)
    async with run_gateway(public_url="", upstream_timeout=0.5) as (gateway, api):
        check = await passed(api, control)
        await control.fault("reset_after", EXCHANGE, times=0)
        assert (await exchange(api, check)).code == "UpstreamTimeout"
        advance(gateway.clock, hours=1)
        await exchanges_done(gateway)
        answer = await exchange(api, check)
        assert (answer.code, answer.error["Retry"]) == ("ExchangeUnknown", "later")


async def test_an_answer_that_says_no_settles_what_an_answer_that_never_came_left_open(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    async with run_gateway(public_url="") as (gateway, api):
        check = await start(api)
        # Nothing was sent: nobody can have given the group away.
        await gateway_moves_to(gateway, "http://127.0.0.1:1")
        answer = await exchange(api, check)
        assert (answer.status, answer.code) == (503, "UpstreamUnavailable")
        assert (await session_of(gateway, check)).unanswered == 0
        await gateway_moves_to(gateway, control.url)
        await control.advance(1801)
        assert (await exchange(api, check)).code == "BytedTokenRefused"


async def claimed_by_the_dead(gateway: RunningGateway, check: Check) -> None:
    """Leave a session the way a process leaves it that is killed after its claim."""
    rt, session, now = gateway.rt, await session_of(gateway, check), gateway.clock.now()
    until = now + LEASE
    claimed = await rt.db.write(lambda tx: claim_exchange(tx, session.tenant_id, session, now=now, until=until))
    assert claimed is not None
    assert claimed.unanswered == 1


async def test_the_lease_of_a_dead_process_is_waited_for_and_then_taken_over(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    async with run_gateway(public_url="", exchange_wait=0.1) as (gateway, api):
        check = await passed(api, control)
        await claimed_by_the_dead(gateway, check)
        assert (await exchange(api, check)).code == "ExchangeInProgress"
        assert await control.calls(EXCHANGE) == 0
        advance(gateway.clock, seconds=31)
        await exchanges_done(gateway)
        assert (await exchange(api, check)).status == 200
        assert (await session_of(gateway, check)).claims == 2
    assert await control.calls(EXCHANGE) == 1


async def test_what_a_dead_process_may_have_used_up_is_unknown_and_not_refused(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    async with run_gateway(public_url="") as (gateway, api):
        check = await passed(api, control)
        await claimed_by_the_dead(gateway, check)
        await control.advance(1801)
        advance(gateway.clock, seconds=31)
        assert (await exchange(api, check)).code == "ExchangeUnknown"


async def test_a_token_is_not_given_up_while_it_is_being_exchanged(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    async with run_gateway(public_url="", token_lifetime=60.0) as (gateway, api):
        check = await passed(api, control)
        advance(gateway.clock, seconds=57)
        held = await control.hold(EXCHANGE)
        asking = asyncio.create_task(exchange(api, check))
        await held.wait()
        # Longer than the lease, which is kept up, and longer than the token has to live.
        await asyncio.sleep(LEASE.total_seconds() + 1)
        came_later = asyncio.create_task(exchange(api, check))
        await until(lambda: waiting_callers() == 2)
        await held.release()
        assert [answer.status for answer in await asyncio.gather(asking, came_later)] == [200, 200]
    assert await control.calls(EXCHANGE) == 1


@pytest.mark.parametrize("policy", ["reusable", "used_up_by_success"])
async def test_a_late_answer_of_a_process_that_lost_its_lease_still_binds_the_right_group(
    run_gateway: RunGateway, control: EmulatorControl, policy: str
) -> None:
    await control.settings(token_policy=policy)
    async with run_gateway(public_url="") as (gateway, api), another(gateway) as second:
        check = await passed(api, control)
        # Ark has given the group; the answer is still on its way when the lease ends and another process asks.
        held = await control.hold(EXCHANGE, times=1, after=True)
        frozen = asyncio.create_task(exchange(api, check))
        await held.wait()
        advance(gateway.clock, seconds=31)
        taken_over = await exchange(second.api(api.key), check)
        assert taken_over.status == 200 if policy == "reusable" else taken_over.code == "ExchangeUnknown"
        await held.release()
        late = await frozen
        group_id = late.result["GroupId"]
        for client in (api, second.api(api.key)):
            assert (await exchange(client, check)).result["GroupId"] == group_id
        listed = await api.ok("ListAssetGroups", Filter={"GroupType": "LivenessFace"})
        assert ([group["Id"] for group in listed["Items"]], listed["TotalCount"]) == ([group_id], 1)
    assert await control.calls(EXCHANGE) == 2


async def test_a_late_answer_without_a_group_gives_way_to_the_group_that_was_found_since(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    async with run_gateway(public_url="") as (gateway, api), another(gateway) as second:
        check = await start(api)
        held = await control.hold(EXCHANGE, times=1, after=True)
        frozen = asyncio.create_task(exchange(api, check))
        await held.wait()
        advance(gateway.clock, seconds=31)
        await control.complete(check.byted_token)
        taken_over = await exchange(second.api(api.key), check)
        await held.release()
        assert (await frozen).result == taken_over.result
        assert (await exchange(api, check)).result == taken_over.result


def after(moment: asyncio.Event, answer: Play) -> Play:
    """Answer when the moment has come."""

    async def play(writer: asyncio.StreamWriter) -> bool:
        await moment.wait()
        return await answer(writer)

    return play


@pytest.mark.parametrize("code", ["ValidatePending", "ValidateFailed"])
async def test_a_late_answer_without_a_group_leaves_the_lease_to_the_process_that_took_it_over(
    gateway: RunningGateway, api: Api, code: str
) -> None:
    first, second = asyncio.Event(), asyncio.Event()
    async with raw_ark(gateway) as ark, another(gateway) as successor:
        check = await ark.start(api, TOKEN)
        advance(gateway.clock, seconds=121)
        ark.plays(after(first, say(http(refused(code), status=400))))
        frozen = asyncio.create_task(exchange(api, check))
        await until(lambda: len(ark.raw.requests) == 2)
        advance(gateway.clock, seconds=31)
        ark.plays(after(second, say(http(enveloped({"GroupId": GROUP})))))
        taking_over = asyncio.create_task(exchange(successor.api(api.key), check))
        await until(lambda: len(ark.raw.requests) == 3)
        holding = await session_of(gateway, check)
        first.set()
        assert (await frozen).code == code
        assert await session_of(gateway, check) == holding
        second.set()
        assert (await taking_over).result["GroupId"] == GROUP


@on_postgres
async def test_two_processes_that_write_the_same_group_at_the_same_moment_both_succeed(
    gateway: RunningGateway, api: Api, database_url: str
) -> None:
    async with raw_ark(gateway) as ark:
        check = await ark.start(api, TOKEN)
        advance(gateway.clock, seconds=121)
        session = await session_of(gateway, check)
        ark.gives(GROUP)
        first = await asyncpg.connect(database_url)
        try:
            async with first.transaction():
                await first.execute(
                    "INSERT INTO asset_groups (id, tenant_id, channel_id, group_type, name, name_folded, description,"
                    " project_name, created_at, updated_at) VALUES ($1, $2, $3, 'LivenessFace', '', '', '', 'x', 1, 1)",
                    GROUP,
                    session.tenant_id,
                    session.channel_id,
                )
                asking = asyncio.create_task(exchange(api, check))
                # The gateway saw no group, writes one, and waits for the one that is being written.
                await until(lambda: somebody_waits(first))
            assert (await asking).result["GroupId"] == GROUP
        finally:
            await first.close()


async def somebody_waits(connection: asyncpg.Connection) -> bool:
    sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return bool(await connection.fetchval(sql))


async def test_a_group_that_belongs_to_another_tenant_is_never_bound(
    gateway: RunningGateway, api: Api, other_api: Api
) -> None:
    async with raw_ark(gateway) as ark:
        theirs, ours = await ark.start(other_api, TOKEN), await ark.start(api, f"{TOKEN}2")
        advance(gateway.clock, seconds=121)
        ark.gives(GROUP)
        assert (await exchange(other_api, theirs)).status == 200
        for _ in range(2):
            answer = await exchange(api, ours)
            assert (answer.status, answer.code) == (409, "ExchangeUnknown")
            assert GROUP.encode() not in answer.body
        session = await session_of(gateway, ours)
        assert (session.state, session.group_id) == ("unknown", None)
        assert (await api.call("GetAssetGroup", Id=GROUP)).status == 404
        assert (await api.ok("ListAssetGroups"))["TotalCount"] == 0
        assert (await other_api.ok("GetAssetGroup", Id=GROUP))["Id"] == GROUP


@on_sqlite
async def test_a_second_check_of_one_person_may_give_the_group_the_tenant_has_already(
    gateway: RunningGateway, api: Api
) -> None:
    async with raw_ark(gateway) as ark:
        checks = [await ark.start(api, TOKEN), await ark.start(api, f"{TOKEN}2")]
        advance(gateway.clock, seconds=121)
        ark.gives(GROUP)
        assert [(await exchange(api, check)).result["GroupId"] for check in checks] == [GROUP, GROUP]
        assert (await api.ok("ListAssetGroups"))["TotalCount"] == 1
