"""Files of this machine, and the uploads that they become."""

import base64
import hashlib
import mimetypes
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import IO, NamedTuple

from stagedoor_client.media import BrokenRule
from stagedoor_client.reading import Result, each, moment, number, string

File = str | PathLike[str] | bytes | IO[bytes]
"""A path, the content itself, or an open file that can be read from any place."""

TUS: Mapping[str, str] = {"tus-resumable": "1.0.0"}
PART: Mapping[str, str] = {"content-type": "application/offset+octet-stream"}
PART_BYTES = 2 << 20
"""So much is sent again at most when a connection breaks, and so often progress is told."""
SCHEME = "upload://"


@dataclass(frozen=True, kw_only=True)
class Upload(Result):
    """A file at the gateway, whole when ``state`` is ``Complete``."""

    id: str = string("UploadId")
    name: str = string("Name")
    size: int = number("Size", 0)
    received: int = number("Received", 0)
    content_type: str = string("ContentType")
    asset_type: str = string("AssetType")
    state: str = string("State")
    sha256: str = string("Sha256")
    problems: tuple[BrokenRule, ...] = each("Problems", BrokenRule)
    create_time: datetime | None = moment("CreateTime")
    expire_time: datetime | None = moment("ExpireTime")

    @property
    def is_complete(self) -> bool:
        return self.state == "Complete"

    @property
    def url(self) -> str:
        """What ⑥ names it by."""
        return f"{SCHEME}{self.id}"


class Source(NamedTuple):
    """A file that is read in parts."""

    file: IO[bytes]
    name: str
    size: int

    def part(self, offset: int) -> bytes:
        """Return the part that begins there; empty at the end."""
        self.file.seek(offset)
        return self.file.read(PART_BYTES)

    def sha256(self) -> str:
        digest = hashlib.sha256()
        self.file.seek(0)
        while chunk := self.file.read(PART_BYTES):
            digest.update(chunk)
        return digest.hexdigest()


@contextmanager
def open_source(file: File, filename: str | None) -> Iterator[Source]:
    """Open what was given, unless it is open, and close it again.

    Raises:
        OSError: there is no such file, or it cannot be read.
        ValueError: it is open and cannot be read from any place.

    """
    with ExitStack() as ours:
        opened: IO[bytes]
        if isinstance(file, bytes):
            opened, name = BytesIO(file), ""
        elif isinstance(file, (str, PathLike)):
            opened, name = ours.enter_context(Path(file).open("rb")), Path(file).name
        else:
            opened, name = file, Path(str(getattr(file, "name", ""))).name
        if not opened.seekable():
            raise ValueError("A file is sent in parts: it must be one that can seek.")
        yield Source(opened, filename or name, opened.seek(0, 2))


def begin_headers(source: Source, asset_type: str | None) -> dict[str, str]:
    """Return what is said of a file before it is sent."""
    content_type = mimetypes.guess_type(source.name)[0] or ""
    told = {"filename": source.name, "filetype": content_type, "assettype": asset_type or ""}
    words = (f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in told.items() if value)
    return {"upload-length": str(source.size), "upload-metadata": ",".join(words)}


def check_same_size(source: Source, upload: Upload) -> None:
    """Refuse to go on with another file.

    Raises:
        ValueError: it is one.

    """
    if source.size != upload.size:
        raise ValueError(f"The upload is of a file with {upload.size} bytes, and this one has {source.size}.")


def check_same_content(source: Source, upload: Upload) -> None:
    """Refuse what was put together from two files.

    Raises:
        ValueError: the gateway has another content.

    """
    if source.sha256() != upload.sha256:
        raise ValueError("The upload was begun with another file, or this one was changed meanwhile.")
