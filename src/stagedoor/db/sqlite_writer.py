"""The one writer of an SQLite file.

Statements run on the event loop: on a thread of their own they would have to ask for the interpreter at every one of them. A
commit here only appends to the log. That the log is on the disk is waited for on a thread, again and again, each time for all
that was committed meanwhile; until then nobody is answered and nobody sees what was written. What is soft is answered when it is
committed, unless it has read something that is not on the disk yet. A file that somebody else has locked is waited for on that thread as
well.
"""

import asyncio
import os
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import structlog

from stagedoor import metrics
from stagedoor.bells import Bells
from stagedoor.db.database import Result, Tx, Work
from stagedoor.db.reserve import Reserve
from stagedoor.db.sqlite_group import GroupRunner, Item, Outcome, is_full, refusal
from stagedoor.db.sqlite_reader import SqliteReader
from stagedoor.db.sqlite_tx import connect, meaning, to_disk
from stagedoor.errors import DatabaseUnavailable

log = structlog.get_logger()

GROUP_SIZE = 32
"""Most works of one transaction: they hold the event loop for a few milliseconds."""
RESTART_TIMEOUT_MS = 100
"""Longest wait for what one turn of the event loop reads, when the log is to be begun anew."""

Sync = Callable[[int], None]
"""Brings an open file to the disk, or raises OSError."""
sync_data: Sync = getattr(os, "fdatasync", os.fsync)  # macOS has none
_Waiting = list[tuple[Item, Outcome]]


