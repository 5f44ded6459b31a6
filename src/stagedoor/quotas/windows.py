"""Where the windows of limits are: in the database that all processes share, or with the one process that there is."""

import asyncio
import time
from contextlib import suppress
from typing import Protocol

from stagedoor.db.database import Database
from stagedoor.errors import DatabaseUnavailable
from stagedoor.quotas.limits import Limit
from stagedoor.quotas.store import encode_window, exchange, find_window, keep_window
from stagedoor.quotas.window import Deal, Report, Window, deal

WRITE_SECONDS = 0.1
"""How old what is written down may be, where only a restart needs it: no call waits for that."""


class Windows(Protocol):
    """Brings reports to the windows of limits, and the deals back."""

    async def ask(self, owner: str, name: str, limit: Limit, report: Report) -> Deal: ...

    async def close(self) -> None: ...


def windows_of(db: Database) -> Windows:
    """Return the windows of the upstream accounts' limits."""
    return SharedWindows(db) if db.is_shared else OwnWindows(db)


class SharedWindows:
    """Rows that all processes change, one after the other."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def ask(self, owner: str, name: str, limit: Limit, report: Report) -> Deal:
        return await self._db.write(lambda tx: exchange(tx, owner, name, limit, report))

    async def close(self) -> None:
        """All is written."""


class OwnWindows:
    """Kept in memory, which is exact where there is one process, and written down for the one that comes after it.

    A database that is full or locked holds nothing up: only who restarts meanwhile knows less than there was to know.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._windows: dict[tuple[str, str], Window] = {}
        self._unwritten: set[tuple[str, str]] = set()
        self._writing: asyncio.Task[None] | None = None

    async def ask(self, owner: str, name: str, limit: Limit, report: Report) -> Deal:
        key = (owner, name)
        window = self._windows.get(key)
        if window is None:
            known = await self._db.read(lambda tx: find_window(tx, owner, name))
            window = self._windows.setdefault(key, known or Window())
        dealt = deal(window, limit, time.time_ns() // 1000, report)
        self._unwritten.add(key)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_later(), name="quota-windows")
        return dealt

    async def close(self) -> None:
        """Write down what is not."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        await self._write()

    async def _write_later(self) -> None:
        try:
            while self._unwritten:
                await asyncio.sleep(WRITE_SECONDS)
                await self._write()
        finally:
            self._writing = None

    async def _write(self) -> None:
        while self._unwritten:
            key = self._unwritten.pop()
            state = encode_window(self._windows[key])
            with suppress(DatabaseUnavailable):
                await self._keep(key, state)

    async def _keep(self, key: tuple[str, str], state: bytes) -> None:
        # Not a soft write, although it could be one: with a full disk it would spoil the group of those that change nothing.
        await self._db.write(lambda tx: keep_window(tx, *key, state))
