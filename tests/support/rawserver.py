"""A server that answers with scripted bytes, right or wrong, so that every way an answer can go bad happens on a real socket."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

Play = Callable[[asyncio.StreamWriter], Awaitable[bool]]
"""Writes one answer; returns whether the connection stays open."""


def http(
    body: bytes | Mapping[str, object],
    *,
    status: int = 200,
    content_type: str | None = "application/json",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Return the bytes of a whole, well-formed HTTP answer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"Content-Length": str(len(content)), **({"Content-Type": content_type} if content_type else {})}
    return head(status, fields | dict(headers or {})) + content


def head(status: int, fields: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Scripted\r\n{lines}\r\n".encode()


def enveloped(result: object, **extra: object) -> dict[str, object]:
    """Return a result in Ark's envelope."""
    metadata = {"RequestId": "20260601191715C9DAA092032F19CEC367", "Service": "ark", "Version": "2024-01-01"}
    return {"ResponseMetadata": metadata | extra, "Result": result}


def refused(code: str, message: str = "No.", **extra: object) -> dict[str, object]:
    """Return a refusal in Ark's envelope."""
    envelope = enveloped(None, Error={"Code": code, "Message": message, **extra})
    del envelope["Result"]
    return envelope


def say(data: bytes, *, keep: bool = True) -> Play:
    """Send these bytes; then keep the connection, or close it in good order."""

    async def play(writer: asyncio.StreamWriter) -> bool:
        writer.write(data)
        await writer.drain()
        return keep

    return play


def drip(data: bytes, pause: float) -> Play:
    """Send these bytes one at a time."""

    async def play(writer: asyncio.StreamWriter) -> bool:
        for index in range(len(data)):
            writer.write(data[index : index + 1])
            await writer.drain()
            await asyncio.sleep(pause)
        return True

    return play


def reset(data: bytes = b"") -> Play:
    """Send these bytes, then tear the connection down with a RST."""

    async def play(writer: asyncio.StreamWriter) -> bool:
        if data:
            writer.write(data)
            await writer.drain()
            await asyncio.sleep(0.05)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return False

    return play


def hang() -> Play:
    """Say nothing, and keep the connection open for as long as the client does."""

    async def play(_: asyncio.StreamWriter) -> bool:
        await asyncio.Event().wait()
        return False

    return play


class RawServer:
    """Plays one entry of its script for each request; the last entry is played again and again."""

    def __init__(self, *script: Play) -> None:
        """Take the script; ``requests`` collects what came in, heads and bodies."""
        self.script = list(script)
        self.requests: list[bytes] = []
        self.connections = 0
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # The client has left, or the test is over: asyncio would report a cancelled connection as an error.
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        request = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in request.split(b"\r\n") if line.lower().startswith(b"content-length")),
            0,
        )
        self.requests.append(request + await reader.readexactly(length))
        play = self.script[min(len(self.requests), len(self.script)) - 1]
        return await play(writer)

    async def stop(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def raw_server(*script: Play) -> AsyncIterator[RawServer]:
    """Serve a script on a free port of 127.0.0.1 for as long as the block runs."""
    raw = RawServer(*script)
    server = await asyncio.start_server(raw.serve, "127.0.0.1", 0)
    raw.port = server.sockets[0].getsockname()[1]
    try:
        yield raw
    finally:
        server.close()
        await raw.stop()
        await server.wait_closed()
