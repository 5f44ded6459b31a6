"""Looking into a file in a process of its own, within bounds of time and memory."""

import asyncio
import signal
import sys
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import msgspec

PROGRAM = "stagedoor.media.decoder"
NEEDED = ("av", "PIL", "pillow_heif")
LONGEST_ANSWER = 4096
TAKEN_TOO_MUCH = frozenset({signal.SIGKILL, signal.SIGXCPU})
"""By these a process ends that has used up its processor time; by others, when a decoder breaks down."""

Trouble = Literal["unreadable", "undecodable", "too much"]


class Bounds(msgspec.Struct, frozen=True):
    """What looking at one file may cost: processor seconds, bytes of memory, pixels of a picture; and how many at once."""

    seconds: int
    memory: int
    at_once: int
    most_pixels: int = 100_000_000


class Seen(msgspec.Struct, frozen=True):
    """What was found inside; None: the kind of file has no such property, or nobody could look."""

    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    fps: float | None = None
    films: int = 0
    sounds: int = 0
    decodes: bool = False
    trouble: Trouble | None = None


@cache
def can_look() -> bool:
    """Tell whether the decoders are installed: the extra ``media``."""
    return all(find_spec(name) is not None for name in NEEDED)


class Looker:
    """Looks into files, a few at a time."""

    def __init__(self, bounds: Bounds, *, is_able: bool | None = None) -> None:
        """Prepare.

        Args:
            bounds: what a look may cost.
            is_able: whether there are decoders; found out when it is left out.

        """
        self._bounds = bounds
        self._is_able = can_look() if is_able is None else is_able
        self._room = asyncio.Semaphore(bounds.at_once)

    async def look(self, path: Path, name: str) -> Seen | None:
        """Return what is inside a file of a kind that can be read; None when there was no way or no time to find out.

        A file that takes all the processor time or memory there is for it is in trouble; one that only waited, because
        the machine is busy, is not.
        """
        if not self._is_able:
            return None
        async with self._room:
            with suppress(OSError):  # there is no room for another process
                return await self._run(path, name)
        return None

    async def _run(self, path: Path, name: str) -> Seen | None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-m",
            PROGRAM,
            str(path),
            name,
            str(self._bounds.seconds),
            str(self._bounds.memory),
            str(self._bounds.most_pixels),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
        )
        try:
            async with asyncio.timeout(3 * self._bounds.seconds + 5):
                said = await _read(process.stdout)
                code = await process.wait()
        except TimeoutError:
            return None
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        return read_said(said, code)


async def _read(stream: asyncio.StreamReader | None) -> bytes:
    said = b""
    while stream is not None and len(said) < LONGEST_ANSWER and (chunk := await stream.read(LONGEST_ANSWER)):
        said += chunk
    return said


def read_said(said: bytes, code: int) -> Seen | None:
    """Return what the process said until it ended, in whichever way."""
    if code > 0:
        return None  # the program itself failed: that says nothing of the file
    found: dict[str, object] = {}
    for line in said.splitlines():
        # The process may have been ended in the middle of a line.
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            found |= msgspec.json.decode(line, type=dict[str, object])
    if code < 0:
        found["trouble"] = "too much" if -code in TAKEN_TOO_MUCH else "undecodable"
    try:
        return msgspec.convert(found, Seen)
    except msgspec.ValidationError:
        return Seen(trouble="unreadable")  # a decoder that somebody got hold of may print anything
