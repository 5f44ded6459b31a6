"""From the actor's return to the question to the upstream: callbacks come at a steady pace, whatever becomes of the last one."""

import asyncio
import time

import uvloop

from bench.crowd import raw
from bench.gateway import Gateway
from bench.load import Call, LoadFailed
from bench.stub import Asked, asked

PEOPLE = 300
A_SECOND = 50
SETTLE_SECONDS = 2.0


def callback_delays(gateway: Gateway, stub_port: int) -> list[float]:
    """Return the milliseconds from sending each callback to its question reaching the stub."""
    tokens = [gateway.start_check() for _ in range(PEOPLE)]
    known = asked(stub_port)
    sent = uvloop.run(_come_back(gateway.server.port, {token: known[token] for token in tokens}))
    time.sleep(SETTLE_SECONDS)
    known = asked(stub_port)
    missing = [token for token in tokens if not known[token].at]
    if missing:
        raise LoadFailed(f"The upstream was not asked about {len(missing)} of {PEOPLE} people.")
    return [(known[token].at - sent[token]) * 1000 for token in tokens]


async def _come_back(port: int, checks: dict[str, Asked]) -> dict[str, float]:
    sent: dict[str, float] = {}

    async def come_back(number: int, token: str, path: str) -> None:
        await asyncio.sleep(number / A_SECOND)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        sent[token] = time.monotonic()
        writer.write(raw(Call("GET", f"{path}?bytedToken={token}&resultCode=10000", {"Connection": "close"})))
        if not (answer := await reader.read()).startswith(b"HTTP/1.1 303"):
            raise LoadFailed(f"A callback was answered {answer[:200]!r}")
        writer.close()

    async with asyncio.TaskGroup() as group:
        for number, (token, check) in enumerate(checks.items()):
            group.create_task(come_back(number, token, check.callback_path))
    return sent
