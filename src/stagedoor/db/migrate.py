"""Bringing the schema up to date. Alembic and SQLAlchemy are loaded only here, never while serving."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

MIGRATIONS = Path(__file__).parent / "migrations"
# Numbers of transactions belong to a server: what was restored from another one's dump may be numbered from its future,
# where nobody would see it. Then the order of the rows counts for all that is there.
_NUMBER_EVENTS_ANEW = """
UPDATE events SET written_in = 0 WHERE written_in > 0 AND EXISTS (
  SELECT 1 FROM events WHERE written_in >= CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)
)
"""


def migrate(url: str) -> str:
    """Bring the database to the newest schema and return the revision it now has.

    Args:
        url: ``sqlite:///path`` or ``postgresql://…``.

    """
    _on_connection(url, _upgrade)
    return head()


def revision(url: str) -> str | None:
    """Return the revision the database has; None when it is empty."""
    found: list[str | None] = []
    _on_connection(url, lambda connection: found.append(MigrationContext.configure(connection).get_current_revision()))
    return found[0]


def head() -> str:
    """Return the newest revision there is."""
    newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    if newest is None:
        raise RuntimeError("There are no migrations.")
    return newest


def alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    command.upgrade(alembic_config(connection), "head")
    if connection.dialect.name == "postgresql":
        connection.execute(text(_NUMBER_EVENTS_ANEW))


def _on_connection(url: str, work: Callable[[Connection], None]) -> None:
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = _sqlite_engine(url)
        with engine.begin() as connection:
            work(connection)
        engine.dispose()
    else:
        asyncio.run(_on_postgres(url, work))


def _sqlite_engine(url: str) -> Engine:
    """Return an engine whose transactions hold changes of the schema as well: Python's driver would begin none for them."""
    engine = create_engine(url, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def leave_transactions_to_us(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


async def _on_postgres(url: str, work: Callable[[Connection], None]) -> None:
    scheme, rest = url.split("://", 1)
    engine = create_async_engine(f"{scheme.split('+')[0]}+asyncpg://{rest}", poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(work)
    finally:
        await engine.dispose()
