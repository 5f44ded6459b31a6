"""The one writer of an SQLite file.

What waits to be written is worked off in groups, on the event loop: on a thread of their own the statements would have to ask
for the interpreter at every one of them. A commit here only appends to the log. That the log is on the disk is waited for
on a thread, and until then nobody is answered and nobody sees what was written; what comes meanwhile is the next group. A file
that somebody else has locked is waited for on that thread as well.
"""

import asyncio
import os
import sqlite3
import time
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from stagedoor import metrics
from stagedoor.bells import Bells
from stagedoor.db.database import Result, Tx, Work
from stagedoor.db.reserve import Reserve
from stagedoor.db.sqlite_reader import SqliteReader
from stagedoor.db.sqlite_tx import BUSY_TIMEOUT_MS, SqliteTx, connect, drive, meaning, passes
from stagedoor.errors import DatabaseUnavailable

log = structlog.get_logger()

RESTART_WAL_BYTES = 64 * 1024 * 1024
"""Size from which the write-ahead log is begun anew in a pause of its own: without a pause it would only grow."""
GROUP_SIZE = 32
"""Most works of one transaction: they hold the event loop for a few milliseconds."""

Sync = Callable[[int], None]
"""Brings an open file to the disk, or raises OSError."""
sync_data: Sync = getattr(os, "fdatasync", os.fsync)  # macOS has none


class _Item(NamedTuple):
    work: Callable[[Tx], Awaitable[Any]]
    future: "asyncio.Future[Any]"
    queued_at: float
    urgent: bool


class _Outcome(NamedTuple):
    value: object
    rung: frozenset[str] = frozenset()
    has_read: bool = False
    afterwards: tuple[Callable[[], None], ...] = ()


def _refusal() -> _Outcome:
    return _Outcome(DatabaseUnavailable(retry_after=timedelta(seconds=1)))


class _HalfDone(Exception):
    """A work wrote something and then raised; its error is the context."""


