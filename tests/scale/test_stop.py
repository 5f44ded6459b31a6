"""A stop in the middle of face checks: whoever waits gets their group, and streams are told to come back."""

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from tests.events.reader import Stream, stream
from tests.scale.replicas import Replica, replicas
from tests.support.gateway import Answer, Api
from tests.support.stage import KILLS, Stage
from tests.support.validation import EXCHANGE, Check, come_back, exchange, start, until

pytestmark = [pytest.mark.postgres, pytest.mark.alone]

IN_FLIGHT, STREAMS = 20, 3
ROUNDS = max(1, KILLS // 10)
DRAIN_SECONDS = 30


async def begin_exchanges(stage: Stage, api: Api) -> tuple[list[Check], list[asyncio.Task[Answer]]]:
    """Bring so many actors back from their checks, ask for their groups, and return when Ark has been asked for all."""
    before = await stage.control.calls(EXCHANGE)
    checks = [await start(api) for _ in range(IN_FLIGHT)]
    for check in checks:
        assert (await come_back(api, stage.control, check)).status == 303
    waiting = [asyncio.create_task(exchange(api, check)) for check in checks]

    async def all_asked() -> bool:
        return await stage.control.calls(EXCHANGE) == before + IN_FLIGHT

    await until(all_asked)
    return checks, waiting


async def read_to_the_end(reading: Stream) -> float:
    while await reading.message(seconds=DRAIN_SECONDS) is not None:
        pass
    return time.monotonic()


async def test_exchanges_in_flight_are_answered_and_every_stream_is_told_to_reconnect(
    stage: Stage, tmp_path: Path
) -> None:
    replica = Replica(stage, tmp_path, "only", stop_delay=0.5)
    async with replicas(replica), aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        api = stage.client(http, replica.url)
        for _ in range(ROUNDS):
            hold = await stage.control.hold(EXCHANGE)
            checks, waiting = await begin_exchanges(stage, api)
            async with AsyncExitStack() as opened:
                streams = [await opened.enter_async_context(stream(api)) for _ in range(STREAMS)]
                for reading in streams:
                    # When to come back is the first thing a reader is told; the stream's end is the sign to do so.
                    assert await reading.response.content.readline() == b"retry: 2000\n"
                replica.signal()
                signalled = time.monotonic()
                ends = await asyncio.gather(*map(read_to_the_end, streams))
            assert max(ends) - signalled < 5
            assert not any(task.done() for task in waiting)
            await hold.release()
            groups = [(await task).result["GroupId"] for task in waiting]
            assert len(set(groups)) == IN_FLIGHT
            assert await replica.ended() == 0
            assert time.monotonic() - signalled < DRAIN_SECONDS
            assert replica.log() == ""
            await replica.start()
            # The process that follows knows them all.
            assert [(await exchange(api, check)).result["GroupId"] for check in checks] == groups
