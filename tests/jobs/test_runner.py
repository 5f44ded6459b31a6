"""The runner: at once in the process that committed, soon in any other, and never again what is done."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from statistics import median

import pytest

from stagedoor.app import open_runtime
from stagedoor.clock import MovableClock
from stagedoor.errors import UpstreamUnavailable
from stagedoor.jobs.runner import LEASE, POISON, Again, Lane, Runner, Taken
from stagedoor.jobs.store import add_job, list_jobs
from stagedoor.runtime import Runtime
from tests.support.gateway import gateway_settings
from tests.support.validation import on_postgres, until

pytestmark = pytest.mark.alone

Work = Callable[[Taken], Awaitable[Again | None]]


@pytest.fixture
async def rt(database_url: str, clock: MovableClock) -> AsyncIterator[Runtime]:
    runtime = await open_runtime(gateway_settings(database_url), clock=clock)
    yield runtime
    await runtime.close()


@asynccontextmanager
async def running(rt: Runtime, work: Work, *, at_once: int = 4, per_second: float | None = None) -> AsyncIterator[None]:
    task = asyncio.create_task(Runner(rt, {"work": Lane(work, at_once, per_second)}).run())
    await asyncio.sleep(0.05)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def add(rt: Runtime, key: str, seconds: float = 0) -> None:
    now = rt.clock.now()
    due_at = now + timedelta(seconds=seconds)
    await rt.db.write(lambda tx: add_job(tx, "tn_1", "work", key, now=now, due_at=due_at))


async def left(rt: Runtime, *, dead: bool = False) -> list[str]:
    return [job.key for job in await rt.db.read(lambda tx: list_jobs(tx, kind="work", dead=dead, at_most=100))]


async def test_what_is_committed_is_begun_within_milliseconds_and_done_once(rt: Runtime) -> None:
    begun: dict[str, float] = {}

    async def work(taken: Taken) -> None:
        assert taken.job.key not in begun
        begun[taken.job.key] = time.monotonic()

    delays = []
    async with running(rt, work):
        for number in range(20):
            await add(rt, str(number))
            committed = time.monotonic()
            await until(lambda number=number: str(number) in begun)  # type: ignore[misc]  # bound now
            delays.append(begun[str(number)] - committed)
        await until(lambda: _empty(rt))
    assert median(delays) < 0.1


async def _empty(rt: Runtime) -> bool:
    return not await left(rt)


async def test_a_lane_with_a_pace_goes_at_a_fifth_of_it_while_the_process_is_busy(rt: Runtime) -> None:
    async def seconds() -> float:
        done: list[str] = []

        async def work(taken: Taken) -> None:
            done.append(taken.job.key)

        for number in range(20):
            await add(rt, str(number))
        begun = time.monotonic()
        async with running(rt, work, per_second=200):
            await until(lambda: len(done) == 20)
            return time.monotonic() - begun

    quick = await seconds()
    rt.pulse.busy = 0.9
    slow = await seconds()
    assert slow >= 16 / 200 * 5  # nothing waits behind the last four
    assert quick < slow


async def test_a_job_comes_back_when_it_says_so_and_its_failures_are_counted(rt: Runtime, clock: MovableClock) -> None:
    seen: list[int] = []

    async def work(taken: Taken) -> Again | None:
        seen.append(taken.job.failures)
        if len(seen) == 1:
            return Again(clock.now() + timedelta(seconds=60), "NotYet")
        if len(seen) == 2:
            return Again(clock.now() + timedelta(seconds=60))
        return None

    async with running(rt, work):
        await add(rt, "a")
        for count in (1, 2, 3):
            await until(lambda count=count: len(seen) == count)  # type: ignore[misc]  # bound now
            await asyncio.sleep(0.05)
            assert len(seen) == count
            clock.advance(timedelta(seconds=61))
        await until(lambda: _empty(rt))
    assert seen == [0, 1, 0]


async def test_trouble_upstream_is_tried_again_for_ever_and_never_kills_the_job(
    rt: Runtime, clock: MovableClock
) -> None:
    tries = 0

    async def work(_: Taken) -> None:
        nonlocal tries
        tries += 1
        raise UpstreamUnavailable

    async with running(rt, work):
        await add(rt, "a")
        for count in range(1, POISON + 5):
            await until(lambda count=count: tries >= count)  # type: ignore[misc]  # bound now
            clock.advance(timedelta(hours=1))
    assert await left(rt, dead=True) == []


async def test_what_nobody_foresaw_ten_times_in_a_row_is_dead_and_stays_to_be_seen(
    rt: Runtime, clock: MovableClock
) -> None:
    tries = 0

    async def work(_: Taken) -> None:
        nonlocal tries
        tries += 1
        raise ValueError("a bug")

    async def dead() -> bool:
        clock.advance(timedelta(hours=1))
        return await left(rt, dead=True) == ["a"]

    async with running(rt, work):
        await add(rt, "a")
        await until(dead)
    assert tries == POISON


async def test_many_jobs_of_one_kind_are_done_so_many_at_once_and_no_more(rt: Runtime) -> None:
    at_work, most = 0, 0

    async def work(_: Taken) -> None:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0.02)
        at_work -= 1

    for number in range(20):
        await add(rt, str(number))
    async with running(rt, work, at_once=3):
        await until(lambda: _empty(rt))
    assert most == 3


async def test_long_work_keeps_its_job_and_is_not_begun_a_second_time(rt: Runtime, clock: MovableClock) -> None:
    begun, done = 0, asyncio.Event()

    async def work(_: Taken) -> None:
        nonlocal begun
        begun += 1
        await done.wait()

    async with running(rt, work):
        await add(rt, "a")
        await until(lambda: begun == 1)
        await asyncio.sleep(LEASE.total_seconds() * 1.2)
        assert begun == 1
        done.set()
        await until(lambda: _empty(rt))


async def test_a_runner_that_stops_lets_short_work_end(rt: Runtime) -> None:
    finished: list[str] = []
    begun = asyncio.Event()

    async def work(taken: Taken) -> None:
        begun.set()
        await asyncio.sleep(0.3)
        finished.append(taken.job.key)

    async with running(rt, work):
        await add(rt, "a")
        await begun.wait()
    assert finished == ["a"]
    assert await left(rt) == []


async def test_what_does_not_end_is_given_back_for_another_to_take_at_once(rt: Runtime) -> None:
    begun = asyncio.Event()

    async def hang(_: Taken) -> None:
        begun.set()
        await asyncio.Event().wait()

    done: list[str] = []

    async def work(taken: Taken) -> None:
        done.append(taken.job.key)

    async with running(rt, hang):
        await add(rt, "a")
        await begun.wait()
    async with running(rt, work):
        await until(lambda: done == ["a"], seconds=1)


async def test_a_lane_outlives_an_error_of_the_database_that_nobody_foresaw(rt: Runtime) -> None:
    done: list[str] = []

    async def work(taken: Taken) -> None:
        done.append(taken.job.key)

    async with running(rt, work):
        await rt.db.write(lambda tx: tx.number("ALTER TABLE jobs RENAME TO jobs_away"))
        await asyncio.sleep(1)
        await rt.db.write(lambda tx: tx.number("ALTER TABLE jobs_away RENAME TO jobs"))
        await add(rt, "a")
        await until(lambda: done == ["a"])


@on_postgres
async def test_a_job_committed_in_one_process_is_begun_in_another_at_once(
    rt: Runtime, database_url: str, clock: MovableClock
) -> None:
    """Without a bell it would be the poll: a quarter of a second on average."""
    other = await open_runtime(rt.settings, clock=clock)
    other.db.hear()
    begun: list[float] = []

    async def work(_: Taken) -> None:
        begun.append(time.monotonic())

    delays = []
    async with running(other, work):
        await asyncio.sleep(0.3)
        for number in range(10):
            await add(rt, str(number))
            committed = time.monotonic()
            await until(lambda number=number: len(begun) > number)  # type: ignore[misc]  # bound now
            delays.append(begun[-1] - committed)
            await asyncio.sleep(0.03)
    await other.close()
    assert median(delays) < 0.15
