"""Gateways with other settings than the usual ones."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from stagedoor.clock import MovableClock
from stagedoor.emulator import RunningEmulator
from tests.support.gateway import Api, RunningGateway, gateway_settings

RunGateway = Callable[..., AbstractAsyncContextManager[tuple[RunningGateway, Api]]]
"""Takes settings by name; gives the gateway and a tenant's client."""


@pytest.fixture
def run_gateway(database_url: str, emulator: RunningEmulator, clock: MovableClock) -> RunGateway:
    @asynccontextmanager
    async def run(**settings: Any) -> AsyncIterator[tuple[RunningGateway, Api]]:
        async with RunningGateway(gateway_settings(database_url, **settings), clock) as gateway:
            await gateway.connect(emulator)
            yield gateway, await gateway.client()

    return run
