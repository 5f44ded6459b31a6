"""The job of an import: each time it is taken it does a small piece, so that a stop or a crash undoes little.

First the items get rows of their own, a hundred in a transaction. Then a few are made at a time, each as ⑥ makes one, in places
that people's own calls leave free. Then their assets are waited for, which other jobs look after. The last piece tells the end.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import msgspec

from stagedoor.channels.book import ChannelBook
from stagedoor.contract.imports import ImportItem
from stagedoor.crash import crash_point
from stagedoor.db.database import Tx
from stagedoor.errors import StagedoorError
from stagedoor.events.store import emit
from stagedoor.imports.item import find_out, make_item, print_error
from stagedoor.imports.store import (
    ENDS,
    Import,
    Item,
    Settled,
    add_items,
    count_items,
    find_import,
    list_items,
    list_settled,
    mark_ended,
    mark_finished,
    wipe_source,
)
from stagedoor.jobs.runner import Again, Taken, back_off
from stagedoor.runtime import Runtime
from stagedoor.sealed import IMPORT_SOURCE, IMPORT_URL

ROWS_AT_ONCE = 100
MADE_AT_ONCE = 8
LOOKED_FOR_AT_ONCE = 8
LOOK_AGAIN = timedelta(seconds=1)


async def carry_on(rt: Runtime, book: ChannelBook, taken: Taken) -> Again | None:
    """Do the next piece of an import."""
    tenant_id, import_id = taken.job.tenant_id or "", taken.job.key
    whole = await rt.db.read(lambda tx: find_import(tx, tenant_id, import_id))
    if whole is None or whole.finished_at is not None:
        return None
    if whole.source is not None:
        await _lay_out(rt, whole, whole.source)
    if whole.cancelled_at is not None:
        await _cancel(rt, whole)
    await _settle(rt, whole)
    unknown = await _find_out(rt, book, whole)
    pending = await rt.db.read(
        lambda tx: list_items(tx, tenant_id, import_id, after=0, at_most=MADE_AT_ONCE, state="Pending")
    )
    if pending:
        return await _make(rt, book, taken, whole, pending)
    if unknown or not await _finish(rt, taken, whole):
        return Again(rt.clock.now() + LOOK_AGAIN)
    return None


async def _lay_out(rt: Runtime, whole: Import, source: bytes) -> None:
    """Give each item a row. Safe to repeat."""
    given = msgspec.json.decode(rt.vault.open_bytes(IMPORT_SOURCE.place(whole.id), source), type=list[ImportItem])
    for begin in range(0, len(given), ROWS_AT_ONCE):
        some = given[begin : begin + ROWS_AT_ONCE]
        rows = [_row(rt, whole, number, item) for number, item in enumerate(some, begin + 1)]
        await rt.db.write(partial(add_items, items=rows))
        crash_point("I0")
    await rt.db.write(lambda tx: wipe_source(tx, whole.id))


def _row(rt: Runtime, whole: Import, number: int, item: ImportItem) -> Item:
    return Item(
        import_id=whole.id,
        number=number,
        tenant_id=whole.tenant_id,
        group_id=item.GroupId or "",
        asset_type=item.AssetType,
        name=item.Name or "",
        url=rt.vault.seal(IMPORT_URL.place(whole.id, number), item.URL),
        state="Pending",
    )


async def _cancel(rt: Runtime, whole: Import) -> None:
    """End the items that nothing was done about yet."""

    async def work(tx: Tx) -> int:
        waiting = await list_items(tx, whole.tenant_id, whole.id, after=0, at_most=ROWS_AT_ONCE, state="Pending")
        await mark_ended(tx, whole.id, [item.number for item in waiting], "Cancelled")
        return len(waiting)

    while await rt.db.write(work):
        pass


async def _settle(rt: Runtime, whole: Import) -> None:
    """Let items say what has become of their assets."""
    while settled := await rt.db.read(lambda tx: list_settled(tx, whole.id, at_most=ROWS_AT_ONCE)):
        await rt.db.write(partial(_write_settled, whole=whole, settled=settled))


async def _write_settled(tx: Tx, whole: Import, settled: Sequence[Settled]) -> None:
    active = [one.number for one in settled if one.status == "Active"]
    await mark_ended(tx, whole.id, active, "Active")
    for one in settled:
        if one.status is None:
            told = print_error("NotFound.asset_id", "The asset was deleted before it could be used.")
        else:
            told = print_error(one.error_code or "InternalError", one.error_message or "")
        if one.status != "Active":
            await mark_ended(tx, whole.id, [one.number], "Failed", told)


async def _find_out(rt: Runtime, book: ChannelBook, whole: Import) -> bool:
    """Look after items whose answer was lost, and tell whether there still are any."""
    under_way = await rt.db.read(
        lambda tx: list_items(tx, whole.tenant_id, whole.id, after=0, at_most=LOOKED_FOR_AT_ONCE, state="Creating")
    )
    return not all([await find_out(rt, book, item) for item in under_way])


async def _make(rt: Runtime, book: ChannelBook, taken: Taken, whole: Import, pending: Sequence[Item]) -> Again:
    making = (make_item(rt, book, whole, item) for item in pending)
    # All come to their end, whatever befalls one of them.
    troubles = await asyncio.gather(*making, return_exceptions=True)
    now, in_the_way = rt.clock.now(), [trouble for trouble in troubles if isinstance(trouble, StagedoorError)]
    for trouble in troubles:
        if trouble is not None and not isinstance(trouble, StagedoorError):
            raise trouble
    if not in_the_way:
        return Again(now)
    pause = max(back_off(taken.job.failures), *(trouble.retry_after or timedelta() for trouble in in_the_way))
    return Again(now + pause, error=in_the_way[0].full_code)


async def _finish(rt: Runtime, taken: Taken, whole: Import) -> bool:
    """Tell the end of an import, if it has come."""

    async def work(tx: Tx) -> bool:
        counts = (await count_items(tx, [whole.id]))[whole.id]
        ended = {state: counts.get(state, 0) for state in ENDS}
        if sum(ended.values()) < whole.total:
            return False
        now = rt.clock.now()
        await taken.finish(tx)
        await mark_finished(tx, whole.id, now)
        data = {state.lower(): n for state, n in ended.items()}
        await emit(tx, whole.tenant_id, "import.completed", whole.id, data, event_id=rt.new_id("evt"), now=now)
        return True

    return await rt.db.write(work)
