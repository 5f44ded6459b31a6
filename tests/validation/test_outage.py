"""Ark is away for a minute: everybody whose token lives has their group afterwards."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway
from tests.support.validation import EXCHANGE, advance, browse, exchange, on_sqlite, start, until

PEOPLE = 500
AT_ONCE = 25
Given = TypeVar("Given")
Got = TypeVar("Got")


async def for_all(given: Sequence[Given], work: Callable[[Given], Awaitable[Got]]) -> list[Got]:
    """Do something for everybody, some at once, and return what came of it."""
    got: list[Got] = []
    for begin in range(0, len(given), AT_ONCE):
        got += await asyncio.gather(*(work(one) for one in given[begin : begin + AT_ONCE]))
    return got


@on_sqlite
async def test_five_hundred_people_who_passed_during_an_outage_get_their_groups_when_it_is_over(
    gateway: RunningGateway, api: Api, control: EmulatorControl
) -> None:
    checks = await for_all(range(PEOPLE), lambda _: start(api))
    await control.fault("error", EXCHANGE, times=0, status=500, name="away")
    redirects = await for_all(checks, lambda check: control.complete(check.byted_token))
    came_back = await for_all(redirects, lambda redirect: browse(api, redirect))
    assert {answer.status for answer in came_back} == {303}

    for status in (502, 503, 504):
        advance(gateway.clock, seconds=20)
        await asyncio.sleep(0.5)
        await control.ask("DELETE", "faults?name=away")
        await control.fault("error", EXCHANGE, times=0, status=status, name="away")
    assert await groups_of(gateway) == 0
    await control.ask("DELETE", "faults?name=away")

    async def everybody_has_one() -> bool:
        advance(gateway.clock, seconds=1)
        return await groups_of(gateway) == PEOPLE

    await until(everybody_has_one)
    answers = await for_all(checks, lambda check: exchange(api, check))
    assert len({answer.result["GroupId"] for answer in answers}) == PEOPLE


async def groups_of(gateway: RunningGateway) -> int:
    sql = "SELECT count(*) FROM validation_sessions WHERE state = 'exchanged'"
    return await gateway.read(lambda tx: tx.number(sql))
