"""`stagedoor serve` as a process of its own, its log kept."""

import asyncio
import os
import signal
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
import msgspec

from stagedoor.settings import Settings
from tests.support import nursery
from tests.support.gateway import Api

START_SECONDS = 40
STOP_SECONDS = 20


class ServingProcess:
    """A gateway in another process, on a database that is ready; standard error goes to a file."""

    def __init__(self, settings: Settings, log: Path, **environment: str) -> None:
        self.settings = settings
        self.log = log
        self._environment = environment
        self.url = f"http://127.0.0.1:{settings.port}"

    def launch(self) -> None:
        """Start the process, and do not wait until it serves."""
        known = {name: value for name, value in os.environ.items() if not name.startswith("STAGEDOOR_")}
        given = {f"STAGEDOOR_{name.upper()}": str(value) for name, value in msgspec.to_builtins(self.settings).items()}
        env = {**known, **given, **self._environment}
        self._process = nursery.start(["serve"], env=env, out=self.log, err=self.log, cwd=Path.cwd())

    async def __aenter__(self) -> Self:
        self.launch()
        self.http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), auto_decompress=False)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                async with self.http.get(f"{self.url}/healthz") as response:
                    assert response.status == 200
                    return self
            except aiohttp.ClientConnectorError:
                assert self._process.poll() is None, self.log.read_text()
                assert time.monotonic() < deadline, "the gateway did not start"
                await asyncio.sleep(0.05)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.close()
        self._process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(self._process.wait, STOP_SECONDS)

    @property
    def process(self) -> nursery.Program:
        return self._process

    def api(self, key: str) -> Api:
        return Api(self.url, key, self.http)
