"""kill -9 at any moment, also while a process starts: who passed has their group or a named doubt, and nobody another's."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from tests.support.checker import check_bindings, rows
from tests.support.counts import times
from tests.support.gateway import Answer, Api
from tests.support.stage import GONE, KILLS, Stage, set_stage
from tests.support.validation import EXCHANGE, PAGE, START, browse, on_postgres, on_sqlite

pytestmark = pytest.mark.timeout(times(900, 7200))

POLICIES = ["reusable", "used_up_by_success", "burnt_by_any_query"]
ACTORS = 8
"""How many are at it at once, each one face check after another."""
LIVES = (0.2, 2.2)
"""Seconds that a process lives, from its start; it serves after less than one."""
BOUND_WITHIN = 60
FORGOTTEN = """
SELECT id FROM validation_sessions WHERE state = 'unknown'
AND id NOT IN (SELECT session_id FROM cases) AND id NOT IN (SELECT key FROM jobs WHERE kind = 'reconcile')
"""


class Actors:
    """People who do their face check whatever happens to the gateway: they reload what did not come."""

    def __init__(self, stage: Stage, api: Api) -> None:
        self._stage = stage
        self._api = api

    async def go_on(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._one()

    async def _one(self) -> None:
        started = await self._insist(lambda: self._api.call(START, CallbackURL=PAGE), 200)
        byted_token = started.result["BytedToken"]
        redirect = await self._stage.control.complete(byted_token)
        await self._insist(lambda: browse(self._api, redirect), 303)
        answer = await self._insist(
            lambda: self._api.call(EXCHANGE, BytedToken=byted_token), 200, or_code="ExchangeUnknown"
        )
        if answer.status == 200:
            self._stage.given[byted_token] = answer.result["GroupId"]
        else:
            self._stage.unknown.add(byted_token)

    async def _insist(self, work: Callable[[], Awaitable[Answer]], status: int, *, or_code: str = "") -> Answer:
        while True:
            try:
                answer = await work()
            except GONE:
                await asyncio.sleep(0.05)
                continue
            if answer.status == status or (or_code and answer.code == or_code):
                return answer
            assert answer.status != 500, answer
            await asyncio.sleep(0.2)


async def kill_at_random(stage: Stage, times: int) -> None:
    chance = random.Random()
    for _ in range(times):
        process = stage.launch()
        await asyncio.sleep(chance.uniform(*LIVES))
        await stage.killed(process)


async def kill_while_actors_are_at_it(stage: Stage, times: int) -> None:
    async with aiohttp.ClientSession(auto_decompress=False) as http:
        actors = Actors(stage, stage.client(http))
        stop = asyncio.Event()
        at_it = [asyncio.create_task(actors.go_on(stop)) for _ in range(ACTORS)]
        await kill_at_random(stage, times)
        stop.set()
        async with stage.process(), asyncio.timeout(BOUND_WITHIN):
            await asyncio.gather(*at_it)
    assert len(stage.given) + len(stage.unknown) >= ACTORS


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with set_stage(database_url, tmp_path) as made:
        yield made
        await check_bindings(tmp_path / "emulator", database_url, made.given, made.unknown)
        assert await rows(database_url, FORGOTTEN) == [], "an answer was lost, and nobody looks for it"


@on_sqlite
@pytest.mark.parametrize("policy", POLICIES)
async def test_a_process_killed_at_random_moments_loses_no_actor(stage: Stage, policy: str) -> None:
    await stage.control.settings(token_policy=policy)
    await kill_while_actors_are_at_it(stage, times(-(-KILLS // len(POLICIES)), 170))
    assert policy != "reusable" or not stage.unknown


@on_postgres
async def test_on_postgresql_a_process_killed_at_random_moments_loses_no_actor(stage: Stage) -> None:
    await stage.control.settings(token_policy="used_up_by_success")
    await kill_while_actors_are_at_it(stage, -(-KILLS // 5))
