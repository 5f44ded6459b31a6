"""A tenant with webhook endpoints."""

import asyncio
import time
from typing import Any, Self

from tests.support.events import happen
from tests.support.gateway import Api, RunningGateway

PATH = "/v1/webhook-endpoints"


class Studio:
    """A tenant: its client, its endpoints, and things that happen to it."""

    def __init__(self, gateway: RunningGateway, tenant_id: str, api: Api) -> None:
        self.gateway = gateway
        self.tenant_id = tenant_id
        self.api = api

    @classmethod
    async def open(cls, gateway: RunningGateway) -> Self:
        tenant = await gateway.tenant()
        return cls(gateway, tenant.id, await gateway.client(tenant))

    async def endpoint(self, url: str, **fields: Any) -> dict[str, Any]:
        """Add an endpoint and return it with its secret."""
        return (await self.api.send("POST", PATH, body={"URL": url, **fields})).result

    async def shown(self, endpoint: dict[str, Any]) -> dict[str, Any]:
        return (await self.api.send("GET", f"{PATH}/{endpoint['Id']}")).result

    async def owed(self, endpoint: dict[str, Any]) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.api.send("GET", f"{PATH}/{endpoint['Id']}/deliveries")).result[
            "Items"
        ]
        return items

    async def happen(self, object_id: str = "group-1", name: str = "group.created") -> str:
        return await happen(self.gateway.rt, self.tenant_id, object_id, name)

    async def until(self, endpoint: dict[str, Any], seconds: float = 15, **wanted: Any) -> dict[str, Any]:
        """Return the endpoint when it shows these fields; None for one that must not be there."""
        deadline = time.monotonic() + seconds
        while True:
            shown = await self.shown(endpoint)
            if all(shown.get(name) == value for name, value in wanted.items()):
                return shown
            assert time.monotonic() < deadline, (shown, wanted)
            await asyncio.sleep(0.02)

    async def until_owed(self, endpoint: dict[str, Any], seconds: float = 15, **wanted: Any) -> dict[str, Any]:
        """Return the first event that is owed when it shows these fields."""
        deadline = time.monotonic() + seconds
        while True:
            owed = await self.owed(endpoint)
            if owed and all(owed[0].get(name) == value for name, value in wanted.items()):
                return owed[0]
            assert time.monotonic() < deadline, (owed, wanted)
            await asyncio.sleep(0.02)

    async def until_nothing_is_owed(self, endpoint: dict[str, Any], seconds: float = 15) -> None:
        deadline = time.monotonic() + seconds
        while owed := await self.owed(endpoint):
            assert time.monotonic() < deadline, owed
            await asyncio.sleep(0.02)
