"""Sealed values as they lie in the database, so that a secret key can be tried on them."""

from functools import cache
from typing import Any

import msgspec

from stagedoor.db.database import Tx
from stagedoor.sealed import SealedColumn

LOOKED_AT = 1_000
"""Rows of a table among which sealed values are looked for: a wrong key opens none of them."""


@cache
def select_sealed(column: SealedColumn) -> str:
    """Return the query for what names the row, and the value, of those of the last ``:looked_at`` rows that have one."""
    row = ", ".join(column.row)
    latest = (
        f"SELECT {row}, {column.column} FROM {column.table} WHERE {column.row[0]} IS NOT NULL"
        f" ORDER BY {', '.join(f'{name} DESC' for name in column.row)} LIMIT :looked_at"
    )
    return f"SELECT {row}, {column.column} AS sealed FROM ({latest}) AS latest WHERE {column.column} IS NOT NULL"


@cache
def _row_of(column: SealedColumn) -> type[msgspec.Struct]:
    return msgspec.defstruct("SealedRow", [*((name, Any) for name in column.row), ("sealed", bytes)])


async def list_sealed(tx: Tx, column: SealedColumn) -> list[tuple[str, bytes]]:
    """Return values of a column with the places they are sealed for."""
    rows = await tx.list(_row_of(column), select_sealed(column), looked_at=LOOKED_AT)
    found = (msgspec.structs.astuple(row) for row in rows)
    return [(column.place(*row), sealed) for *row, sealed in found]
