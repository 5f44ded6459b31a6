"""A bulk import, its items, and their SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from stagedoor.contract.fields import AssetStatus, AssetType
from stagedoor.db.database import Tx
from stagedoor.db.pages import Order, Place, Selection, page_query
from stagedoor.db.rows import columns, in_list
from stagedoor.errors import NotFound

IMPORT = "import"
"""The kind of the job that carries an import on; its key is the import's id."""

ItemState = Literal["Pending", "Creating", "Processing", "Active", "Failed", "Cancelled"]
OPEN: tuple[ItemState, ...] = ("Pending", "Creating", "Processing")
ENDS: tuple[ItemState, ...] = ("Active", "Failed", "Cancelled")
STATES = OPEN + ENDS


class Import(msgspec.Struct, frozen=True):
    """Many uploads that were handed over at once. ``source`` holds its items until each has a row of its own."""

    id: str
    tenant_id: str
    key_id: str
    model: str
    key_hash: bytes | None
    body_hash: bytes
    total: int
    source: bytes | None
    created_at: datetime
    cancelled_at: datetime | None
    finished_at: datetime | None


class ListedImport(msgspec.Struct, frozen=True):
    """What lists say of an import, and its place in the list it was read for."""

    id: str
    total: int
    created_at: datetime
    cancelled_at: datetime | None
    finished_at: datetime | None
    sort_value: int | str


class Item(msgspec.Struct, frozen=True):
    """One upload of an import. ``mark`` goes over with the name, so that it is found again when its answer is lost."""

    import_id: str
    number: int
    tenant_id: str
    group_id: str
    asset_type: AssetType
    name: str
    url: bytes | None
    state: ItemState
    tries: int = 0
    mark: str | None = None
    asset_id: str | None = None
    error: str | None = None


async def add_import(tx: Tx, tenant_id: str, new: Import) -> Import:
    """Record an import, and return it, or the one that had its Idempotency-Key before."""
    added = await tx.execute(
        f"INSERT INTO imports ({columns(Import)}) VALUES (:id, :tenant_id, :key_id, :model, :key_hash, :body_hash,"
        " :total, :source, :created_at, :cancelled_at, :finished_at) ON CONFLICT (tenant_id, key_hash) DO NOTHING",
        **{**msgspec.structs.asdict(new), "tenant_id": tenant_id},
    )
    if added:
        return new
    sql = f"SELECT {columns(Import)} FROM imports WHERE tenant_id = :tenant_id AND key_hash = :key_hash"
    return await tx.find(Import, sql, tenant_id=tenant_id, key_hash=new.key_hash) or new


async def find_import(tx: Tx, tenant_id: str, import_id: str) -> Import | None:
    sql = f"SELECT {columns(Import)} FROM imports WHERE id = :id AND tenant_id = :tenant_id"
    return await tx.find(Import, sql, id=import_id, tenant_id=tenant_id)


async def get_import(tx: Tx, tenant_id: str, import_id: str) -> Import:
    """Return an import of the tenant.

    Raises:
        NotFound: the tenant has no such import; another tenant's looks the same.

    """
    found = await find_import(tx, tenant_id, import_id)
    if found is None:
        raise NotFound(f"The specified import {import_id} is not found.", field="import_id")
    return found


async def list_imports(
    tx: Tx, selection: Selection, order: Order, *, limit: int, offset: int, after: Place | None
) -> list[ListedImport]:
    sql, params = page_query(ListedImport, selection, order, limit=limit, offset=offset, after=after, merges=tx.merges)
    return await tx.list(ListedImport, sql, **params)


async def count_imports(tx: Tx, tenant_id: str) -> int:
    return await tx.number("SELECT count(*) FROM imports WHERE tenant_id = :tenant_id", tenant_id=tenant_id)


async def add_items(tx: Tx, items: Sequence[Item]) -> None:
    """Write items down; those that are there stay as they are."""
    for item in items:
        await tx.execute(
            f"INSERT INTO import_items ({columns(Item)}) VALUES (:import_id, :number, :tenant_id, :group_id, :asset_type,"
            " :name, :url, :state, :tries, :mark, :asset_id, :error) ON CONFLICT (import_id, number) DO NOTHING",
            **msgspec.structs.asdict(item),
        )


async def wipe_source(tx: Tx, import_id: str) -> None:
    """Forget what the items were made of: each has its row."""
    await tx.execute("UPDATE imports SET source = NULL WHERE id = :id", id=import_id)


async def mark_cancelled(tx: Tx, tenant_id: str, import_id: str, now: datetime) -> bool:
    """Begin nothing of an import any more, and tell whether there was something to stop."""
    changed = await tx.execute(
        "UPDATE imports SET cancelled_at = :now WHERE id = :id AND tenant_id = :tenant_id"
        " AND cancelled_at IS NULL AND finished_at IS NULL",
        id=import_id,
        tenant_id=tenant_id,
        now=now,
    )
    return changed == 1


async def mark_finished(tx: Tx, import_id: str, now: datetime) -> None:
    await tx.execute("UPDATE imports SET finished_at = :now WHERE id = :id", id=import_id, now=now)