class SqliteWriter:
    """Groups works into commits; when a commit is on the disk, answers, shows it to the reader, and rings what was rung."""

    def __init__(self, path: Path, bells: Bells, reserve: Reserve, reader: SqliteReader, sync: Sync) -> None:
        self._bells = bells
        self._reserve = reserve
        self._reader = reader
        self._sync_file = sync
        self._connection = connect(path)
        self._connection.execute("PRAGMA journal_mode = WAL")
        # What a process left in the log that did not see it reach the disk is read from now on, and has to be there.
        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA busy_timeout = 0")
        self._wal = os.open(path.with_name(path.name + "-wal"), os.O_RDONLY)
        _sync_folder(path.parent)
        self._soft: deque[_Item] = deque()
        self._hard: deque[_Item] = deque()
        self._until_synced: list[tuple[_Item, _Outcome]] = []
        """Works that may have read what was not yet on the disk."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-disk")
        self._is_scheduled = False
        self._is_syncing = False
        """Whether the thread waits for the disk: only soft works may be written."""
        self._is_lent = False
        """Whether the thread uses the connection: nothing may be written."""
        self._is_broken = False
        """Whether the disk refused the log. Nobody can say what of it is there, so nothing is written until the next start."""

    async def write(self, work: Work[Result], *, soft: bool, urgent: bool) -> Result:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        (self._soft if soft else self._hard).append(_Item(work, future, time.monotonic(), urgent))
        self._schedule(loop)
        begun = metrics.write_begun()
        try:
            return await future
        finally:
            metrics.write_ended(begun)

    async def until_on_disk(self) -> None:
        """Wait until what other connections can see now is on the disk.

        Raises:
            DatabaseUnavailable: it will not be.

        """
        if self._is_broken:
            raise DatabaseUnavailable
        if self._is_syncing or self._is_lent:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._until_synced.append((_Item(_nothing, future, time.monotonic(), urgent=False), _Outcome(None)))
            await future

    async def close(self) -> None:
        """Write what waits, and let go of the file."""
        with suppress(DatabaseUnavailable):
            await self.write(_nothing, soft=False, urgent=True)
        self._thread.shutdown()
        self._connection.close()
        os.close(self._wal)

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            # Not at once: what else this turn of the loop has to write joins the group.
            loop.call_soon(self._work_off, loop)

    def _work_off(self, loop: asyncio.AbstractEventLoop) -> None:
        """Write one group of each kind that may be written now. The thread calls for the next when it is done."""
        self._is_scheduled = False
        if self._soft and not self._is_lent:
            self._write_soft(loop)
        if self._hard and not self._is_lent and not self._is_syncing:
            self._write_hard(loop)
        if (self._soft or self._hard) and not self._is_lent and not self._is_syncing:
            self._schedule(loop)

    def _write_soft(self, loop: asyncio.AbstractEventLoop) -> None:
        group = self._take(self._soft)
        try:
            outcomes = self._write(group)
        except sqlite3.Error:
            if self._is_syncing:
                self._soft.extendleft(reversed(group))
            else:
                self._is_lent = True
                self._thread.submit(self._finish, loop, group, partial(self._write_patiently, group))
            return
        if not self._is_syncing:
            self._settle(group, outcomes)
            return
        for item, outcome in zip(group, outcomes, strict=True):
            if outcome.has_read:
                self._until_synced.append((item, outcome))
            else:
                self._settle([item], [outcome])

    def _write_hard(self, loop: asyncio.AbstractEventLoop) -> None:
        group = self._take(self._hard)
        if not group:
            return
        before = self._connection.total_changes
        try:
            self._reader.hold()
        except sqlite3.Error as error:
            self._settle(group, [_Outcome(meaning(error))] * len(group))
            return
        try:
            outcomes = self._write(group)
        except sqlite3.Error:
            self._is_lent = True
            rest = partial(self._write_patiently, group)
            self._thread.submit(self._finish, loop, group, lambda: self._sync(rest()))
            return
        if self._connection.total_changes == before:
            self._reader.let_go()
            self._settle(group, outcomes)
            return
        self._is_syncing = True
        self._thread.submit(self._finish, loop, group, partial(self._sync, outcomes))

    def _take(self, waiting: "deque[_Item]") -> list[_Item]:
        """Return the next group of what may be written: everything, but on a full disk only what is urgent."""
        group = [waiting.popleft() for _ in range(min(len(waiting), GROUP_SIZE))]
        if not (self._is_broken or self._reserve.is_given):
            return group
        refused = [item for item in group if self._is_broken or not item.urgent]
        self._settle(refused, [_refusal()] * len(refused))
        return [item for item in group if item not in refused]

    def _finish(self, loop: asyncio.AbstractEventLoop, group: list[_Item], rest: Callable[[], list[_Outcome]]) -> None:
        """Do the rest of a group's transaction, on the thread."""
        try:
            outcomes = rest()
        except Exception as error:
            # Whatever it is: a writer that does not go on would leave every caller waiting for ever.
            log.exception("commit_failed")
            outcomes = [_Outcome(error)] * len(group)
        with suppress(RuntimeError):  # the loop has gone: nobody waits any more
            loop.call_soon_threadsafe(self._go_on, loop, group, outcomes)

    def _go_on(self, loop: asyncio.AbstractEventLoop, group: list[_Item], outcomes: list[_Outcome]) -> None:
        self._is_lent = self._is_syncing = False
        if not self._is_broken:
            self._reader.let_go()
        self._settle(group, outcomes)
        for item, outcome in self._until_synced:
            self._settle([item], [_refusal() if self._is_broken else outcome])
        self._until_synced.clear()
        if os.fstat(self._wal).st_size > RESTART_WAL_BYTES:
            self._is_lent = True
            self._thread.submit(self._finish, loop, [], self._restart_wal)
        else:
            self._work_off(loop)

    def _sync(self, outcomes: list[_Outcome]) -> list[_Outcome]:
        try:
            self._sync_file(self._wal)
        except OSError as error:
            self._is_broken = True
            log.critical("log_not_on_disk", reason=str(error), hint="Mend the disk and start stagedoor anew.")
            return [_refusal()] * len(outcomes)
        return outcomes

    def _restart_wal(self) -> list[_Outcome]:
        with suppress(sqlite3.Error):  # a reader is at it, or the disk is full: next time
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return []

    def _write_patiently(self, group: list[_Item]) -> list[_Outcome]:
        # Who stood in the queue while the file was locked has waited already: nobody waits longer than the timeout.
        waited_ms = int((time.monotonic() - group[0].queued_at) * 1000)
        self._connection.execute(f"PRAGMA busy_timeout = {max(BUSY_TIMEOUT_MS - waited_ms, 1)}")
        try:
            return self._write(group)
        except sqlite3.Error as error:
            return self._undo(error, len(group))
        finally:
            self._connection.execute("PRAGMA busy_timeout = 0")

    def _write(self, group: list[_Item]) -> list[_Outcome]:
        """Run a group in one transaction.

        Raises:
            sqlite3.Error: it cannot begin.

        """
        self._connection.execute("BEGIN IMMEDIATE")
        outcomes = self._commit(self._run(group))
        if _is_full(outcomes) and any(item.urgent for item in group) and self._reserve.give():
            log.error("disk_full_reserve_given")
            self._connection.execute("BEGIN IMMEDIATE")
            outcomes = self._commit(self._run(group))
        return outcomes

    def _run(self, group: list[_Item]) -> list[_Outcome]:
        """Run works in the open transaction. One that raises is undone alone; trouble with the file undoes them all."""
        try:
            try:
                return [self._attempt(item) for item in group]
            except _HalfDone:
                # Seldom. Savepoints for all and always would copy every page that a work touches.
                self._connection.execute("ROLLBACK")
                self._connection.execute("BEGIN IMMEDIATE")
                return [self._attempt_with_savepoint(item) for item in group]
        except sqlite3.Error as error:
            return self._undo(error, len(group))

    def _attempt(self, item: _Item) -> _Outcome:
        """Run a work.

        Raises:
            _HalfDone: it wrote something and then raised.
            sqlite3.OperationalError: there is trouble with the file.

        """
        before = self._connection.total_changes
        tx = SqliteTx(self._connection)
        try:
            return _Outcome(drive(item.work(tx)), frozenset(tx.rung), tx.has_read, tuple(tx.afterwards))
        except Exception as error:
            if isinstance(error, sqlite3.OperationalError) and passes(error):
                raise
            if self._connection.total_changes != before:
                raise _HalfDone from None
            return _Outcome(error, has_read=tx.has_read)  # it belongs to the work's caller alone

    def _attempt_with_savepoint(self, item: _Item) -> _Outcome:
        self._connection.execute("SAVEPOINT item")
        try:
            outcome = self._attempt(item)
        except _HalfDone as half:
            self._connection.execute("ROLLBACK TO item")
            outcome = _Outcome(half.__context__, has_read=True)
        self._connection.execute("RELEASE item")
        return outcome

    def _commit(self, outcomes: list[_Outcome]) -> list[_Outcome]:
        try:
            if self._connection.in_transaction:  # it is not, when everything has been undone
                self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            return self._undo(error, len(outcomes))
        return outcomes

    def _undo(self, error: sqlite3.Error, count: int) -> list[_Outcome]:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        log.warning("commit_failed", reason=str(error))
        return [_Outcome(meaning(error))] * count

    def _settle(self, group: list[_Item], outcomes: list[_Outcome]) -> None:
        rung: set[str] = set()
        for item, outcome in zip(group, outcomes, strict=True):
            rung |= outcome.rung
            for act in outcome.afterwards:
                act()
            if item.future.done():
                continue
            if isinstance(outcome.value, Exception):
                item.future.set_exception(outcome.value)
            else:
                item.future.set_result(outcome.value)
        if rung:
            self._bells.ring(rung)


def _is_full(outcomes: list[_Outcome]) -> bool:
    """Tell whether a group was undone because there was no room for it."""
    causes = [getattr(outcome.value, "__cause__", None) for outcome in outcomes]
    codes = {cause.sqlite_errorcode & 0xFF for cause in causes if isinstance(cause, sqlite3.OperationalError)}
    return bool(codes & {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})


async def _nothing(_: Tx) -> None:
    """Write nothing, behind all that waits."""


def _sync_folder(folder: Path) -> None:
    """See to it that the names of new files are on the disk as well."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
