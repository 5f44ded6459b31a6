"""What the rest of stagedoor sees of the place where files lie.

A file that comes bit by bit lies in pieces first, each with a name of its own: who writes a piece never touches another. A whole file
has the id of the upload that brought it. Nothing is found by its content: whether others have the same is for nobody to see.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Protocol


class Files(Protocol):
    """A place for files; a method that writes returns when a power cut takes nothing of it away.

    Every method raises ``errors.FilesUnavailable`` when the place is full, away or refuses us.
    """

    def incoming(self) -> Path:
        """Return the name of a new file in a folder of this machine, for what is on its way to its place."""
        ...

    async def put_piece(self, upload_id: str, name: str, content: bytes) -> None: ...

    def read_piece(self, upload_id: str, name: str) -> AsyncIterator[bytes]:
        """Yield a piece in chunks."""
        ...

    async def drop_pieces(self, upload_id: str) -> None: ...

    async def keep(self, upload_id: str, path: Path, content_type: str) -> None:
        """Take a whole file of this machine over; one that was kept under the same id before is replaced."""
        ...

    async def drop(self, upload_id: str) -> None:
        """Remove a whole file, if it is there."""
        ...

    def find_path(self, upload_id: str) -> Path | None:
        """Return where the file lies, if that is a folder of this machine."""
        ...

    async def link(self, upload_id: str, lifetime: timedelta) -> str | None:
        """Return an address at which the place itself gives the file to whoever has the address; None where it cannot."""
        ...
