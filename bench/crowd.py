"""Many connections at once: what one of them costs, and whether anybody else notices."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import cast

import msgspec
import uvloop

from bench.load import Call, LoadFailed
from bench.process import Server

PINGS = 1000
AT_ONCE = 200
ARRIVE_LIMIT = 60.0


class Crowd(msgspec.Struct, frozen=True):
    """What a crowd did to a server: pings, one after the other, before it came and while it was there."""

    connections: int
    lost: int
    mb: float
    alone_p50_ms: float
    alone_p99_ms: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Visit:
    """A crowd to measure: every connection sends its greeting; one that ``awaits`` has arrived when something comes back."""

    name: str
    server: Server
    ping: Call
    greetings: Sequence[bytes]
    awaits: bool = True


def measure_crowd(visit: Visit) -> Crowd:
    """Let a crowd come, measure, and let it go.

    Raises:
        LoadFailed: not everybody could come.

    """
    return uvloop.run(_measure(visit))


async def _measure(visit: Visit) -> Crowd:
    port = visit.server.port
    await _ping(port, visit.ping)  # what the server keeps after its first work is not the crowd's
    alone = await _ping(port, visit.ping)
    before = visit.server.rss_mb()
    crowd = [_Visitor(greeting, awaits=visit.awaits) for greeting in visit.greetings]
    try:
        for first in range(0, len(crowd), AT_ONCE):
            async with asyncio.timeout(ARRIVE_LIMIT):
                await asyncio.gather(*(visitor.come(port) for visitor in crowd[first : first + AT_ONCE]))
        beside = await _ping(port, visit.ping)
        mb = visit.server.rss_mb() - before
        lost = sum(visitor.is_lost for visitor in crowd)
    except (OSError, TimeoutError) as error:
        raise LoadFailed(f"{visit.name}: {type(error).__name__}") from error
    finally:
        for visitor in crowd:
            visitor.go()
    return Crowd(len(crowd), lost, mb, *_middle(alone), *_middle(beside))


class _Visitor(asyncio.Protocol):
    def __init__(self, greeting: bytes, *, awaits: bool) -> None:
        self._greeting = greeting
        self._transport: asyncio.Transport | None = None
        self._arrived = asyncio.Event()
        self._awaits = awaits
        self.is_lost = False

    async def come(self, port: int) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", port)
        if self._awaits:
            await self._arrived.wait()

    def go(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports write, but do not inherit from asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._greeting)

    def data_received(self, data: bytes) -> None:  # noqa: ARG002 - that something comes is enough
        self._arrived.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - lost is lost
        self.is_lost = True
        self._arrived.set()


async def _ping(port: int, call: Call) -> list[float]:
    """Return the milliseconds of each of many calls on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times = []
    for _ in range(PINGS):
        begun = time.perf_counter()
        writer.write(raw(call))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise LoadFailed(f"{call.path} answered {head[:200]!r}")
        [length] = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        await reader.readexactly(int(length.partition(b":")[2]))
        times.append((time.perf_counter() - begun) * 1000)
    writer.close()
    await writer.wait_closed()
    return times


def raw(call: Call) -> bytes:
    """Return a call as it goes over the wire."""
    headers = {"Host": "gate", **call.headers}
    if call.body:
        headers["Content-Length"] = str(len(call.body))
    lines = [f"{call.method} {call.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n" + call.body).encode("ascii")


def _middle(times: Sequence[float]) -> tuple[float, float]:
    hundredths = quantiles(times, n=100)
    return hundredths[49], hundredths[98]
