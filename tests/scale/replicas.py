"""Identical `stagedoor serve` processes on one database, restarted one after another as systemd would: it waits for READY."""

import asyncio
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from tests.support.serving import START_SECONDS, ServingProcess
from tests.support.stage import Stage


class Replica:
    """One of the processes: the present one, and those that will follow it."""

    def __init__(self, stage: Stage, folder: Path, name: str, **settings: Any) -> None:
        self._notices = folder / f"{name}.notify"
        self._serving = ServingProcess(
            msgspec.structs.replace(stage.settings, console=False, **settings),
            folder / f"{name}.log",
            NOTIFY_SOCKET=str(self._notices),
        )

    @property
    def url(self) -> str:
        return self._serving.url

    @property
    def pid(self) -> int:
        return self._serving.process.pid

    async def start(self) -> None:
        """Start the process and return when it says that it serves."""
        self._notices.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(self._notices))
            manager.settimeout(START_SECONDS)
            self._serving.launch()
            assert await asyncio.to_thread(manager.recv, 100) == b"READY=1"

    def launch(self) -> None:
        """Start the process and do not wait for it."""
        self._serving.launch()

    def signal(self, number: int = signal.SIGTERM) -> None:
        self._serving.process.send_signal(number)

    async def ended(self, *, seconds: float = 30) -> int:
        """Return the exit code once the process has ended."""
        return await asyncio.to_thread(self._serving.process.wait, seconds)

    async def stop(self) -> float:
        """Stop the process and return how long that took; nothing may have gone wrong in it."""
        begun = time.monotonic()
        self.signal()
        assert await self.ended() == 0, self.log()
        assert self.log() == ""
        return time.monotonic() - begun

    def kill(self) -> None:
        if self._serving.process.poll() is None:
            self._serving.process.kill()
            self._serving.process.wait()

    def log(self) -> str:
        return self._serving.log.read_text()


@asynccontextmanager
async def replicas(*made: Replica) -> AsyncIterator[None]:
    """Start them, and leave none behind."""
    try:
        await asyncio.gather(*(replica.start() for replica in made))
        yield
    finally:
        for replica in made:
            replica.kill()
