"""Room on the disk that is kept for what must be written even when the disk is full."""

import os
import threading
from contextlib import suppress
from pathlib import Path

SIZE = 1024 * 1024


class Reserve:
    """A file beside the database that is given up when there is no other room, and made again when there is."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}-reserve")
        self._lock = threading.Lock()  # one thread keeps, another one gives
        self.is_given = False
        """Whether it was given up: until it is made again, what it gave room for is the only thing that is written."""

    def keep(self) -> None:
        """Make the file, if it is not there and the disk has room for it."""
        with self._lock:
            if not self._path.exists():
                try:
                    # Not zeros, which some file systems keep without taking any room.
                    self._path.write_bytes(os.urandom(SIZE))
                except OSError:
                    with suppress(OSError):
                        self._path.unlink()
                    return
            self.is_given = False

    def give(self) -> bool:
        """Give up the room, and tell whether there was any."""
        with self._lock:
            try:
                self._path.unlink()
            except OSError:
                return False
            self.is_given = True
            return True
