"""A connection to an SQLite file, the statements of one transaction, and what its errors mean."""

import os
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from stagedoor.db.database import AlreadyThere, Param, Record, Result
from stagedoor.db.rows import reader, to_values
from stagedoor.errors import DatabaseUnavailable

BUSY_TIMEOUT_MS = 5000


class SqliteTx:
    """The statements of one transaction. They never suspend, so ``drive`` can run them to the end."""

    merges = True
    slot = 0  # there is one writer
    skip_locked = ""
    microseconds = "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"  # whole milliseconds
    number_of_transaction, first_unfinished_transaction = "0", "1"  # there is one writer: nobody is overtaken

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.rung: set[str] = set()
        self.afterwards: list[Callable[[], None]] = []
        self.has_read = False

    def ring(self, bell: str) -> None:
        self.rung.add(bell)

    def then(self, act: Callable[[], None]) -> None:
        self.afterwards.append(act)

    async def find(self, into: type[Record], sql: str, /, **params: Param) -> Record | None:
        self.has_read = True
        row = self._connection.execute(sql, to_values(params)).fetchone()
        return None if row is None else reader(into)((row,))[0]

    async def list(self, into: type[Record], sql: str, /, **params: Param) -> list[Record]:
        self.has_read = True
        # All rows first: a statement that is still being read cannot be undone when one of them makes no struct.
        return reader(into)(self._connection.execute(sql, to_values(params)).fetchall())

    async def number(self, sql: str, /, **params: Param) -> int:
        self.has_read = True
        row = self._connection.execute(sql, to_values(params)).fetchone()
        return 0 if row is None or row[0] is None else int(row[0])

    async def execute(self, sql: str, /, **params: Param) -> int:
        try:
            return self._connection.execute(sql, to_values(params)).rowcount
        except sqlite3.IntegrityError as error:
            raise AlreadyThere(str(error)) from None

    @property
    def is_open(self) -> bool:
        """Whether the statements see one state, and go on seeing it."""
        return self._connection.in_transaction

    def open(self) -> None:
        """Stay with the state of now.

        Raises:
            sqlite3.Error: it cannot be read; nothing is open then.

        """
        self._connection.execute("BEGIN")
        try:
            # Only a statement that reads decides what a transaction sees.
            self._connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
        except sqlite3.Error:
            self._connection.execute("ROLLBACK")
            raise

    def end(self) -> None:
        """See the newest state again."""
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


def drive(work: Awaitable[Result]) -> Result:
    """Run work that awaits nothing but its transaction.

    Raises:
        RuntimeError: it awaited something else; a transaction must not wait for the network.

    """
    steps = work.__await__()
    try:
        next(steps)
    except StopIteration as done:
        value: Result = done.value
        return value
    raise RuntimeError("A transaction may await nothing but its own statements.")


def connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA cache_size = -32000")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}


def passes(error: sqlite3.Error) -> bool:
    # The low byte is the primary code, what is above it says more.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _PASSING


def meaning(error: sqlite3.Error) -> Exception:
    """Return DatabaseUnavailable for troubles that pass; a wrong statement stays what it is."""
    if not passes(error):
        return error
    failure = DatabaseUnavailable(retry_after=timedelta(seconds=1))
    failure.__cause__ = error
    return failure


def to_disk(path: Path) -> None:
    """Bring a file, or a folder with the names in it, to the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
