"""Where the windows of limits are: in the database that all processes share, or with the one process that there is."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from stagedoor.db.database import Database
from stagedoor.errors import DatabaseUnavailable
from stagedoor.quotas.limits import Limit
from stagedoor.quotas.store import encode_window, exchange, find_window, keep_window
from stagedoor.quotas.window import Deal, Report, Window, deal

Ask = Callable[[str, str, Limit, Report], Awaitable[Deal]]
"""Brings a report to the window of an owner's limit, and the deal back."""

KEEPING_SECONDS = 0.1
"""So long a deal waits for its being written down, where only a restart would need that."""


def windows_of(db: Database) -> Ask:
    """Return the windows of the upstream accounts' limits."""
    return SharedWindows(db).ask if db.is_shared else OwnWindows(db).ask


class SharedWindows:
    """Rows that all processes change, one after the other."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def ask(self, owner: str, name: str, limit: Limit, report: Report) -> Deal:
        return await self._db.write(lambda tx: exchange(tx, owner, name, limit, report))


class OwnWindows:
    """Kept in memory, which is exact where there is one process, and written down for the one that comes after it.

    A database that is full or locked holds nothing up: only who restarts meanwhile knows less than there was to know.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._windows: dict[tuple[str, str], Window] = {}
        self._unwritten: dict[tuple[str, str], bytes] = {}
        self._writing: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def ask(self, owner: str, name: str, limit: Limit, report: Report) -> Deal:
        key = (owner, name)
        window = self._windows.get(key)
        if window is None:
            known = await self._db.read(lambda tx: find_window(tx, owner, name))
            window = self._windows.setdefault(key, known or Window())
        dealt = deal(window, limit, time.time_ns() // 1000, report)
        self._unwritten[key] = encode_window(window)
        if key not in self._writing:
            self._writing[key] = asyncio.create_task(self._write(key), name="quota-window")
        await asyncio.wait([self._writing[key]], timeout=KEEPING_SECONDS)
        return dealt

    async def _write(self, key: tuple[str, str]) -> None:
        try:
            while (state := self._unwritten.pop(key, None)) is not None:
                with suppress(DatabaseUnavailable):
                    await self._keep(key, state)
        finally:
            del self._writing[key]

    async def _keep(self, key: tuple[str, str], state: bytes) -> None:
        # Not a soft write, although it could be one: with a full disk it would spoil the group of those that change nothing.
        await self._db.write(lambda tx: keep_window(tx, *key, state))
