"""A database, and gates of several processes on it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from stagedoor.db.database import Database
from stagedoor.db.open import open_database
from stagedoor.quotas.gate import Gate
from stagedoor.quotas.limits import Limit

ON_POSTGRES = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
"""For what takes several processes: on SQLite there is one."""
PATIENT, IMPATIENT = timedelta(seconds=8), timedelta(seconds=0.05)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def new_gate(db: Database) -> AsyncIterator[Callable[[], Gate]]:
    """Yield what makes the gate of one more process."""
    made: list[Gate] = []

    def make() -> Gate:
        made.append(Gate(db))
        return made[-1]

    yield make
    for gate in made:
        await gate.close()


@pytest.fixture
def gate(new_gate: Callable[[], Gate]) -> Gate:
    return new_gate()


async def call(
    gate: Gate,
    limit: Limit,
    *,
    channel: str = "ch",
    action: str = "GetAsset",
    tenant: str = "tn",
    patience: timedelta = PATIENT,
    lasts: float = 0.0,
) -> float:
    """Make a call of that length and return when it began."""
    place = await gate.enter(channel, action, limit, patience, tenant)
    begun = asyncio.get_running_loop().time()
    if lasts:
        await asyncio.sleep(lasts)
    gate.leave(channel, action, place)
    return begun


def check(moments: list[float], limit: Limit) -> None:
    """Fail the test when more calls began in any period than the limit says."""
    moments = sorted(moments)
    for earlier, later in zip(moments, moments[limit.calls :], strict=False):
        assert later - earlier >= limit.period.total_seconds()
