"""Databases of the harness: a SQLite file in the work folder, or a PostgreSQL database dropped at the end."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

import asyncpg


def fresh_sqlite(work: Path) -> str:
    return f"sqlite:///{work / f'bench-{token_hex(4)}.db'}"


@contextmanager
def fresh_postgres(server_url: str) -> Iterator[str]:
    """Make a database on a PostgreSQL server and drop it when the block ends.

    Args:
        server_url: ``postgresql://…`` of any database there, as a user who may create databases.

    """
    name = f"stagedoor_bench_{token_hex(4)}"
    asyncio.run(_execute(server_url, f"CREATE DATABASE {name}"))
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        asyncio.run(_execute(server_url, f"DROP DATABASE {name} WITH (FORCE)"))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
