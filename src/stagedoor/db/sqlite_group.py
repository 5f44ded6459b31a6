"""Works that are written together: one transaction on the connection that writes an SQLite file."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import structlog

from stagedoor.db.database import Tx
from stagedoor.db.reserve import Reserve
from stagedoor.db.sqlite_tx import BUSY_TIMEOUT_MS, SqliteTx, drive, meaning, passes
from stagedoor.errors import DatabaseUnavailable

log = structlog.get_logger()


class Item(NamedTuple):
    """A work, and who waits for it."""

    work: Callable[[Tx], Awaitable[Any]]
    future: "asyncio.Future[Any]"
    queued_at: float
    urgent: bool


class Outcome(NamedTuple):
    """What a work returned or raised, what it rang, whether it has read anything, and what is done when it is answered."""

    value: object
    rung: frozenset[str] = frozenset()
    has_read: bool = False
    afterwards: tuple[Callable[[], None], ...] = ()


def refusal() -> Outcome:
    return Outcome(DatabaseUnavailable(retry_after=timedelta(seconds=1)))


class _HalfDone(Exception):
    """A work wrote something and then raised; its error is the context."""


class GroupRunner:
    """Runs a group of works in one transaction and commits it to the log, which need not be on the disk then."""

    def __init__(self, connection: sqlite3.Connection, reserve: Reserve) -> None:
        self._connection = connection
        self._reserve = reserve

    @property
    def changes(self) -> int:
        """How many rows were ever changed."""
        return self._connection.total_changes

    def run_patiently(self, group: Sequence[Item]) -> list[Outcome]:
        """Run a group as soon as whoever has locked the file lets go of it; not on the event loop."""
        # Who stood in the queue while the file was locked has waited already: nobody waits longer than the timeout.
        waited_ms = int((time.monotonic() - group[0].queued_at) * 1000)
        self._connection.execute(f"PRAGMA busy_timeout = {max(BUSY_TIMEOUT_MS - waited_ms, 1)}")
        try:
            return self.run(group)
        except sqlite3.Error as error:
            return self._undo(error, len(group))
        finally:
            self._connection.execute("PRAGMA busy_timeout = 0")

    def run(self, group: Sequence[Item]) -> list[Outcome]:
        """Run a group at once.

        Raises:
            sqlite3.Error: its transaction cannot begin.

        """
        self._connection.execute("BEGIN IMMEDIATE")
        outcomes = self._commit(self._run(group))
        if is_full(outcomes) and any(item.urgent for item in group) and self._reserve.give():
            log.error("disk_full_reserve_given")
            self._connection.execute("BEGIN IMMEDIATE")
            outcomes = self._commit(self._run(group))
        return outcomes

    def _run(self, group: Sequence[Item]) -> list[Outcome]:
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

    def _attempt(self, item: Item) -> Outcome:
        """Run a work.

        Raises:
            _HalfDone: it wrote something and then raised.
            sqlite3.OperationalError: there is trouble with the file.

        """
        before = self._connection.total_changes
        tx = SqliteTx(self._connection)
        try:
            return Outcome(drive(item.work(tx)), frozenset(tx.rung), tx.has_read, tuple(tx.afterwards))
        except Exception as error:
            if isinstance(error, sqlite3.OperationalError) and passes(error):
                raise
            if self._connection.total_changes != before:
                raise _HalfDone from None
            return Outcome(error, has_read=tx.has_read)  # it belongs to the work's caller alone

    def _attempt_with_savepoint(self, item: Item) -> Outcome:
        self._connection.execute("SAVEPOINT item")
        try:
            outcome = self._attempt(item)
        except _HalfDone as half:
            self._connection.execute("ROLLBACK TO item")
            outcome = Outcome(half.__context__, has_read=True)
        self._connection.execute("RELEASE item")
        return outcome

    def _commit(self, outcomes: list[Outcome]) -> list[Outcome]:
        try:
            if self._connection.in_transaction:  # it is not, when everything has been undone
                self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            return self._undo(error, len(outcomes))
        return outcomes

    def _undo(self, error: sqlite3.Error, count: int) -> list[Outcome]:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        log.warning("commit_failed", reason=str(error))
        return [Outcome(meaning(error))] * count


def is_full(outcomes: Sequence[Outcome]) -> bool:
    """Tell whether a group was undone because there was no room for it."""
    causes = [getattr(outcome.value, "__cause__", None) for outcome in outcomes]
    codes = {cause.sqlite_errorcode & 0xFF for cause in causes if isinstance(cause, sqlite3.OperationalError)}
    return bool(codes & {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
