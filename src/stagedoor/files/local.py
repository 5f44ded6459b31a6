"""Files in a folder of this machine."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from typing import ParamSpec, TypeVar

from stagedoor.errors import FilesUnavailable
from stagedoor.ids import random_base62

CHUNK_BYTES = 1 << 18
LEFT_BEHIND_SECONDS = 86_400
"""After so long nobody is writing any more: a file on its way is one that a process left behind when it died."""
Given = ParamSpec("Given")
Result = TypeVar("Result")


class LocalFiles:
    """Pieces, whole files and what is on its way, each in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, which is made when the first file comes: who never uploads needs none."""
        self._folder = folder
        self._incoming, self._pieces, self._whole = (folder / name for name in ("incoming", "pieces", "whole"))
        self._is_ready = False

    def incoming(self) -> Path:
        self._get_ready()
        return self._incoming / random_base62(22)

    def _get_ready(self) -> None:
        """Make the folders, and clear away what processes that died have left on its way.

        Raises:
            FilesUnavailable: that cannot be done.

        """
        if self._is_ready:
            return
        try:
            for path in (self._incoming, self._pieces, self._whole):
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in self._incoming.iterdir():
                if path.stat().st_mtime < time.time() - LEFT_BEHIND_SECONDS:
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise FilesUnavailable from error
        self._is_ready = True

    async def put_piece(self, upload_id: str, name: str, content: bytes) -> None:
        self._get_ready()
        await in_thread(self._put_piece, self._pieces / upload_id, name, content)

    def _put_piece(self, folder: Path, name: str, content: bytes) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        with (folder / name).open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _sync(folder)
        _sync(self._pieces)

    def read_piece(self, upload_id: str, name: str) -> AsyncIterator[bytes]:
        return read_chunks(self._pieces / upload_id / name)

    async def drop_pieces(self, upload_id: str) -> None:
        await in_thread(rmtree, self._pieces / upload_id, ignore_errors=True)

    async def keep(self, upload_id: str, path: Path, content_type: str) -> None:  # noqa: ARG002 - a folder knows no types
        await in_thread(self._keep, upload_id, path)

    def _keep(self, upload_id: str, path: Path) -> None:
        with path.open("rb") as file:
            os.fsync(file.fileno())
        path.replace(self._whole / upload_id)
        _sync(self._whole)

    async def drop(self, upload_id: str) -> None:
        await in_thread((self._whole / upload_id).unlink, missing_ok=True)

    def find_path(self, upload_id: str) -> Path | None:
        return self._whole / upload_id

    async def link(self, upload_id: str, lifetime: timedelta) -> str | None:  # noqa: ARG002 - the gateway gives it out itself
        return None


async def in_thread(act: Callable[Given, Result], /, *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """Do what waits for the disk in a thread.

    Raises:
        FilesUnavailable: the disk is full, or does not do it for another reason.

    """
    try:
        return await asyncio.to_thread(act, *args, **kwargs)
    except OSError as error:
        raise FilesUnavailable from error


async def read_chunks(path: Path, start: int = 0, size: int | None = None) -> AsyncIterator[bytes]:
    """Yield a part of a file of this machine; from the beginning to the end when nothing else is said."""
    file = await in_thread(path.open, "rb")
    try:
        file.seek(start)
        left = size
        while chunk := await in_thread(file.read, CHUNK_BYTES if left is None else min(left, CHUNK_BYTES)):
            yield chunk
            left = None if left is None else left - len(chunk)
    finally:
        file.close()


def _sync(folder: Path) -> None:
    """Make sure that a folder's new names outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
