import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from stagedoor.emulator import RunningEmulator
from tests.support.emulator import SignedClient
from tests.support.media import image


@pytest.fixture
def ark(emulator: RunningEmulator, http: aiohttp.ClientSession) -> SignedClient:
    return SignedClient(emulator, http)


@pytest.fixture
async def slow_pictures() -> AsyncIterator[tuple[str, asyncio.Event, asyncio.Event]]:
    """Yield the address of a picture that waits, an event that it was asked for, and one that lets it go."""
    asked, go_on = asyncio.Event(), asyncio.Event()
    picture = image("jpeg", 600, 800)

    async def serve(_request: web.Request) -> web.Response:
        asked.set()
        await go_on.wait()
        return web.Response(body=picture, content_type="image/jpeg")

    app = web.Application()
    app.router.add_get("/slow.jpg", serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/slow.jpg", asked, go_on
    await runner.cleanup()
