"""What a database holds, as bytes, to look for what must not be in it."""

from pathlib import Path

import asyncpg

from stagedoor.db.tables import metadata


async def stored_bytes(database_url: str) -> bytes:
    """Return the SQLite file with its WAL, or the value of every text and bytea column of PostgreSQL."""
    if database_url.startswith("sqlite"):
        path = Path(database_url.removeprefix("sqlite:///"))
        return b"\0".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))
    connection = await asyncpg.connect(database_url)
    try:
        rows = [row for table in metadata.sorted_tables for row in await connection.fetch(f"SELECT * FROM {table}")]
    finally:
        await connection.close()
    values = [value for row in rows for value in row.values()]
    return b"\0".join(value if isinstance(value, bytes) else str(value).encode() for value in values)
