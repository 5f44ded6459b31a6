"""Events made by hand."""

import asyncio

from stagedoor.db.database import Tx
from stagedoor.events.store import emit, find_event
from stagedoor.runtime import Runtime
from tests.support.gateway import RunningGateway
from tests.support.story import eventually


async def happen(
    rt: Runtime, tenant_id: str, object_id: str = "group-1", name: str = "group.created", *, seen: bool = True
) -> str:
    """Write an event in a transaction of its own and return its id, as a rule when readers can see it.

    On PostgreSQL that is when no older transaction of this database is running any more.
    """
    event_id, now = rt.new_id("evt"), rt.clock.now()

    async def work(tx: Tx) -> None:
        await emit(tx, tenant_id, name, object_id, {}, event_id=event_id, now=now)

    await rt.db.write(work)
    while True:
        if not seen or await rt.db.read(lambda tx: find_event(tx, tenant_id, event_id)) is not None:
            return event_id
        await asyncio.sleep(0.01)


async def shown(gateway: RunningGateway) -> None:
    """Return when readers can see every event that has been written; see ``happen``."""

    async def nothing_waits() -> bool:
        return not await gateway.rt.db.read(_held_back)

    await eventually(nothing_waits, seconds=30)
    await gateway.sees()


async def _held_back(tx: Tx) -> int:
    return await tx.number(f"SELECT count(*) FROM events WHERE written_in >= {tx.first_unfinished_transaction}")
