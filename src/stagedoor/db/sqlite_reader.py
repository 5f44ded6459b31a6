"""The connections that read an SQLite file, and show of it only what is on the disk."""

import asyncio
from pathlib import Path

from stagedoor.db.sqlite_tx import SqliteTx, connect


class SqliteReader:
    """Reads the newest state, except while that may not be on the disk: then the last one that is.

    There are two connections. While the disk is waited for, one shows the state before; when more is committed meanwhile, the
    other one keeps the state that is on the disk when the wait is over.

    What is read in one turn of the event loop sees one state: to lock the file for it costs more than most reads. Whatever the
    turn after it has heard of, it sees.
    """

    def __init__(self, path: Path) -> None:
        self._shown = SqliteTx(connect(path))
        self._kept = SqliteTx(connect(path))
        self._is_for_this_turn = False
        """Whether the state that is shown is kept for no other reason than that this turn has begun to read it."""

    def tx_of_this_turn(self) -> SqliteTx:
        """Return the statements for what is read now.

        Raises:
            sqlite3.Error: the file cannot be read.

        """
        if not self._shown.is_open:
            self._shown.open()
            self._is_for_this_turn = True
            # Whoever wakes up by anything that happens from now on stands behind this in the loop's queue.
            asyncio.get_running_loop().call_soon(self._end_turn)
        return self._shown

    def _end_turn(self) -> None:
        if self._is_for_this_turn:
            self._is_for_this_turn = False
            self._shown.end()

    def hold(self, *, is_syncing: bool) -> None:
        """Prepare for a commit: what is there now is what may be shown next, when it is on the disk.

        Args:
            is_syncing: whether the disk is waited for, so that what is there now may not be shown yet.

        Raises:
            sqlite3.Error: the file cannot be read.

        """
        self._end_turn()  # what is soft may have been committed since
        tx = self._kept if is_syncing else self._shown
        if not tx.is_open:
            tx.open()

    def move_on(self) -> None:
        """Show the state that was kept, if one was: the disk has it now."""
        if self._kept.is_open:
            self._shown.end()
            self._shown, self._kept = self._kept, self._shown

    def let_go(self) -> None:
        """Show the newest state again: the disk has all of it."""
        self._is_for_this_turn = False
        for tx in (self._shown, self._kept):
            if tx.is_open:
                tx.end()

    def close(self) -> None:
        self._is_for_this_turn = False
        self._shown.close()
        self._kept.close()
