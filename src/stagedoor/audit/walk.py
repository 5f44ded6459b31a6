"""A chain from one end to the other: every entry, and behind the entry it is about, every checkpoint."""

from collections.abc import AsyncIterator

from stagedoor.audit.store import Checkpoint, Sealed, list_checkpoints, list_sealed
from stagedoor.db.database import Tx
from stagedoor.runtime import Runtime

AT_ONCE = 500
LAST = 2**62
"""Behind every number that a chain will reach."""


async def walk(rt: Runtime, tenant_id: str, *, until: int = LAST) -> AsyncIterator[Sealed | Checkpoint]:
    """Yield what a chain holds up to a number, in small reads; a checkpoint that is about no entry comes where it would be."""
    after = 0
    while True:
        entries, checkpoints = await _read(rt, tenant_id, after)
        last = entries[-1].seq if len(entries) == AT_ONCE else LAST
        both: list[Sealed | Checkpoint] = [*entries, *checkpoints]
        for one in sorted(both, key=_place):
            if one.seq <= min(last, until):
                yield one
        if last >= min(LAST, until):
            return
        after = last


async def _read(rt: Runtime, tenant_id: str, after: int) -> tuple[list[Sealed], list[Checkpoint]]:
    async def work(tx: Tx) -> tuple[list[Sealed], list[Checkpoint]]:
        entries = await list_sealed(tx, tenant_id, after=after, at_most=AT_ONCE)
        # As many: there is at most one for each entry.
        return entries, await list_checkpoints(tx, tenant_id, after=after, at_most=AT_ONCE)

    return await rt.db.read(work, heavy=True)


def _place(one: Sealed | Checkpoint) -> tuple[int, bool]:
    return one.seq, isinstance(one, Checkpoint)
