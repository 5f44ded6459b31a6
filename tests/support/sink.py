"""A receiver of webhooks on loopback, which answers as it is told and keeps what it was sent."""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import msgspec
from aiohttp import web
from standardwebhooks import Webhook

Script = Callable[[int], "int | tuple[int, dict[str, str]] | None"]
"""From the number of a request, counted from 0, to its status and headers; None hangs."""


class Received(msgspec.Struct, frozen=True):
    """A webhook as it came in."""

    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def document(self) -> dict[str, Any]:
        return msgspec.json.decode(self.body, type=dict[str, Any])

    def verify(self, secret: str) -> None:
        """Fail unless the official library accepts it."""
        Webhook(secret).verify(self.body, self.headers)

    def is_signed_with(self, secret: str) -> bool:
        """Tell whether one of its signatures is of this secret, however old it is."""
        moment = int(self.headers["webhook-timestamp"])
        signed = Webhook(secret).sign(self.id, _naive(moment), self.body.decode())
        return signed in self.headers["webhook-signature"].split(" ")


def _naive(timestamp: int) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(timestamp, UTC)


class Sink:
    """One endpoint; ``script`` may be changed at any time."""

    def __init__(self, script: Script = lambda _: 204) -> None:
        self.script = script
        self.received: list[Received] = []
        self.at_once = 0
        self.most_at_once = 0
        self._let_go = asyncio.Event()
        self._told = 204

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._let_go.set()
        await self._runner.cleanup()

    def let_go(self, status: int = 204) -> None:
        """End the requests that hang with this status."""
        self._told = status
        self._let_go.set()
        self._let_go = asyncio.Event()

    async def _answer(self, request: web.Request) -> web.Response:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            headers = {name.lower(): value for name, value in request.headers.items()}
            number = len(self.received)
            self.received.append(Received(headers, await request.read(), time.monotonic()))
            told = self.script(number)
            if told is None:
                await self._let_go.wait()
                told = self._told
            status, extra = (told, {}) if isinstance(told, int) else told
            return web.Response(status=status, headers=extra, text="thank you" if status == 200 else None)
        finally:
            self.at_once -= 1

    async def wait(self, count: int, *, seconds: float = 15) -> list[Received]:
        """Return when so many webhooks have come in; fail the test when that takes longer."""
        deadline = time.monotonic() + seconds
        while len(self.received) < count:
            assert time.monotonic() < deadline, f"{len(self.received)} of {count} webhooks came in {seconds} s"
            await asyncio.sleep(0.01)
        return self.received
