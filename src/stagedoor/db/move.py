"""Moving an instance from its SQLite file to PostgreSQL: all of it, or nothing.

The file is locked, every table is copied in one transaction, read back and compared, and only then committed. Whoever is
interrupted begins again with a database that is as empty as before.

Events keep their ``written_in``, which is 0 on SQLite and so before every transaction that PostgreSQL will number: they are
seen at once, in the order of their rows, and everything new comes after them.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import asyncpg
import msgspec
from sqlalchemy import Table

from stagedoor.db.tables import metadata

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

CHUNK = 2_000
LOCK_SECONDS = 2
_ELSEWHERE = "Make a new database (`createdb`) and name that."
Row = tuple[object, ...]
Progress = Callable[[str, int, int], None]
"""Told of a table, how many of its rows are done, and how many there are; every row counts twice: copied, and compared."""


class MoveRefused(Exception):
    """What is there cannot be moved, or not to there; the message says what to do."""


class Moved(NamedTuple):
    """A table that is the same on both sides."""

    table: str
    rows: int
    sha256: str


def open_source(path: Path, revision: str) -> sqlite3.Connection:
    """Open the file for this connection alone, until it is closed.

    Raises:
        MoveRefused: there is no such file, it is served, or its schema is another revision's.

    """
    if not path.is_file():
        raise MoveRefused(f"There is no database {path}.")
    connection = sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None)
    try:
        # With this mode set before the first look, the lock keeps out whoever has the file open, and whoever comes.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if "locked" in str(error):
            raise MoveRefused(f"{path} is in use. Stop the gateway first.") from None
        raise MoveRefused(f"{path} is not a database of the gateway: {error}.") from None
    except sqlite3.DatabaseError as error:
        connection.close()
        raise MoveRefused(f"{path} cannot be read: {error}.") from None
    if found != (revision,):
        connection.close()
        raise MoveRefused(f"{path} has another schema. Run `stagedoor migrate` with it first.")
    return connection


async def check_target(url: str) -> None:
    """Refuse a database that holds something else.

    Raises:
        MoveRefused: it has tables that are not ours.

    """
    connection = await asyncpg.connect(url)
    try:
        foreign = await connection.fetchval(
            "SELECT min(tablename) FROM pg_tables WHERE schemaname = current_schema() AND tablename <> ALL($1::text[])",
            [*metadata.tables, "alembic_version"],
        )
    finally:
        await connection.close()
    if foreign is not None:
        raise MoveRefused(f"The PostgreSQL database is not empty: it has a table {foreign}. {_ELSEWHERE}")


async def move(source: sqlite3.Connection, url: str, progress: Progress) -> list[Moved]:
    """Copy everything to an empty PostgreSQL database that has the same schema, and return what is there now.

    Args:
        source: of ``open_source``.
        url: the database.
        progress: told how far it is.

    Raises:
        MoveRefused: something is there already, a row cannot be stored there, or what was stored is not what was sent.

    """
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await _check_empty(connection)
            moved = [await _move_table(source, connection, table, progress) for table in metadata.sorted_tables]
            await _go_on_counting(connection)
        # Later plans are made with what is there, not with what an empty table promised.
        await connection.execute("ANALYZE")
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
        # What follows the first line quotes the row.
        raise MoveRefused(f"PostgreSQL does not take a row: {str(error).splitlines()[0]}.") from None
    finally:
        await connection.close()
    return moved


async def _check_empty(connection: "Connection") -> None:
    for table in metadata.sorted_tables:
        # Nobody writes there before this transaction is over: a gateway that serves it already would find half of everything.
        await connection.execute(f"LOCK TABLE {table.name} IN EXCLUSIVE MODE")
        if await connection.fetchval(f"SELECT EXISTS (SELECT 1 FROM {table.name})"):
            raise MoveRefused(f"The PostgreSQL database is not empty: its table {table.name} has rows. {_ELSEWHERE}")


async def _move_table(source: sqlite3.Connection, target: "Connection", table: Table, progress: Progress) -> Moved:
    total = int(source.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0])
    sent, received = _Digest(table.name, 0, 2 * total, progress), _Digest(table.name, total, 2 * total, progress)
    names = [column.name for column in table.columns]
    query = f"SELECT {', '.join(names)} FROM {table.name} ORDER BY {_key(table)}"
    with closing(source.execute(query)) as rows:
        await target.copy_records_to_table(table.name, records=sent.passing(_in_chunks(rows)), columns=names)
    async for record in target.cursor(query, prefetch=CHUNK):
        received.add(tuple(record))
    if (sent.rows, sent.hexdigest) != (received.rows, received.hexdigest) or sent.rows != total:
        raise MoveRefused(f"What PostgreSQL has of {table.name} is not what it was sent. Nothing was moved.")
    return Moved(table.name, total, sent.hexdigest)


def _key(table: Table) -> str:
    """Return the primary key as an ORDER BY; its texts are compared byte by byte on both sides."""
    return ", ".join(column.name for column in table.primary_key)


def _in_chunks(cursor: sqlite3.Cursor) -> Iterator[Row]:
    while chunk := cursor.fetchmany(CHUNK):
        yield from chunk


class _Digest:
    """Counts and digests rows in the order they come."""

    def __init__(self, table: str, done: int, total: int, progress: Progress) -> None:
        self.rows = 0
        self._told = (table, done, total)
        self._progress = progress
        self._hash = hashlib.sha256()
        self._encode = msgspec.msgpack.Encoder().encode

    def add(self, row: Row) -> None:
        self._hash.update(self._encode(row))
        self.rows += 1
        if self.rows % CHUNK == 0:
            self._tell()

    def passing(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield the rows, each counted on its way."""
        for row in rows:
            self.add(row)
            yield row
        self._tell()

    def _tell(self) -> None:
        table, done, total = self._told
        self._progress(table, done + self.rows, total)

    @property
    def hexdigest(self) -> str:
        return self._hash.hexdigest()


async def _go_on_counting(connection: "Connection") -> None:
    """Let every number that PostgreSQL counts up go on after the highest one there is."""
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None:
            continue
        sequence = await connection.fetchval("SELECT pg_get_serial_sequence($1, $2)", table.name, column.name)
        if sequence is not None:
            highest = f"SELECT setval($1, coalesce(max({column.name}), 0) + 1, false) FROM {table.name}"
            await connection.execute(highest, sequence)
