"""Whose turn it is: tenants take turns, whatever each of them has waiting, in one process and in two."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from stagedoor.errors import FlowLimitExceeded
from stagedoor.quotas.gate import Gate
from stagedoor.quotas.limits import Limit
from stagedoor.quotas.queue import FairQueue, Turn
from tests.quotas.conftest import ON_POSTGRES, call
from tests.support.validation import until

pytestmark = pytest.mark.alone

THIRTY = Limit(30, timedelta(seconds=1))
MOST = timedelta(seconds=60)


async def turns(count: int) -> list[Turn]:
    return [asyncio.get_running_loop().create_future() for _ in range(count)]


async def test_tenants_take_turns_and_each_ones_calls_keep_their_order() -> None:
    queue, made = FairQueue(), await turns(7)
    for turn, tenant in zip(made, "aaaabbc", strict=True):
        queue.add(tenant, turn)
    assert (len(queue), queue.rank("a"), queue.rank("b"), queue.rank("d")) == (7, 7, 6, 3)
    assert [made.index(queue.pop()) for _ in range(7)] == [0, 4, 6, 1, 5, 2, 3]
    assert not queue


async def test_who_waits_no_longer_leaves_the_queue() -> None:
    queue, (first, second, other) = FairQueue(), await turns(3)
    for tenant, turn in (("a", first), ("a", second), ("b", other)):
        queue.add(tenant, turn)
    queue.remove("a", first)
    queue.remove("a", first)
    queue.remove("b", other)
    assert (len(queue), queue.pop()) == (1, second)


async def first_call_beside_a_thousand(heavy: Gate, light: Gate) -> float:
    crowd = [asyncio.create_task(call(heavy, THIRTY, tenant="heavy", patience=MOST)) for _ in range(1000)]
    await asyncio.sleep(1.5)
    begun = asyncio.get_running_loop().time()
    waited = await call(light, THIRTY, tenant="light", patience=MOST) - begun
    for task in crowd:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*crowd)
    return waited


async def test_a_tenants_first_call_waits_two_seconds_at_most_beside_a_thousand_of_another(gate: Gate) -> None:
    assert await first_call_beside_a_thousand(gate, gate) <= 2


@ON_POSTGRES
async def test_the_same_when_the_thousand_wait_in_another_process(new_gate: Callable[[], Gate]) -> None:
    assert await first_call_beside_a_thousand(new_gate(), new_gate()) <= 2


async def test_tenants_share_what_there_is(gate: Gate) -> None:
    served: Counter[str] = Counter()
    limit = Limit(20, timedelta(seconds=0.4))

    async def one(tenant: str) -> None:
        await call(gate, limit, tenant=tenant, patience=MOST)
        served[tenant] += 1

    waiting = {"a": 200, "b": 40, "c": 40}
    tasks = [asyncio.create_task(one(tenant)) for tenant, count in waiting.items() for _ in range(count)]
    await until(lambda: served.total() >= 90)
    assert max(served.values()) - min(served.values()) <= 3
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_who_cannot_have_a_turn_in_time_is_told_at_once_and_how_long_it_would_take(gate: Gate) -> None:
    crowd = [asyncio.create_task(call(gate, THIRTY, tenant="a", patience=MOST)) for _ in range(300)]
    await asyncio.sleep(1)
    begun = asyncio.get_running_loop().time()
    with pytest.raises(FlowLimitExceeded) as refused:
        await call(gate, THIRTY, tenant="a", patience=timedelta(seconds=3))
    assert asyncio.get_running_loop().time() - begun < 0.5
    assert refused.value.retry_after is not None
    assert timedelta(seconds=5) <= refused.value.retry_after <= timedelta(seconds=12)
    for task in crowd:
        task.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)
