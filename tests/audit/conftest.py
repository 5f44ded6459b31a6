"""A tenant whose trail is looked at."""

from typing import Any

import pytest

from stagedoor.tenants.store import Tenant
from tests.invitations.support import DONE, PURPOSES, Studio, Visitor
from tests.support.gateway import Api, RunningGateway


@pytest.fixture
async def tenant(gateway: RunningGateway) -> Tenant:
    return await gateway.tenant("Studio North")


@pytest.fixture
async def api(gateway: RunningGateway, tenant: Tenant) -> Api:
    return await gateway.client(tenant)


@pytest.fixture
def studio(gateway: RunningGateway, api: Api) -> Studio:
    return Studio(gateway, api)


@pytest.fixture
async def made(studio: Studio) -> dict[str, Any]:
    return await studio.invite(Purposes=PURPOSES, ReturnURL=DONE)


@pytest.fixture
def visitor(studio: Studio, made: dict[str, Any]) -> Visitor:
    return Visitor(studio.api, made["Link"])
