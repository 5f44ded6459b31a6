"""A rolling restart fails no request; a stop is seen at once, answers what it owes, and may be hurried."""

import asyncio
import signal
import time
from pathlib import Path

import aiohttp
import pytest

from stagedoor.server import FORCED, IDLE_SECONDS
from tests.events.reader import stream
from tests.scale.load import Load
from tests.scale.replicas import Replica, replicas
from tests.support.gateway import Api, free_port
from tests.support.stage import KILLS, Stage
from tests.support.validation import start

pytestmark = [pytest.mark.postgres, pytest.mark.alone]

CLIENTS, ACTORS = 8, 4
ROUNDS = max(1, KILLS // 10)
MORE = 40
"""Answers between two restarts."""


async def restart_each(load: Load, made: list[Replica], *, pause: float = 0.0) -> None:
    """Restart every process in turn, several times, under load; the next one ``pause`` seconds after the last serves again."""
    for _ in range(ROUNDS):
        for replica in made:
            await load.goes_on(MORE)
            assert await replica.stop() < 30
            await load.goes_on(MORE)
            await replica.start()
            await asyncio.sleep(pause)
    await load.goes_on(MORE)


async def check_nothing_is_lost(load: Load, url: str, stage: Stage) -> None:
    """Every group that was answered is there, one for each actor."""
    assert load.failed == []
    assert len(load.exchanged) == len(set(load.exchanged)) == load.seen["GetVisualValidateResult"] > ACTORS
    async with aiohttp.ClientSession() as http:
        for group_id in [*load.exchanged, *sorted(load.created)[:50]]:
            assert await stage.client(http, url).ok("GetAssetGroup", Id=group_id)


async def test_two_processes_on_one_port_are_restarted_without_a_failed_request(stage: Stage, tmp_path: Path) -> None:
    made = [Replica(stage, tmp_path, name, share_port=True) for name in ("first", "second")]
    load = Load()
    async with replicas(*made):
        async with load.on(made[0].url, stage.key, stage.control, clients=CLIENTS, actors=ACTORS):
            await restart_each(load, made)
        await check_nothing_is_lost(load, made[0].url, stage)


async def test_an_event_stream_that_is_told_to_reconnect_misses_nothing(stage: Stage, tmp_path: Path) -> None:
    made = [Replica(stage, tmp_path, name, share_port=True) for name in ("first", "second")]
    async with replicas(*made), aiohttp.ClientSession() as http:
        api = stage.client(http)
        async with stream(api) as reading:
            begun = await reading.message()
            assert begun is not None
            await api.ok("CreateAssetGroup", Name="g0")
            [told] = await reading.events(1)
            seen = [told]
            # Which of the two has the stream is the kernel's choice; each is stopped once, so this one is.
            for number, replica in enumerate(made, start=1):
                await replica.stop()
                await api.ok("CreateAssetGroup", Name=f"g{number}")
                await replica.start()
            while (message := await reading.message(seconds=5)) is not None:
                seen += [message] if message.data else []
        async with stream(api, **{"last-event-id": seen[-1].id}) as again:
            seen += await again.events(3 - len(seen))
    assert [message.document["type"] for message in seen] == ["group.created"] * 3
    assert len({message.id for message in seen}) == 3


async def test_a_stop_is_seen_at_once_and_new_connections_are_taken_until_the_delay_is_over(
    stage: Stage, tmp_path: Path
) -> None:
    replica = Replica(stage, tmp_path, "only", stop_delay=1.0)
    async with replicas(replica), aiohttp.ClientSession() as http:
        async with http.get(f"{replica.url}/readyz") as ready:
            assert ready.status == 200
        replica.signal()
        begun = time.monotonic()
        while time.monotonic() < begun + 0.8:
            async with aiohttp.ClientSession() as other, other.get(f"{replica.url}/readyz") as stopping:
                if stopping.status == 200:
                    assert time.monotonic() < begun + 0.3, "it stayed ready"
                    continue
                assert (stopping.status, stopping.headers["Connection"]) == (503, "close")
                assert await stopping.json() == {"status": "stopping"}
        assert await replica.ended() == 0
        with pytest.raises(aiohttp.ClientConnectionError):
            await http.get(f"{replica.url}/readyz")


async def test_a_request_on_an_idle_connection_just_after_the_signal_is_answered_and_ends_the_connection(
    stage: Stage, tmp_path: Path
) -> None:
    replica = Replica(stage, tmp_path, "only")
    async with replicas(replica):
        port = int(replica.url.rpartition(":")[2])
        used, unused = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        request = b"GET /healthz HTTP/1.1\r\nhost: gateway\r\n\r\n"
        used[1].write(request)
        assert b"200 OK" in await used[0].readuntil(b'{"status":"ok"}')
        begun = time.monotonic()
        replica.signal()
        await asyncio.sleep(IDLE_SECONDS / 2)
        used[1].write(request)
        answer = await used[0].read()
        assert b"200 OK" in answer
        assert b"connection: close" in answer.lower()
        assert await unused[0].read() == b""
        assert await replica.ended() == 0
        assert time.monotonic() - begun < IDLE_SECONDS + 5
        for _, writer in (used, unused):
            writer.close()


async def test_a_second_signal_ends_the_process_at_once_and_nobody_who_passed_loses_their_group(
    stage: Stage, tmp_path: Path
) -> None:
    replica = Replica(stage, tmp_path, "only")
    async with replicas(replica), aiohttp.ClientSession() as http:
        api = stage.client(http)
        check = await start(api)
        hold = await stage.control.hold("GetVisualValidateResult", after=True)
        back = await stage.control.complete(check.byted_token)
        async with http.get(back, allow_redirects=False) as response:
            assert response.status == 303
        await hold.wait()
        waiting = asyncio.create_task(api.call("GetVisualValidateResult", BytedToken=check.byted_token))
        replica.signal()
        await asyncio.sleep(0.3)
        begun = time.monotonic()
        replica.signal(signal.SIGINT)
        assert await replica.ended(seconds=2) == FORCED
        assert time.monotonic() - begun < 1
        with pytest.raises(aiohttp.ClientConnectionError):
            await waiting
        await hold.release()
        await replica.start()
        group_id = (await api.ok("GetVisualValidateResult", BytedToken=check.byted_token))["GroupId"]
        assert (await api.ok("GetAssetGroup", Id=group_id))["GroupType"] == "LivenessFace"
        await replica.stop()


async def test_a_second_signal_ends_all_workers_at_once(stage: Stage, tmp_path: Path) -> None:
    replica = Replica(stage, tmp_path, "two", workers=2)
    async with replicas(replica), aiohttp.ClientSession() as http:
        hold = await stage.control.hold("CreateAssetGroup")
        calls = [asyncio.create_task(Api(replica.url, stage.key, http).call("CreateAssetGroup", Name="g"))]
        await hold.wait()
        replica.signal()
        await asyncio.sleep(0.3)
        replica.signal()
        await replica.ended(seconds=2)
        with pytest.raises(aiohttp.ClientConnectionError):
            await calls[0]
        await hold.release()


async def test_a_port_is_shared_only_by_those_who_say_so(stage: Stage, tmp_path: Path) -> None:
    port = free_port()
    sharing = Replica(stage, tmp_path, "sharing", port=port, share_port=True)
    alone = Replica(stage, tmp_path, "alone", port=port)
    async with replicas(sharing):
        alone.launch()
        assert await alone.ended() == 1
        assert f"Port {port} is taken" in alone.log()
        await sharing.stop()
