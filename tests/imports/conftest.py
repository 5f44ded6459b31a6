"""What the tests of bulk imports share."""

from typing import Any

import pytest

from tests.support.emulator import EmulatorControl
from tests.support.gateway import MODEL, Answer, Api
from tests.support.story import AT_ONCE, eventually, make_group

PATH = "/v1/imports"
CHEAP = "https://never.example/face.jpg"


class Importer:
    """A tenant that imports into one group."""

    def __init__(self, api: Api, group_id: str) -> None:
        self.api = api
        self.group_id = group_id

    async def send(self, items: list[dict[str, Any]], headers: dict[str, Any] | None = None, **fields: Any) -> Answer:
        body = {"model": MODEL, "GroupId": self.group_id, "Items": items, **fields}
        return await self.api.send("POST", PATH, body=body, **(headers or {}))

    async def begin(self, items: list[dict[str, Any]], **fields: Any) -> str:
        return str((await self.send(items, **fields)).result["Id"])

    async def look(self, import_id: str) -> dict[str, Any]:
        return (await self.api.send("GET", f"{PATH}/{import_id}")).result

    async def items(self, import_id: str, query: str = "limit=1000") -> list[dict[str, Any]]:
        return list((await self.api.send("GET", f"{PATH}/{import_id}/items?{query}")).result["Items"])

    async def finish(self, import_id: str, *, seconds: float = 30) -> dict[str, Any]:
        """Wait for the end of an import, and return how it looks then."""

        async def is_over() -> bool:
            return "FinishTime" in await self.look(import_id)

        await eventually(is_over, seconds=seconds)
        return await self.look(import_id)

    async def told_of_the_end(self) -> list[dict[str, Any]]:
        """Return the events that tell the end of imports, when there is one: it is seen when no older transaction runs any more."""
        told: list[dict[str, Any]] = []

        async def is_told() -> bool:
            told[:] = (await self.api.send("GET", "/v1/events?after=0&type=import.completed&limit=200")).result["Items"]
            return bool(told)

        await eventually(is_told, seconds=30)
        return told


def pictures_of(count: int, url: str) -> list[dict[str, Any]]:
    return [
        {"URL": f"{url}{number}.jpg", "AssetType": "Image", "Name": f"face {number}"} for number in range(1, count + 1)
    ]


@pytest.fixture
async def importer(api: Api, control: EmulatorControl) -> Importer:
    await control.settings(transition=AT_ONCE)
    return Importer(api, await make_group(api))
