"""Many assets at once: copies of one asset that the gateway made itself, written straight into the database.

The copies are what the gateway would have written: every column is the template's except the id, the name, the times and the
sealed address; every counter that counted the template counts the copies. Of very many in SQLite most are made by SQLite itself,
which cannot seal: those that will be read get their address afterwards.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import msgspec

from stagedoor.crypto import Vault
from stagedoor.db.counters import add_to_counters
from stagedoor.db.database import Database, Tx
from stagedoor.db.open import open_database
from stagedoor.db.tables.library import assets

BATCH = 5_000
ONE_BY_ONE = 200_000
SERIES = 100_000
SAMPLES = 200

_COLUMNS = tuple(str(column.name) for column in assets.columns)
_Row = msgspec.defstruct("_Row", [(name, Any) for name in _COLUMNS], frozen=True)
_LISTED = ", ".join(_COLUMNS)
_COPY = "printf('asset-20260101000000-%07x', n)"
_SERIES_OF = {
    "id": _COPY,
    "name": "'copy ' || n",
    "name_folded": "'copy ' || n",
    "shown": f"CAST(replace(CAST(template.shown AS TEXT), :id, {_COPY}) AS BLOB)",
    "created_at": "template.created_at - (n + 1) * 1000",
    "updated_at": "template.updated_at - (n + 1) * 1000",
}
_INSERT = f"INSERT INTO assets ({_LISTED}) VALUES ({', '.join(f':{name}' for name in _COLUMNS)})"


_ADD_SERIES = f"""
WITH RECURSIVE numbers (n) AS (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :last)
INSERT INTO assets ({_LISTED}) SELECT {", ".join(_SERIES_OF.get(name, f"template.{name}") for name in _COLUMNS)}
FROM numbers, assets AS template WHERE template.id = :id
"""


class _Counter(msgspec.Struct, frozen=True):
    name: str
    n: int


def counters(database_url: str, tenant_id: str) -> dict[str, int]:
    """Return a tenant's counters by name."""

    async def read() -> dict[str, int]:
        db = await open_database(database_url)
        try:
            return await db.read(lambda tx: _counters(tx, tenant_id))
        finally:
            await db.close()

    return asyncio.run(read())


def multiply(
    database_url: str, vault: Vault, asset_id: str, count: int, *, counters_before: Mapping[str, int]
) -> list[str]:
    """Add ``count`` copies of an asset, each a millisecond older than the one before.

    Args:
        database_url: of a database no other process is writing to.
        vault: seals each copy's address for its own row.
        asset_id: the template.
        count: how many copies.
        counters_before: the tenant's counters as they were before the template was made.

    Returns:
        Up to 200 ids, spread evenly over the copies.

    """
    return asyncio.run(_multiply(database_url, vault, asset_id, count, counters_before))


async def _multiply(
    database_url: str, vault: Vault, asset_id: str, count: int, counters_before: Mapping[str, int]
) -> list[str]:
    db = await open_database(database_url)
    try:
        template = await db.read(lambda tx: _get_row(tx, asset_id))
        url = None if template["url"] is None else vault.open(_url_place(asset_id), template["url"])
        one_by_one = count if database_url.startswith("postgresql") else min(count, ONE_BY_ONE)
        for first in range(0, one_by_one, BATCH):
            await _add_batch(db, vault, template, url, range(first, min(first + BATCH, one_by_one)))
        for first in range(one_by_one, count, SERIES):
            await _add_series(db, asset_id, range(first, min(first + SERIES, count)))
        samples = range(0, count, max(1, count // SAMPLES))[:SAMPLES]
        if url is not None:
            await _seal(db, vault, url, [number for number in samples if number >= one_by_one])
        await db.write(lambda tx: _raise_counters(tx, str(template["tenant_id"]), counters_before, count))
    finally:
        await db.close()
    if database_url.startswith("postgresql"):
        await _analyze(database_url)
    return [_copy_id(number) for number in samples]


async def _analyze(database_url: str) -> None:
    """Do what autovacuum would do within a minute."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


async def _add_batch(db: Database, vault: Vault, template: dict[str, Any], url: str | None, numbers: range) -> None:
    async def add(tx: Tx) -> None:
        for number in numbers:
            await tx.execute(_INSERT, **_copy(vault, template, url, number))

    await db.write(add)


async def _add_series(db: Database, asset_id: str, numbers: range) -> None:
    first, last = numbers.start, numbers.stop
    await db.write(lambda tx: tx.execute(_ADD_SERIES, id=asset_id, first=first, last=last))


async def _seal(db: Database, vault: Vault, url: str, numbers: Sequence[int]) -> None:
    async def seal(tx: Tx) -> None:
        for number in numbers:
            copy_id = _copy_id(number)
            sealed = vault.seal(_url_place(copy_id), url)
            await tx.execute("UPDATE assets SET url = :url WHERE id = :id", url=sealed, id=copy_id)

    await db.write(seal)


def _copy(vault: Vault, template: dict[str, Any], url: str | None, number: int) -> dict[str, Any]:
    copy_id, age = _copy_id(number), (number + 1) * 1000
    return {
        **template,
        "id": copy_id,
        "name": f"copy {number}",
        "name_folded": f"copy {number}",
        "shown": template["shown"].replace(template["id"].encode(), copy_id.encode()),
        "url": None if url is None else vault.seal(_url_place(copy_id), url),
        "created_at": template["created_at"] - age,
        "updated_at": template["updated_at"] - age,
    }


def _copy_id(number: int) -> str:
    return f"asset-20260101000000-{number:07x}"


def _url_place(asset_id: str) -> str:
    return f"assets.url:{asset_id}"


async def _get_row(tx: Tx, asset_id: str) -> dict[str, Any]:
    row = await tx.find(_Row, f"SELECT {_LISTED} FROM assets WHERE id = :id", id=asset_id)
    if row is None:
        raise LookupError(f"The asset {asset_id} is not in the table.")
    return msgspec.structs.asdict(row)


async def _counters(tx: Tx, tenant_id: str) -> dict[str, int]:
    sql = "SELECT name, sum(n) AS n FROM counters WHERE tenant_id = :tenant_id GROUP BY name"
    rows = await tx.list(_Counter, sql, tenant_id=tenant_id)
    return {row.name: row.n for row in rows}


async def _raise_counters(tx: Tx, tenant_id: str, before: Mapping[str, int], count: int) -> None:
    now = await _counters(tx, tenant_id)
    await add_to_counters(tx, tenant_id, {name: count for name, n in now.items() if n == before.get(name, 0) + 1})
