"""kill -9 at every point of the exchange: the group is bound all the same, to the right person, and once."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support.checker import check_bindings
from tests.support.databases import fresh_sqlite
from tests.support.gateway import free_port
from tests.support.stage import KILLS, Stage, set_stage
from tests.support.validation import EXCHANGE, START, Check, browse, exchange, on_postgres, start, until

pytestmark = pytest.mark.timeout(900)

BOUND_WITHIN = 40.0
POINTS = ["C1", "C2", "C3", "C4", "C5", "C6", "C7"]
POLICIES = ["reusable", "used_up_by_success", "burnt_by_any_query"]
SHARE = -(-KILLS // len(POLICIES))
"""How often a process is killed at a point under one policy."""
TOGETHER = min(SHARE, 7)
"""Stages that are killed side by side: most of the time of each goes into waiting for a lease to end."""


async def bound(stage: Stage, check: Check) -> None:
    """Return when ⑫ gives a group, and keep it."""

    async def given() -> bool:
        answer = await exchange(stage.api, check)
        if answer.status == 200:
            stage.given[check.byted_token] = answer.result["GroupId"]
        return answer.status == 200

    await until(given, seconds=BOUND_WITHIN)


@pytest.fixture
async def stages(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[list[Stage]]:
    async with AsyncExitStack() as stack:
        made = []
        for number in range(TOGETHER):
            folder = tmp_path / str(number)
            folder.mkdir()
            made.append(await stack.enter_async_context(set_stage(fresh_sqlite(sqlite_template, folder), folder)))
        yield made
        for stage in made:
            await check_bindings(stage.folder / "emulator", stage.settings.database, stage.given)


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with set_stage(database_url, tmp_path) as made:
        yield made
        await check_bindings(tmp_path / "emulator", database_url, made.given)


async def kill_and_recover(stage: Stage, point: str, times: int) -> None:
    for _ in range(times):
        await _kill_and_recover(stage, point)


async def _kill_and_recover(stage: Stage, point: str) -> None:
    async with stage.process() as process:
        check = await start(stage.api)
        redirect = await stage.control.complete(check.byted_token)
        await stage.dies_at(point, process, lambda: browse(stage.api, redirect))
    async with stage.process():
        if point == "C1":
            # Nothing was on record yet; the browser that got no answer asks again.
            assert (await browse(stage.api, redirect)).status == 303
        await bound(stage, check)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("point", POINTS)
async def test_a_process_killed_at_any_point_of_the_exchange_loses_no_actor(
    stages: list[Stage], point: str, policy: str
) -> None:
    for stage in stages:
        await stage.control.settings(token_policy=policy)
    async with asyncio.TaskGroup() as together:
        for stage in stages:
            together.create_task(kill_and_recover(stage, point, -(-SHARE // TOGETHER)))


@on_postgres
@pytest.mark.parametrize("point", POINTS)
async def test_on_postgresql_a_process_killed_at_any_point_of_the_exchange_loses_no_actor(
    stage: Stage, point: str
) -> None:
    for policy in POLICIES:
        await stage.control.settings(token_policy=policy)
        await kill_and_recover(stage, point, -(-KILLS // 20))


async def test_a_process_killed_while_it_starts_a_check_costs_one_more_try(stages: list[Stage]) -> None:
    """C0: the upstream session is an orphan that expires by itself; no actor has seen its link."""
    stage = stages[0]
    for _ in range(KILLS):
        async with stage.process() as process:
            await stage.dies_at("C0", process, lambda: start(stage.api))
    async with stage.process():
        check = await start(stage.api)
        await browse(stage.api, await stage.control.complete(check.byted_token))
        await bound(stage, check)
    assert await stage.control.calls(START) == KILLS + 1


async def test_a_process_killed_whenever_it_takes_over_an_exchange_loses_no_actor(stages: list[Stage]) -> None:
    """C13, at its named point: the lease of a process that died is over, and the one that has just claimed it dies, too."""

    async def recover(stage: Stage) -> None:
        async with stage.process() as process:
            check = await start(stage.api)
            redirect = await stage.control.complete(check.byted_token)
            await stage.dies_at("C3", process, lambda: browse(stage.api, redirect))
        for _ in range(-(-KILLS // TOGETHER)):
            # Named before it is up: the lease may end while it starts.
            await stage.dies_at("C13", stage.launch(), lambda: asyncio.sleep(0))
        async with stage.process():
            await bound(stage, check)

    async with asyncio.TaskGroup() as together:
        for stage in stages:
            together.create_task(recover(stage))


async def test_a_process_killed_again_and_again_while_it_recovers_loses_no_actor(stages: list[Stage]) -> None:
    """C13: twenty times, within a moment of its start."""
    stage = stages[0]
    async with stage.process() as process:
        checks = [await start(stage.api) for _ in range(3)]
        redirects = [await stage.control.complete(check.byted_token) for check in checks]
        held = await stage.control.hold(EXCHANGE)
        for redirect in redirects:
            await browse(stage.api, redirect)
        await held.wait(1)
        await stage.killed(process)
        await held.release()
    for _ in range(KILLS):
        async with stage.process() as process:
            await stage.killed(process)
    async with stage.process():
        for check in checks:
            await bound(stage, check)


@on_postgres
@pytest.mark.parametrize("policy", POLICIES)
async def test_a_process_that_freezes_with_an_answer_in_its_hands_binds_nobody_to_another_group(
    stage: Stage, policy: str
) -> None:
    """SIGSTOP while Ark's answer is on its way; another process takes over; then the frozen one wakes."""
    await stage.control.settings(token_policy=policy)
    async with stage.process() as frozen:
        check = await start(stage.api)
        redirect = await stage.control.complete(check.byted_token)
        held = await stage.control.hold(EXCHANGE, times=1, after=True)
        await browse(stage.api, redirect)
        await held.wait()
        frozen.process.send_signal(signal.SIGSTOP)
        try:
            async with stage.process(port=free_port()):
                await held.release()
                await bound(stage, check)
        finally:
            frozen.process.send_signal(signal.SIGCONT)
        async with stage.process(port=free_port()):
            # What the woken process writes, it writes by now.
            await asyncio.sleep(2)
            await bound(stage, check)
