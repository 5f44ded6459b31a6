"""A gateway that keeps uploads in a folder of the test's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stagedoor.clock import MovableClock
from stagedoor.emulator import RunningEmulator
from tests.support.gateway import RunningGateway, gateway_settings

LIMIT, TENANT_LIMIT = 9_000_000, 16_000_000


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
async def gateway(
    database_url: str, emulator: RunningEmulator, clock: MovableClock, store: Path
) -> AsyncIterator[RunningGateway]:
    settings = gateway_settings(
        database_url, upload_store=str(store), upload_limit=LIMIT, upload_tenant_limit=TENANT_LIMIT, body_timeout=2.0
    )
    async with RunningGateway(settings, clock) as running:
        await running.connect(emulator)
        yield running
