"""A reader of the event stream, as a browser's EventSource would be."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec

from tests.support.gateway import Api


class Message(msgspec.Struct, frozen=True):
    """What stands between two empty lines."""

    id: str
    event: str
    data: str
    comment: bool

    @property
    def document(self) -> dict[str, Any]:
        return msgspec.json.decode(self.data, type=dict[str, Any])


class Stream:
    """An open stream."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def message(self, *, seconds: float = 10) -> Message | None:
        """Return the next message or comment; None at the end of the stream."""
        fields = {"id": "", "event": "", "data": ""}
        comment = False
        async with asyncio.timeout(seconds):
            while line := await self.response.content.readline():
                if line == b"\n":
                    return Message(**fields, comment=comment)
                name, _, value = line.decode().rstrip("\n").partition(":")
                comment |= not name
                fields[name] = value.removeprefix(" ")
                fields.pop("retry", None)
                fields.pop("", None)
        return None

    async def events(self, count: int, *, seconds: float = 20) -> list[Message]:
        """Return the next messages with data."""
        found: list[Message] = []
        while len(found) < count:
            message = await self.message(seconds=seconds)
            assert message is not None, f"the stream ended after {len(found)} of {count}"
            if message.data:
                found.append(message)
        return found


@asynccontextmanager
async def stream(api: Api, query: str = "", path: str = "/v1/events", **headers: str) -> AsyncIterator[Stream]:
    sent = {"authorization": f"Bearer {api.key}", "accept": "text/event-stream", **headers}
    timeout = aiohttp.ClientTimeout(total=None)
    async with api.http.get(f"{api.url}{path}{query}", headers=sent, timeout=timeout) as response:
        yield Stream(response)
