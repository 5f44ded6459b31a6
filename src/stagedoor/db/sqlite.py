"""SQLite: reads run inline on the event loop, writes on one thread that groups them into durable commits."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

import structlog

from stagedoor.db.database import AlreadyThere, Param, Record, Result, Tx, Work
from stagedoor.db.rows import reader, to_values
from stagedoor.errors import DatabaseUnavailable

log = structlog.get_logger()

BUSY_TIMEOUT_MS = 5000
GROUP_SIZE = 64
CHECKPOINT_BYTES = 8 * 1024 * 1024


class SqliteTx:
    """The statements of one transaction. They never suspend, so ``drive`` can run them to the end."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def find(self, into: type[Record], sql: str, /, **params: Param) -> Record | None:
        row = self._connection.execute(sql, to_values(params)).fetchone()
        return None if row is None else reader(into)(row)

    async def list(self, into: type[Record], sql: str, /, **params: Param) -> list[Record]:
        return [reader(into)(row) for row in self._connection.execute(sql, to_values(params))]

    async def number(self, sql: str, /, **params: Param) -> int:
        row = self._connection.execute(sql, to_values(params)).fetchone()
        return 0 if row is None or row[0] is None else int(row[0])

    async def execute(self, sql: str, /, **params: Param) -> int:
        try:
            return self._connection.execute(sql, to_values(params)).rowcount
        except sqlite3.IntegrityError as error:
            raise AlreadyThere(str(error)) from None


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


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA cache_size = -32000")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


class _Item(NamedTuple):
    work: Callable[[Tx], Awaitable[Any]]
    future: "asyncio.Future[Any]"
    queued_at: float


class SqliteDatabase:
    """One file, one process."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._writer_connection = _connect(path)
        self._writer_connection.execute("PRAGMA journal_mode = WAL")
        self._reader = SqliteTx(_connect(path))
        self._queue: SimpleQueue[_Item | None] = SimpleQueue()
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._write_forever, name="sqlite-writer", daemon=True),
            threading.Thread(target=self._checkpoint_forever, name="sqlite-checkpoint", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    async def read(self, work: Work[Result], *, heavy: bool = False) -> Result:
        try:
            if heavy:
                return await asyncio.to_thread(self._read_in_thread, work)
            return drive(work(self._reader))
        except sqlite3.OperationalError as error:
            raise _meaning(error) from error

    def _read_in_thread(self, work: Work[Result]) -> Result:
        connection = _connect(self._path)
        try:
            return drive(work(SqliteTx(connection)))
        finally:
            connection.close()

    async def write(self, work: Work[Result]) -> Result:
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        if self._closing.is_set():
            raise DatabaseUnavailable
        self._queue.put(_Item(work, future, time.monotonic()))
        return await future

    def _write_forever(self) -> None:
        while (first := self._queue.get()) is not None:
            group = [first]
            while len(group) < GROUP_SIZE:
                try:
                    item = self._queue.get_nowait()
                except Empty:
                    break
                if item is None:
                    self._queue.put(None)
                    break
                group.append(item)
            outcomes = self._commit(group)
            _deliver(group, outcomes)

    def _commit(self, group: list[_Item]) -> list[object]:
        """Run a group of works in one durable transaction; a work that raises is undone alone."""
        connection = self._writer_connection
        try:
            self._begin(waiting_since=group[0].queued_at)
            outcomes = [self._attempt(item) for item in group]
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            log.warning("commit_failed", reason=str(error))
            return [_meaning(error)] * len(group)
        return outcomes

    def _begin(self, *, waiting_since: float) -> None:
        # Who stood in the queue while the file was locked has waited already: nobody waits longer than the timeout.
        waited_ms = int((time.monotonic() - waiting_since) * 1000)
        self._writer_connection.execute(f"PRAGMA busy_timeout = {max(BUSY_TIMEOUT_MS - waited_ms, 1)}")
        self._writer_connection.execute("BEGIN IMMEDIATE")

    def _attempt(self, item: _Item) -> object:
        connection = self._writer_connection
        connection.execute("SAVEPOINT item")
        try:
            outcome: object = drive(item.work(SqliteTx(connection)))
        except Exception as error:
            if isinstance(error, sqlite3.OperationalError) and _passes(error):
                raise
            # Whatever else the work raised belongs to its caller alone.
            connection.execute("ROLLBACK TO item")
            outcome = error
        connection.execute("RELEASE item")
        return outcome

    def _checkpoint_forever(self) -> None:
        wal = self._path.with_name(self._path.name + "-wal")
        connection = _connect(self._path)
        while not self._closing.wait(0.5):
            if wal.exists() and wal.stat().st_size > CHECKPOINT_BYTES:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        connection.close()

    async def close(self) -> None:
        self._closing.set()
        self._queue.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        self._reader._connection.close()  # noqa: SLF001 - the reader is this object's own
        self._writer_connection.close()


def _deliver(group: list[_Item], outcomes: list[object]) -> None:
    def settle() -> None:
        for item, outcome in zip(group, outcomes, strict=True):
            if item.future.done():
                continue
            if isinstance(outcome, Exception):
                item.future.set_exception(outcome)
            else:
                item.future.set_result(outcome)

    try:
        group[0].future.get_loop().call_soon_threadsafe(settle)
    except RuntimeError:  # the loop has gone: nobody waits any more
        log.info("database_answer_unclaimed", writes=len(group))


_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}


def _passes(error: sqlite3.Error) -> bool:
    # The low byte is the primary code, what is above it says more.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _PASSING


def _meaning(error: sqlite3.Error) -> Exception:
    """Return DatabaseUnavailable for troubles that pass; a wrong statement stays what it is."""
    if not _passes(error):
        return error
    failure = DatabaseUnavailable(retry_after=timedelta(seconds=1))
    failure.__cause__ = error
    return failure
