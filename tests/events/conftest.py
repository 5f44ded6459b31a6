"""A gateway without an upstream, and a tenant to which things happen."""

from collections.abc import AsyncIterator

import pytest

from stagedoor.clock import MovableClock
from stagedoor.tenants.store import Tenant
from tests.support.gateway import Api, RunningGateway, gateway_settings


@pytest.fixture
async def gateway(database_url: str, clock: MovableClock) -> AsyncIterator[RunningGateway]:
    async with RunningGateway(gateway_settings(database_url), clock) as running:
        yield running


@pytest.fixture
async def tenant(gateway: RunningGateway) -> Tenant:
    return await gateway.tenant()


@pytest.fixture
async def api(gateway: RunningGateway, tenant: Tenant) -> Api:
    return await gateway.client(tenant)
