"""Events as they happen: Server-Sent Events, resumed by ``Last-Event-ID``."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any

import structlog
from starlette.types import Receive, Scope, Send

from stagedoor.errors import CallerError, FlowLimitExceeded, StagedoorError
from stagedoor.events.listing import BEGINNING, find_place, read_events
from stagedoor.events.store import Event, bell, find_newest_event, print_event
from stagedoor.http.guard import NO_SNIFF, NO_STORE
from stagedoor.keys.authenticate import Caller
from stagedoor.runtime import Runtime

log = structlog.get_logger()

AT_ONCE = 100
"""Events read together."""
POLL_SECONDS = 3.0
"""How long an event, or the end of a key, stays unnoticed when no bell rings."""
SOON_SECONDS = 0.05
"""The first look after a bell may come too soon: what rang is seen when no older transaction is running any more."""
HEARTBEAT_SECONDS = 15.0
RECONNECT_MS = 2000
SEND_SECONDS = 30.0
"""A reader that takes nothing for so long is gone."""
END_SECONDS = 1.0
MOST_STREAMS = 100
"""Streams of one tenant, or of all operators, in one process."""

Admit = Callable[[bytes], Awaitable[Caller]]
"""Returns whose events the holder of an Authorization header may read; raises when the key is no good, or no good any more."""


class EventStreams:
    """The open streams of this process."""

    def __init__(self, rt: Runtime, admit: Admit, *, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        """Prepare; ``heartbeat`` is how many seconds a stream is silent at most."""
        self._rt = rt
        self._admit = admit
        self._heartbeat = heartbeat
        self._open: Counter[str] = Counter()

    async def serve(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        tenant_id: str,
        authorization: bytes,
        after: str | None,
        types: Sequence[str],
    ) -> None:
        """Stream until the reader is gone, the key ends or the gateway stops.

        Raises:
            NotFound: there is no event to begin after.
            FlowLimitExceeded: the reader has too many streams open.

        """
        place = await self._begin(tenant_id, after)
        if self._open[tenant_id] >= MOST_STREAMS:
            raise FlowLimitExceeded(f"There are {MOST_STREAMS} streams open. Close one that is not needed.")
        self._open[tenant_id] += 1
        try:
            await self._start(scope, send)
            stream = self._stream(tenant_id, authorization, place, types)
            await _pour(stream, scope, receive, send)
            await _end(scope, send)
        finally:
            self._open[tenant_id] -= 1

    async def _begin(self, tenant_id: str, after: str | None) -> Event | None:
        if after is not None:
            return await find_place(self._rt, tenant_id, after)
        return await self._rt.db.read(lambda tx: find_newest_event(tx, tenant_id))

    async def _start(self, scope: Scope, send: Send) -> None:
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"x-request-id", scope["state"]["request_id"].encode()),
            (b"x-accel-buffering", b"no"),
            NO_STORE,
            NO_SNIFF,
            *scope["state"].get("rate_limit", ()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _stream(
        self, tenant_id: str, authorization: bytes, place: Event | None, types: Sequence[str]
    ) -> AsyncGenerator[bytes]:
        """Yield what the reader gets, for as long as the key is good."""
        loop = asyncio.get_running_loop()
        # The place comes first: whoever is cut off before the first event goes on from where it began.
        yield f"retry: {RECONNECT_MS}\nid: {BEGINNING if place is None else place.id}\n\n".encode()
        beat_at = loop.time() + self._heartbeat
        pause = SOON_SECONDS
        with self._rt.db.bells.listen(bell(tenant_id)) as rung:
            while True:
                rung.clear()
                has_more = False
                try:
                    await self._admit(authorization)
                    page = await read_events(self._rt, tenant_id, place, limit=AT_ONCE, types=types)
                except CallerError:
                    return
                except StagedoorError as error:
                    log.info("event_stream_waits", error=error.full_code)
                else:
                    place, has_more = page.last, page.has_more
                    if page.events:
                        yield b"".join(map(_print, page.events))
                        beat_at = loop.time() + self._heartbeat
                if loop.time() >= beat_at:
                    yield b":\n\n"
                    beat_at = loop.time() + self._heartbeat
                if has_more:
                    continue
                try:
                    async with asyncio.timeout(min(pause, beat_at - loop.time())):
                        await rung.wait()
                    pause = SOON_SECONDS
                except TimeoutError:
                    pause = min(pause * 2, POLL_SECONDS)


def _print(event: Event) -> bytes:
    payload = print_event(event.type, event.created_at, event.data)
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (event.id.encode(), event.type.encode(), payload)


async def _end(scope: Scope, send: Send) -> None:
    try:
        async with asyncio.timeout(END_SECONDS):
            await send({"type": "http.response.body", "body": b""})
    except TimeoutError:  # the reader takes nothing
        scope["state"]["hang_up"]()


async def _pour(stream: AsyncGenerator[bytes], scope: Scope, receive: Receive, send: Send) -> None:
    """Send the stream until it ends, the reader is gone or the gateway stops."""
    pouring = asyncio.create_task(_send_all(stream, send), name="events:stream")
    ends: list[asyncio.Task[Any]] = [pouring, asyncio.create_task(_until_gone(receive))]
    if (stopping := scope["state"].get("stopping")) is not None:
        ends.append(asyncio.create_task(stopping.wait()))
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in ends:
            task.cancel()
        await asyncio.gather(*ends, return_exceptions=True)
    if not pouring.cancelled() and (error := pouring.exception()):
        raise error


async def _send_all(stream: AsyncGenerator[bytes], send: Send) -> None:
    async with aclosing(stream):
        async for piece in stream:
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            except TimeoutError:
                return


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
