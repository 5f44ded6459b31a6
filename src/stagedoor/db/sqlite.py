"""SQLite: one file, one process. Reads run inline on the event loop, what is written goes through one writer."""

import asyncio
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

from stagedoor.bells import Bells
from stagedoor.db.database import Result, Work
from stagedoor.db.reserve import Reserve
from stagedoor.db.sqlite_reader import SqliteReader
from stagedoor.db.sqlite_tx import SqliteTx, connect, drive, meaning
from stagedoor.db.sqlite_writer import SqliteWriter, Sync, sync_data
from stagedoor.errors import DatabaseUnavailable

CHECKPOINT_BYTES = 8 * 1024 * 1024
"""Size of the log from which it is brought over into the database."""
RESTART_PAGES = 12_000
"""Length of the log, about 48 MiB, from which it is begun anew."""


class SqliteDatabase:
    """One file, one process.

    Args:
        path: where the file is, or will be.
        sync: brings what was written to the log to the disk.

    """

    is_shared = False

    def __init__(self, path: Path, sync: Sync = sync_data) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.bells = Bells()
        self._path = path
        self._reserve = Reserve(path)
        self._reader = SqliteReader(path)
        self._writer = SqliteWriter(path, self.bells, self._reserve, self._reader, sync)
        self._closing = threading.Event()
        self._upkeep = threading.Thread(target=self._keep_up, name="sqlite-upkeep", daemon=True)
        self._upkeep.start()

    def hear(self) -> None:
        """Do nothing: there is no other process."""

    async def read(self, work: Work[Result], *, heavy: bool = False) -> Result:
        try:
            if heavy:
                try:
                    return await asyncio.to_thread(self._read_in_thread, work)
                finally:
                    await self._writer.until_on_disk()
            return drive(work(self._reader.tx_of_this_turn()))
        except sqlite3.OperationalError as error:
            raise meaning(error) from error

    def _read_in_thread(self, work: Work[Result]) -> Result:
        connection = connect(self._path)
        try:
            return drive(work(SqliteTx(connection)))
        finally:
            connection.close()

    async def write(self, work: Work[Result], *, soft: bool = False, urgent: bool = False) -> Result:
        if self._closing.is_set():
            raise DatabaseUnavailable
        return await self._writer.write(work, soft=soft, urgent=urgent)

    def _keep_up(self) -> None:
        """Take checkpoints when they are due, and see to the reserve."""
        wal = self._path.with_name(self._path.name + "-wal")
        connection = connect(self._path)
        while not self._closing.wait(0.5):
            self._reserve.keep()
            if wal.exists() and wal.stat().st_size > CHECKPOINT_BYTES:
                with suppress(sqlite3.Error):  # a full disk, say: the next one may succeed
                    _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                    if pages > RESTART_PAGES:
                        self._writer.begin_log_anew()
        connection.close()

    async def close(self) -> None:
        self._closing.set()
        await self._writer.close()
        await asyncio.to_thread(self._upkeep.join)
        self._reader.close()
