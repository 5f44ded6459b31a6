"""Postman and what reads its files: the collection runs as it is, and the OpenAPI document is imported without a complaint."""

import shutil
from typing import Any

import msgspec
import pytest

from stagedoor.contract.operations import OPERATIONS
from stagedoor.doors.openapi.build import build_openapi
from stagedoor.emulator import RunningEmulator
from tests.emulator.test_official_node import installed, run  # noqa: F401 - a fixture
from tests.support.gateway import Api, RunningGateway
from tests.support.story import ON_SQLITE

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(shutil.which("node") is None or shutil.which("npm") is None, reason="needs Node.js and npm"),
    pytest.mark.usefixtures("installed"),
]


@ON_SQLITE
async def test_the_story_of_the_collection_runs_from_the_check_to_the_deletion(
    gateway: RunningGateway, api: Api, emulator: RunningEmulator
) -> None:
    async with api.http.get(f"{gateway.url}/postman.json") as answer:
        assert answer.content_type == "application/json"
        collection = msgspec.json.decode(await answer.read())
    variables = {"base_url": gateway.url, "api_key": api.key, "emulator_url": emulator.url}
    order = {"collection": collection, "folder": "The whole story", "variables": variables}
    ended = msgspec.json.decode(await run("node", "collection.mjs", stdin=msgspec.json.encode(order)))
    assert ended["failures"] == []
    assert {line[0] for line in ended["requests"]} >= {operation.number for operation in OPERATIONS}
    assert ended["assertions"] > 2 * len(OPERATIONS)


async def test_postman_imports_the_openapi_document() -> None:
    document: Any = build_openapi("en", public_url="https://door.example/")
    given = await run("node", "collection.mjs", stdin=msgspec.json.encode({"openapi": document}))
    imported = msgspec.json.decode(given)
    there = sum(len(methods) for methods in document["paths"].values())
    assert imported == {"requests": there, "base_url": "https://door.example", "auth": "bearer"}