async def list_items(
    tx: Tx, tenant_id: str, import_id: str, *, after: int, at_most: int, state: str | None = None
) -> list[Item]:
    """Return the items behind a number, in their order; of one state, or of all."""
    where = "import_id = :import_id AND tenant_id = :tenant_id AND number > :after"
    params: dict[str, str | int] = {"import_id": import_id, "tenant_id": tenant_id, "after": after, "at_most": at_most}
    if state is not None:
        where, params["state"] = f"{where} AND state = :state", state
    return await tx.list(
        Item, f"SELECT {columns(Item)} FROM import_items WHERE {where} ORDER BY number LIMIT :at_most", **params
    )


class _StateCount(msgspec.Struct, frozen=True):
    import_id: str
    state: ItemState
    n: int


Counts = Mapping[ItemState, int]
"""How many items are in each state, those in none left out."""


async def count_items(tx: Tx, import_ids: Sequence[str]) -> Mapping[str, Counts]:
    """Return how many items of each import are in each state."""
    counted: dict[str, dict[ItemState, int]] = {import_id: {} for import_id in import_ids}
    if import_ids:
        listed, params = in_list("id", import_ids)
        sql = (
            f"SELECT import_id, state, count(*) AS n FROM import_items WHERE import_id IN {listed}"
            " GROUP BY import_id, state"
        )
        for row in await tx.list(_StateCount, sql, **params):
            counted[row.import_id][row.state] = row.n
    return counted


class Settled(msgspec.Struct, frozen=True):
    """An item whose asset is Processing no more; without a status there is no such asset any more."""

    number: int
    status: AssetStatus | None
    error_code: str | None
    error_message: str | None


async def list_settled(tx: Tx, import_id: str, *, at_most: int) -> list[Settled]:
    """Return items whose asset's state is final, which they do not say yet."""
    return await tx.list(
        Settled,
        "SELECT item.number AS number, asset.status AS status, asset.error_code AS error_code,"
        " asset.error_message AS error_message FROM import_items AS item LEFT JOIN assets AS asset"
        " ON asset.id = item.asset_id AND asset.tenant_id = item.tenant_id WHERE item.import_id = :import_id"
        " AND item.state = 'Processing' AND (asset.status IS NULL OR asset.status <> 'Processing')"
        " ORDER BY item.number LIMIT :at_most",
        import_id=import_id,
        at_most=at_most,
    )


async def mark_creating(tx: Tx, item: Item, mark: str) -> bool:
    """Note that the library is about to be asked for an item under this mark, unless it may not be any more."""
    changed = await tx.execute(
        "UPDATE import_items SET state = 'Creating', mark = :mark WHERE import_id = :import_id AND number = :number"
        " AND state = 'Pending' AND EXISTS (SELECT 1 FROM imports WHERE id = :import_id AND cancelled_at IS NULL)",
        import_id=item.import_id,
        number=item.number,
        mark=mark,
    )
    return changed == 1


async def mark_made(tx: Tx, item: Item, mark: str, asset_id: str) -> None:
    """Note which asset an item has become; its address is needed no more."""
    await tx.execute(
        "UPDATE import_items SET state = 'Processing', asset_id = :asset_id, url = NULL"
        " WHERE import_id = :import_id AND number = :number AND state = 'Creating' AND mark = :mark",
        import_id=item.import_id,
        number=item.number,
        mark=mark,
        asset_id=asset_id,
    )


async def mark_pending(tx: Tx, item: Item, *, tries: int) -> None:
    """Put an item back whose asset was surely not made."""
    await tx.execute(
        "UPDATE import_items SET state = 'Pending', mark = NULL, tries = :tries"
        " WHERE import_id = :import_id AND number = :number AND state = 'Creating'",
        import_id=item.import_id,
        number=item.number,
        tries=tries,
    )


async def mark_ended(
    tx: Tx, import_id: str, numbers: Sequence[int], state: ItemState, error: str | None = None
) -> None:
    """Note that items have come to their end, in a state and with an error that they share; nothing else ends them once more."""
    if not numbers:
        return
    listed, params = in_list("number", numbers)
    still, states = in_list("state", OPEN)
    await tx.execute(
        "UPDATE import_items SET state = :ended, error = :error, url = NULL, mark = NULL"
        f" WHERE import_id = :import_id AND number IN {listed} AND state IN {still}",
        import_id=import_id,
        ended=state,
        error=error,
        **params,
        **states,
    )


async def forget_group_items(tx: Tx, tenant_id: str, group_id: str) -> None:
    """Wipe what items say of a group whose consent was taken back."""
    await tx.execute(
        "UPDATE import_items SET name = '', url = NULL WHERE tenant_id = :tenant_id AND group_id = :group_id",
        tenant_id=tenant_id,
        group_id=group_id,
    )


class _Ended(msgspec.Struct, frozen=True):
    id: str


async def remove_old_imports(tx: Tx, *, before: datetime, at_most: int) -> int:
    """Remove some items of the imports that came to their end before then, and those that have none left; return how many rows."""
    old = await tx.list(
        _Ended,
        f"SELECT id FROM imports WHERE finished_at < :before ORDER BY finished_at LIMIT 1{tx.skip_locked}",
        before=before,
    )
    if not old:
        return 0
    removed = await tx.execute(
        "DELETE FROM import_items WHERE import_id = :import_id AND number IN"
        " (SELECT number FROM import_items WHERE import_id = :import_id ORDER BY number LIMIT :at_most)",
        import_id=old[0].id,
        at_most=at_most,
    )
    if not removed:
        removed = await tx.execute("DELETE FROM imports WHERE id = :import_id", import_id=old[0].id)
    return removed
