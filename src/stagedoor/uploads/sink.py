"""A file of this machine that is written, counted and hashed in one go."""

import hashlib
from pathlib import Path
from types import TracebackType
from typing import Self

from stagedoor.files.local import in_thread


class Sink:
    """A new file, which goes again when the block ends: whoever wants it has moved it by then."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._hash = hashlib.sha256()

    async def __aenter__(self) -> Self:
        self._file = await in_thread(self.path.open, "xb")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)

    async def write(self, chunk: bytes) -> None:
        self.size += len(chunk)
        await in_thread(self._write, chunk)

    def _write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._hash.update(chunk)

    async def end(self) -> bytes:
        """Write what is still in memory, and return the SHA-256 of it all."""
        await in_thread(self._file.close)
        return self._hash.digest()
