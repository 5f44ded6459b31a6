"""A gateway that is killed and started again, before an emulator that lives on: one account for each."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from stagedoor.clock import MovableClock
from stagedoor.emulator import EmulatorSettings, start_emulator
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway, gateway_settings
from tests.support.serving import ServingProcess
from tests.support.validation import until

KILLS = int(os.environ.get("STAGEDOOR_TEST_KILLS", "2"))
"""How often a process is killed at each point; CI says 20, `make test-long` 150."""
GONE = (aiohttp.ClientError, ConnectionError)


class Stage:
    """One database, and the process that works on it for the moment."""

    def __init__(self, gateway: RunningGateway, api_key: str, control: EmulatorControl, folder: Path) -> None:
        self.settings = gateway.settings
        self.control = control
        self.given: dict[str, str] = {}
        """BytedToken to the GroupId that was answered."""
        self.unknown: set[str] = set()
        """BytedTokens of which it was answered that Ark's answer was lost."""
        self.key = api_key
        self.tenant_id = ""
        self.folder = folder
        self._crash_file = folder / "crash"

    @asynccontextmanager
    async def process(self, *, port: int | None = None) -> AsyncIterator[ServingProcess]:
        """Run the gateway; on another port, it runs beside one that is running."""
        async with self._serving(port) as process:
            self.api = Api(process.url, self.key, process.http)
            yield process

    def launch(self) -> ServingProcess:
        """Start the gateway and do not wait for it; whoever does so kills it."""
        process = self._serving(None)
        process.launch()
        return process

    def client(self, http: aiohttp.ClientSession, url: str = "") -> Api:
        """Return a client whose connections outlive the process."""
        return Api(url or f"http://127.0.0.1:{self.settings.port}", self.key, http)

    def _serving(self, port: int | None) -> ServingProcess:
        environment = {"STAGEDOOR_TEST_CRASH_FILE": str(self._crash_file)}
        settings = self.settings if port is None else msgspec.structs.replace(self.settings, port=port)
        return ServingProcess(settings, self.folder / f"log-{settings.port}", **environment)

    async def dies_at(self, point: str, process: ServingProcess, work: Callable[[], Awaitable[object]]) -> None:
        """Do what leads the process to the point, and return when it has died there; the connection may break under it."""
        self._crash_file.write_text(point, encoding="ascii")
        with suppress(*GONE):
            await work()
        await until(lambda: process.process.poll() is not None)
        assert process.process.returncode == -9
        assert not self._crash_file.exists()

    async def killed(self, process: ServingProcess) -> None:
        process.process.kill()
        await asyncio.to_thread(process.process.wait)


@asynccontextmanager
async def set_stage(database_url: str, folder: Path, **settings: Any) -> AsyncIterator[Stage]:
    """Prepare a database with a tenant, a key and a channel, and run an emulator of its own for it in ``folder/emulator``."""
    emulator = await start_emulator(EmulatorSettings(data_dir=folder / "emulator"))
    try:
        async with EmulatorControl(emulator.url) as control:
            async with RunningGateway(gateway_settings(database_url, **settings), MovableClock()) as gateway:
                await gateway.connect(emulator)
                tenant = await gateway.tenant()
                stage = Stage(gateway, (await gateway.client(tenant)).key, control, folder)
                stage.tenant_id = tenant.id
            yield stage
    finally:
        await emulator.stop()
