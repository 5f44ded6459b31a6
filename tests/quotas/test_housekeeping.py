"""Windows of limits that nobody uses any more go; no limit is the weaker for it."""

import asyncio
import time
from datetime import timedelta

import msgspec

from stagedoor.db.database import Database, Tx
from stagedoor.housekeeping import AT_ONCE, STEPS, forget_windows
from stagedoor.quotas.limits import Limit
from stagedoor.quotas.store import BEGINNING, encode_window, keep_window, remove_idle_windows
from stagedoor.quotas.window import Held, Report, Window
from stagedoor.quotas.windows import SharedWindows
from tests.quotas.conftest import ON_POSTGRES
from tests.support.gateway import RunningGateway

DAY = 86_400 * 1_000_000
LIMIT = Limit(2, timedelta(days=1))


class Row(msgspec.Struct, frozen=True):
    owner: str


def ago(days: float) -> int:
    return time.time_ns() // 1000 - int(days * DAY)


async def keep(db: Database, **windows: Window) -> None:
    async def work(tx: Tx) -> None:
        for owner, window in windows.items():
            await keep_window(tx, owner, "calls", encode_window(window))

    await db.write(work)


async def owners(db: Database) -> list[str]:
    rows = await db.read(lambda tx: tx.list(Row, "SELECT owner FROM quotas ORDER BY owner"))
    return [row.owner for row in rows]


async def test_a_window_goes_when_it_says_nothing_that_an_empty_one_would_not_say(gateway: RunningGateway) -> None:
    db = gateway.rt.db
    await keep(
        db,
        called_long_ago=Window(ended=[(ago(3), 2), (ago(1.1), 1)]),
        called_yesterday=Window(ended=[(ago(0.9), 1)]),
        closed=Window(closed_until=ago(0)),
        dealt=Window(dealt_at=ago(0.5)),
        died_long_ago=Window(held={"process": Held(1, ago(2))}),
        held=Window(held={"process": Held(1, ago(0))}),
        new=Window(),
    )
    walk = await forget_windows(gateway.rt, BEGINNING)
    assert (walk.place, walk.removed) == (BEGINNING, 3)
    assert await owners(db) == ["called_yesterday", "closed", "dealt", "held"]


async def test_one_round_takes_so_many_steps_and_the_next_goes_on_there(gateway: RunningGateway) -> None:
    db, count = gateway.rt.db, AT_ONCE * STEPS
    await keep(db, **{f"k{number:05}": Window(ended=[(ago(9 * (number % 2)), 1)]) for number in range(count + 50)})
    first = await forget_windows(gateway.rt, BEGINNING)
    assert (first.place, first.removed) == ((f"k{count - 1:05}", "calls"), count // 2)
    second = await forget_windows(gateway.rt, first.place)
    assert (second.place, second.removed) == (BEGINNING, 25)
    assert len(await owners(db)) == count // 2 + 25


@ON_POSTGRES
async def test_who_calls_while_a_window_goes_is_counted(gateway: RunningGateway) -> None:
    """Ten processes use the window while others remove it, again and again: never more calls than the limit."""
    db = gateway.rt.db
    for _ in range(10):
        await keep(db, key=Window(ended=[(ago(9), 1)]))
        shared = [SharedWindows(db) for _ in range(10)]
        report = [Report(f"process {number}", wanted=1) for number in range(10)]
        deals, _ = await asyncio.gather(
            asyncio.gather(*(one.ask("key", "calls", LIMIT, told) for one, told in zip(shared, report, strict=True))),
            asyncio.gather(*(db.write(lambda tx: remove_idle_windows(tx, BEGINNING, at_most=9)) for _ in range(5))),
        )
        assert sum(dealt.dealt for dealt in deals) == LIMIT.calls
