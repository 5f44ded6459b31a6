"""The account's limits: a call waits briefly for room, then is told when to come back."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import asyncpg
import pytest

from stagedoor.contract.operations import BY_ACTION
from stagedoor.emulator import RunningEmulator
from stagedoor.errors import DatabaseUnavailable, FlowLimitExceeded, InvalidParameter
from stagedoor.quotas.gate import Gate
from stagedoor.quotas.limits import DEFAULT_LIMITS, Limit, read_limits
from stagedoor.quotas.windows import WRITE_SECONDS
from tests.quotas.conftest import IMPATIENT, ON_POSTGRES, PATIENT, call, check
from tests.support.clock import StoppedClock
from tests.support.emulator import EmulatorControl
from tests.support.gateway import RunningGateway, gateway_settings
from tests.support.story import ON_SQLITE

TWO = Limit(2, timedelta(seconds=0.3))
TEN = Limit(10, timedelta(seconds=0.5))
MINUTE = timedelta(seconds=60)


async def test_never_more_calls_start_in_a_period_than_the_limit_says(gate: Gate) -> None:
    times = await asyncio.gather(*(call(gate, TWO) for _ in range(7)))
    check(times, TWO)
    assert max(times) - min(times) < 4 * 0.3 + 0.5


@ON_POSTGRES
async def test_three_processes_together_do_not_exceed_it_either(new_gate: Callable[[], Gate]) -> None:
    gates = [new_gate() for _ in range(3)]
    times = await asyncio.gather(*(call(gates[number % 3], TEN, lasts=0.01) for number in range(45)))
    check(times, TEN)
    assert max(times) - min(times) < 5 * 0.5 + 1.5


async def test_a_slow_call_is_counted_from_its_answer_since_nobody_knows_when_it_arrived(gate: Gate) -> None:
    begun = await asyncio.gather(*(call(gate, TWO, lasts=0.25) for _ in range(2)))
    assert await call(gate, TWO) - min(begun) >= 0.25 + 0.3 - 0.001


async def test_a_call_that_never_ends_holds_its_place_no_longer_than_the_margin(gate: Gate) -> None:
    begun = asyncio.get_running_loop().time()
    for _ in range(2):
        await gate.enter("ch", "GetAsset", TWO, PATIENT, "tn")
    assert 2 + 0.29 <= await call(gate, TWO) - begun < 2 + 0.3 + 3


async def test_the_call_that_would_wait_too_long_is_told_how_long_and_takes_no_place(gate: Gate) -> None:
    limit = Limit(2, timedelta(seconds=1))
    for _ in range(2):
        await call(gate, limit)
    for _ in range(20):
        with pytest.raises(FlowLimitExceeded) as refused:
            await call(gate, limit, patience=IMPATIENT)
        assert refused.value.retry_after is not None
        assert timedelta(0) < refused.value.retry_after <= limit.period * 1.01
    await call(gate, limit)


async def test_channels_and_actions_have_limits_of_their_own(gate: Gate) -> None:
    for channel, action in (("a", "GetAsset"), ("b", "GetAsset"), ("a", "CreateAsset")):
        for _ in range(2):
            await call(gate, Limit(2, MINUTE), channel=channel, action=action)


async def test_a_limit_that_is_raised_or_lowered_holds_at_once(gate: Gate) -> None:
    for _ in range(6):
        await call(gate, Limit(6, MINUTE), patience=IMPATIENT)
    with pytest.raises(FlowLimitExceeded):
        await call(gate, Limit(2, MINUTE), patience=IMPATIENT)
    await call(gate, Limit(20, MINUTE), patience=timedelta(seconds=1))


async def test_what_a_process_has_used_before_its_end_still_counts_after_the_restart(
    new_gate: Callable[[], Gate],
) -> None:
    limit = Limit(4, MINUTE)
    ended = new_gate()
    for _ in range(2):
        await call(ended, limit)
    await ended.close()
    killed = new_gate()
    for _ in range(2):
        await killed.enter("ch", "GetAsset", limit, PATIENT, "tn")  # and nothing is ever heard of it again
    await asyncio.sleep(2 * WRITE_SECONDS)  # what is younger than that may be lost
    restarted = new_gate()
    with pytest.raises(FlowLimitExceeded) as refused:
        await call(restarted, limit, patience=timedelta(seconds=0.3))
    assert refused.value.retry_after is not None


@ON_POSTGRES
async def test_without_the_database_nothing_passes_that_was_not_dealt_before(
    new_gate: Callable[[], Gate], database_url: str
) -> None:
    gate, limit = new_gate(), Limit(3, timedelta(seconds=1))
    await call(gate, limit)
    connection = await asyncpg.connect(database_url)
    async with connection.transaction():
        # Nobody can get at any window, as if the database were away for everybody else.
        await connection.execute("LOCK TABLE quotas IN ACCESS EXCLUSIVE MODE")
        waiting = [asyncio.create_task(call(gate, limit)) for _ in range(5)]
        done, _ = await asyncio.wait(waiting, timeout=1)
        assert not done
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database()"
        )
        done, _ = await asyncio.wait(waiting, timeout=5)
        assert [type(task.exception()) for task in done] == [DatabaseUnavailable] * 5
    await connection.close()
    await call(gate, limit)


@ON_POSTGRES
async def test_an_idle_process_gives_back_what_it_was_dealt_ahead(new_gate: Callable[[], Gate]) -> None:
    busy, other = new_gate(), new_gate()
    limit = Limit(100, timedelta(seconds=4))
    for _ in range(60):
        await call(busy, limit)
    await asyncio.sleep(0.9)
    for _ in range(40):
        await call(other, limit, patience=timedelta(seconds=1))


async def test_the_last_quarter_of_a_minute_is_dealt_out_evenly(gate: Gate) -> None:
    limit = Limit(40, timedelta(seconds=10))
    at_once = [await call(gate, limit) for _ in range(30)]
    assert at_once[-1] - at_once[0] < 1
    later = [await call(gate, limit) for _ in range(2)]
    assert later[1] - later[0] >= 0.99


@ON_POSTGRES
async def test_background_work_takes_half_of_the_room_of_all_processes_and_one_place_after_the_other(
    new_gate: Callable[[], Gate],
) -> None:
    gates = [new_gate(), new_gate()]
    loop = asyncio.get_running_loop()
    starts: list[float] = []

    async def enter(gate: Gate) -> None:
        place = await gate.enter_when_quiet("ch", "GetAsset", TEN)
        starts.append(loop.time())
        gate.leave("ch", "GetAsset", place)

    await asyncio.gather(*(enter(gates[number % 2]) for number in range(15)))
    check(starts, Limit(5, TEN.period))
    assert all(earlier <= later for earlier, later in pairwise(starts))


async def test_background_work_waits_for_people_who_wait(gate: Gate) -> None:
    people = [asyncio.create_task(call(gate, TWO)) for _ in range(6)]
    await asyncio.sleep(0)
    background = asyncio.create_task(gate.enter_when_quiet("ch", "GetAsset", TWO))
    await asyncio.gather(*people)
    served = asyncio.get_running_loop().time()
    await background
    assert asyncio.get_running_loop().time() >= served


@ON_POSTGRES
async def test_it_is_not_quiet_while_people_use_more_than_half_in_any_process(new_gate: Callable[[], Gate]) -> None:
    people, background = new_gate(), new_gate()
    limit = Limit(4, timedelta(seconds=1))
    await background.wait_until_quiet("ch", "GetAsset", limit)
    began = [await call(people, limit) for _ in range(3)]
    await asyncio.sleep(0.1)
    await background.wait_until_quiet("ch", "GetAsset", limit)
    assert asyncio.get_running_loop().time() - began[1] >= 1


def test_the_defaults_name_every_action_and_a_channel_replaces_some() -> None:
    assert set(DEFAULT_LIMITS) == set(BY_ACTION)
    limits = read_limits({"CreateAsset": (120, 60)})
    assert limits["CreateAsset"] == Limit(120, MINUTE)
    assert limits["GetVisualValidateResult"] == Limit(3, timedelta(seconds=1))


@pytest.mark.parametrize(
    "limits",
    [{"NoAction": (1, 1)}, {"GetAsset": (0, 1)}, {"GetAsset": (1, 0)}, {"GetAsset": (1, -1)}, {"GetAsset": (1, 1e300)}],
)
def test_a_limit_that_makes_no_sense_is_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter) as refused:
        read_limits(limits)
    assert refused.value.full_code == "InvalidParameter.Limits"


@ON_SQLITE
async def test_a_limit_of_two_a_second_delays_the_third_call_and_refuses_when_that_is_too_long(
    database_url: str, emulator: RunningEmulator, control: EmulatorControl
) -> None:
    settings = gateway_settings(database_url, quota_wait=1.5)
    async with RunningGateway(settings, StoppedClock()) as gateway:
        await gateway.connect(emulator, limits={"CreateAssetGroup": (2, 1.0)})
        api = await gateway.client()
        loop = asyncio.get_running_loop()
        begun = loop.time()
        answers = await asyncio.gather(*(api.call("CreateAssetGroup", Name="a") for _ in range(5)))
        assert loop.time() - begun >= 0.9
        assert sorted(answer.status for answer in answers) == [200, 200, 200, 200, 429]
        [refused] = [answer for answer in answers if answer.status == 429]
        assert (refused.code, refused.error["Retry"]) == ("FlowLimitExceeded", "later")
        assert int(refused.headers["retry-after"]) in {1, 2, 3}
        assert await control.calls("CreateAssetGroup") == 4
        assert (await api.call("ListAssetGroups")).status == 200
