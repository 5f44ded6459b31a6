"""Bringing the schema up to date. Alembic and SQLAlchemy are loaded only here, never while serving."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from stagedoor.db.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
# Numbers of transactions belong to a server: what was restored from another one's dump may be numbered from its future,
# where nobody would see it. Then the order of the rows counts for all that is there.
_NUMBER_ANEW = """
UPDATE {table} SET written_in = 0 WHERE written_in > 0 AND EXISTS (
  SELECT 1 FROM {table} WHERE written_in >= CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)
)
"""
_NUMBERED = ("events", "audit_inbox")
# Whoever comes second waits, and finds nothing to do. The number is "stagedoor" in a form nobody else chooses.
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(8319104478926008178)"
# A change of a table waits for every transaction on it, and everybody else waits behind the change: better to try again.
_WAIT_FOR_LOCKS = "SET LOCAL lock_timeout = '2s'"
LOCK_NOT_AVAILABLE = "55P03"
TRIES = 10
PAUSE_SECONDS = 1.0


def migrate(url: str, migrations: Path = MIGRATIONS) -> str:
    """Bring the database to the newest schema and return the revision it now has.

    It may be served meanwhile: what is in the way is waited for briefly, and again.

    Args:
        url: ``sqlite:///path`` or ``postgresql://…``.
        migrations: those of another version, for tests.

    """
    for left in reversed(range(TRIES)):
        try:
            _on_connection(url, lambda connection: _upgrade(connection, migrations))
            break
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE or not left:
                raise
            time.sleep(PAUSE_SECONDS)
    return head(migrations)


def revision(url: str) -> str | None:
    """Return the revision the database has; None when it is empty."""
    found: list[str | None] = []
    _on_connection(url, lambda connection: found.append(MigrationContext.configure(connection).get_current_revision()))
    return found[0]


def head(migrations: Path = MIGRATIONS) -> str:
    """Return the newest revision there is."""
    newest = ScriptDirectory(str(migrations)).get_current_head()
    if newest is None:
        raise RuntimeError("There are no migrations.")
    return newest


def alembic_config(connection: Connection, migrations: Path = MIGRATIONS) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    return config


def find_misfits(url: str) -> list[str]:
    """Return where the schema is more than an addition to the one this version knows.

    That is a table or column that is gone, or a new column of a known table that must be filled.
    """
    found: list[str] = []

    def compare(connection: Connection) -> None:
        there = inspect(connection)
        for table in metadata.sorted_tables:
            if not there.has_table(table.name):
                found.append(table.name)
                continue
            columns = {column["name"]: column for column in there.get_columns(table.name)}
            found.extend(f"{table.name}.{column.name}" for column in table.columns if column.name not in columns)
            found.extend(
                f"{table.name}.{name}"
                for name, column in columns.items()
                if name not in table.columns and not column["nullable"] and column["default"] is None
            )

    _on_connection(url, compare)
    return found


def _upgrade(connection: Connection, migrations: Path) -> None:
    on_postgres = connection.dialect.name == "postgresql"
    if on_postgres:
        connection.execute(text(_ONE_AT_A_TIME))
        connection.execute(text(_WAIT_FOR_LOCKS))
    command.upgrade(alembic_config(connection, migrations), "head")
    if on_postgres:
        for table in _NUMBERED:
            connection.execute(text(_NUMBER_ANEW.format(table=table)))


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