class SqliteWriter:
    """Commits works in groups; when they are on the disk, shows them to the reader, answers, and rings what was rung."""

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
        self._runner = GroupRunner(self._connection, reserve)
        self._wal = os.open(path.with_name(path.name + "-wal"), os.O_RDONLY)
        to_disk(path.parent)  # the names of new files
        self._soft: deque[Item] = deque()
        self._hard: deque[Item] = deque()
        self._syncing: _Waiting = []
        """Committed, and the thread waits for the disk to have it."""
        self._committed: _Waiting = []
        """Committed since the thread began to wait: the next to wait for."""
        self._thread = _Thread()
        self._is_scheduled = False
        self._is_lent = False
        """Whether the thread uses the connection: nothing may be written."""
        self._is_hard_lent = False
        """Whether what it writes must not be seen before the disk has it."""
        self._is_restart_due = False
        """Whether the log is to be begun anew in a pause of its own: while somebody always writes and reads, it would only grow."""
        self._is_pausing = False
        """Whether nothing may be written, so that the log can be begun anew."""
        self._is_broken = False
        """Whether the disk refused the log. Nobody can say what of it is there, so nothing is written until the next start."""

    async def write(self, work: Work[Result], *, soft: bool, urgent: bool) -> Result:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        (self._soft if soft else self._hard).append(Item(work, future, time.monotonic(), urgent))
        begun = metrics.write_begun()
        self._schedule(loop)
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
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._answer_when_on_disk([(Item(_nothing, future, time.monotonic(), urgent=False), Outcome(None))])
        await future

    async def close(self) -> None:
        """Write what waits, and let go of the file."""
        with suppress(DatabaseUnavailable):
            await self.write(_nothing, soft=False, urgent=True)
            await self.until_on_disk()
        await asyncio.to_thread(self._thread.end)
        self._connection.close()
        os.close(self._wal)

    def begin_log_anew(self) -> None:
        """Begin the log anew after the next wait for the disk; nearly all of it should be in the database by now. Called by a thread."""
        self._is_restart_due = True

    @property
    def _may_write(self) -> bool:
        return not (self._is_lent or self._is_pausing)

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            # Not at once: what else this turn of the loop has to write joins the group.
            loop.call_soon(self._work_off, loop)

    def _work_off(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_scheduled = False
        self._write_soft(loop)
        self._write_hard(loop)
        if (self._soft or self._hard) and self._may_write:
            self._schedule(loop)

    def _write_soft(self, loop: asyncio.AbstractEventLoop) -> None:
        group = self._take(self._soft) if self._may_write else []
        if not group:
            return
        try:
            outcomes = self._runner.run(group)
            if len(group) > 1 and is_full(outcomes):
                # Some of them change nothing, and need no room.
                outcomes = [self._run_alone(item) for item in group]
        except sqlite3.Error:
            self._lend(loop, group, self._settle_soft, hard=False)
        else:
            self._settle_soft(group, outcomes)

    def _run_alone(self, item: Item) -> Outcome:
        try:
            return self._runner.run([item])[0]
        except sqlite3.Error as error:
            return Outcome(meaning(error))

    def _settle_soft(self, group: Sequence[Item], outcomes: Sequence[Outcome]) -> None:
        for waiting in zip(group, outcomes, strict=True):
            if waiting[1].has_read:
                self._answer_when_on_disk([waiting])
            else:
                self._settle([waiting])

    def _write_hard(self, loop: asyncio.AbstractEventLoop) -> None:
        group = self._take(self._hard) if self._may_write else []
        if not group:
            return
        try:
            self._reader.hold(is_syncing=bool(self._syncing))
        except sqlite3.Error as error:
            self._settle([(item, Outcome(meaning(error))) for item in group])
            return
        before = self._runner.changes
        try:
            outcomes = self._runner.run(group)
        except sqlite3.Error:
            self._lend(loop, group, partial(self._settle_hard, loop), hard=True)
            return
        if self._runner.changes == before:
            if not self._syncing:
                self._reader.let_go()
            self._answer_when_on_disk(list(zip(group, outcomes, strict=True)))
        else:
            self._settle_hard(loop, group, outcomes)

    def _settle_hard(self, loop: asyncio.AbstractEventLoop, group: Sequence[Item], outcomes: Sequence[Outcome]) -> None:
        self._committed += zip(group, outcomes, strict=True)
        if not self._syncing:
            self._begin_sync(loop)

    def _take(self, waiting: "deque[Item]") -> list[Item]:
        """Return the next group of what may be written: everything, but on a full disk only what is urgent."""
        group = [waiting.popleft() for _ in range(min(len(waiting), GROUP_SIZE))]
        if not (self._is_broken or self._reserve.is_given):
            return group
        refused = [item for item in group if self._is_broken or not item.urgent]
        self._settle([(item, refusal()) for item in refused])
        return [item for item in group if item not in refused]

    def _answer_when_on_disk(self, waiting: _Waiting) -> None:
        """Answer who may have read what was committed, when that is on the disk."""
        if self._committed:
            self._committed += waiting
        elif self._syncing:
            self._syncing += waiting
        else:
            self._settle(waiting)

    def _lend(
        self,
        loop: asyncio.AbstractEventLoop,
        group: Sequence[Item],
        settle: Callable[[Sequence[Item], Sequence[Outcome]], None],
        *,
        hard: bool,
    ) -> None:
        """Let the thread write a group, when somebody else has locked the file."""
        self._is_lent, self._is_hard_lent = True, hard

        def work() -> None:
            try:
                outcomes = self._runner.run_patiently(group)
            except Exception as error:
                # Whatever it is: a writer that does not go on would leave every caller waiting for ever.
                log.exception("commit_failed")
                outcomes = [Outcome(error)] * len(group)
            _call(loop, partial(go_on, outcomes))

        def go_on(outcomes: Sequence[Outcome]) -> None:
            self._is_lent = self._is_hard_lent = False
            settle(group, outcomes)
            if not self._syncing:
                self._reader.let_go()
            self._go_on(loop)

        self._thread.do(work)

    def _begin_sync(self, loop: asyncio.AbstractEventLoop) -> None:
        self._syncing, self._committed = self._committed, []

        def work() -> None:
            try:
                self._sync_file(self._wal)
            except OSError as error:
                self._is_broken = True
                log.critical("log_not_on_disk", reason=str(error), hint="Mend the disk and start stagedoor anew.")
            _call(loop, partial(self._end_sync, loop))

        self._thread.do(work)

    def _end_sync(self, loop: asyncio.AbstractEventLoop) -> None:
        ended, self._syncing = self._syncing, []
        if self._is_broken:
            ended += self._committed
            self._committed = []
            self._settle([(item, refusal()) for item, _ in ended])
            self._work_off(loop)
            return
        if self._committed or self._is_hard_lent:
            self._reader.move_on()
        else:
            self._reader.let_go()
        if self._committed:
            self._begin_sync(loop)
        self._settle(ended)
        self._is_pausing = self._is_restart_due
        self._go_on(loop)

    def _go_on(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._is_pausing and not self._syncing and not self._is_lent:
            self._restart_log(loop)
        else:
            self._work_off(loop)

    def _restart_log(self, loop: asyncio.AbstractEventLoop) -> None:
        def work() -> None:
            with suppress(sqlite3.Error):  # a reader is at it, or the disk is full: next time
                self._connection.execute(f"PRAGMA busy_timeout = {RESTART_TIMEOUT_MS}")
                self._connection.execute("PRAGMA wal_checkpoint(RESTART)")
            self._connection.execute("PRAGMA busy_timeout = 0")
            _call(loop, go_on)

        def go_on() -> None:
            self._is_restart_due = self._is_pausing = False
            self._work_off(loop)

        self._thread.do(work)

    def _settle(self, ended: _Waiting) -> None:
        rung: set[str] = set()
        for item, outcome in ended:
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


class _Thread:
    """Does one thing after the other, beside the event loop; a thread pool takes five times as long to be told."""

    def __init__(self) -> None:
        self._works: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sqlite-disk", daemon=True)
        self._thread.start()

    def do(self, work: Callable[[], None]) -> None:
        self._works.put(work)

    def end(self) -> None:
        """Return when everything has been done."""
        self._works.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (work := self._works.get()) is not None:
            try:
                work()
            except Exception:
                log.exception("disk_thread_failed")


def _call(loop: asyncio.AbstractEventLoop, go_on: Callable[[], None]) -> None:
    """Go on upon the event loop, from the thread."""
    with suppress(RuntimeError):  # the loop has gone: nobody waits any more
        loop.call_soon_threadsafe(go_on)


async def _nothing(_: Tx) -> None:
    """Write nothing, behind all that waits."""
