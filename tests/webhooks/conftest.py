"""A gateway that may send webhooks to this machine."""

from collections.abc import AsyncIterator

import pytest

from stagedoor.clock import MovableClock
from stagedoor.emulator import RunningEmulator
from tests.support.gateway import Api, RunningGateway, gateway_settings
from tests.support.sink import Sink
from tests.webhooks.studio import Studio


@pytest.fixture
async def gateway(database_url: str, clock: MovableClock) -> AsyncIterator[RunningGateway]:
    async with RunningGateway(gateway_settings(database_url, webhook_private=True), clock) as running:
        yield running


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with Sink() as made:
        yield made


@pytest.fixture
async def studio(gateway: RunningGateway) -> Studio:
    return await Studio.open(gateway)


@pytest.fixture
async def api(studio: Studio) -> Api:
    return studio.api


@pytest.fixture
async def gateway_with_emulator(gateway: RunningGateway, emulator: RunningEmulator) -> RunningGateway:
    await gateway.connect(emulator)
    return gateway
