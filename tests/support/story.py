"""Steps of the whole story that many tests begin with."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest

from tests.support.emulator import EmulatorControl, Hold
from tests.support.gateway import Api, RunningGateway, gateway_settings

AT_ONCE = {"mode": "immediate"}
Result = TypeVar("Result")
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what has nothing to do with the database: once is enough."""
DONE = "https://studio.example/done"


async def pass_face_check(api: Api, control: EmulatorControl, **fields: Any) -> str:
    """Start a face check, let the person pass it, and return the group it earned."""
    started = await api.ok("CreateVisualValidateSession", CallbackURL=DONE, **fields)
    came_back = await control.complete(started["BytedToken"])
    async with api.http.get(came_back, allow_redirects=False) as response:
        assert response.status == 303
    exchanged = await api.ok("GetVisualValidateResult", BytedToken=started["BytedToken"])
    return str(exchanged["GroupId"])


async def make_group(api: Api, name: str = "figures", **fields: Any) -> str:
    """Create an AIGC group and return its id."""
    return str((await api.ok("CreateAssetGroup", Name=name, **fields))["Id"])


async def upload(api: Api, group_id: str, url: str, **fields: Any) -> str:
    """Upload an image and return the id of the asset, which is Processing."""
    created = await api.ok("CreateAsset", GroupId=group_id, URL=url, **{"AssetType": "Image", **fields})
    assert created["Status"] == "Processing"
    return str(created["Id"])


async def answered(control: EmulatorControl, action: str) -> list[dict[str, Any]]:
    """Return the calls of an action that the emulator has answered with a result."""
    return [call for call in await control.ledger(action) if call["status"] == 200]


async def eventually(probe: Callable[[], Awaitable[bool]], *, seconds: float = 10) -> None:
    """Return when the probe says yes; fail the test when that takes too long."""
    for _ in range(int(seconds / 0.02)):
        if await probe():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"it has not come true within {seconds} s")


@asynccontextmanager
async def held_call(hold: Hold, call: Coroutine[Any, Any, Result]) -> AsyncIterator[asyncio.Task[Result]]:
    """Begin a call, run the block while the emulator holds it, then let it go and wait for its end."""
    task = asyncio.create_task(call)
    await hold.wait()
    try:
        yield task
    finally:
        await hold.release()
        await asyncio.wait([task])


@asynccontextmanager
async def second_gateway(first: RunningGateway) -> AsyncIterator[RunningGateway]:
    """Run another gateway on the same database."""
    settings = gateway_settings(first.settings.database_url, secret_key=first.settings.secret_key)
    async with RunningGateway(settings, first.clock) as running:
        yield running
