"""The stream of events: soon, in order, and across broken connections without a gap or a double."""

import asyncio
import time
from contextlib import AsyncExitStack, aclosing
from datetime import timedelta

import aiohttp
import pytest

from stagedoor.clock import MovableClock
from stagedoor.doors.event_stream import EventStreams
from stagedoor.doors.events import tenants
from stagedoor.keys.authenticate import KeyRing
from stagedoor.keys.issue import issue_key, revoke_key
from stagedoor.tenants.store import Tenant
from tests.events.reader import stream
from tests.support.events import happen
from tests.support.gateway import Api, RunningGateway, gateway_settings


async def test_an_event_comes_through_with_its_id_type_and_payload(
    gateway: RunningGateway, tenant: Tenant, api: Api
) -> None:
    before = await happen(gateway.rt, tenant.id, "before")
    async with stream(api) as reader:
        assert reader.response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert reader.response.headers["cache-control"] == "no-store"
        begin = await reader.message()
        assert begin is not None
        assert (begin.id, begin.data) == (before, "")
        event_id = await happen(gateway.rt, tenant.id, "g1")
        (message,) = await reader.events(1)
    assert (message.id, message.event) == (event_id, "group.created")
    assert message.document.keys() == {"type", "timestamp", "data"}
    assert message.document["data"] == {"id": "g1"}


async def test_what_the_api_does_is_streamed_at_once(
    gateway: RunningGateway, tenant: Tenant, api: Api, database_url: str
) -> None:
    """The bell rings across connections on PostgreSQL; on SQLite this test writes from beside the gateway, which polls."""
    patience = 1.0 if database_url.startswith("postgresql") else 4.0
    async with stream(api) as reader:
        await reader.message()
        begun = time.monotonic()
        await happen(gateway.rt, tenant.id)
        await reader.events(1)
        assert time.monotonic() - begun < patience


@pytest.mark.parametrize("how", ["header", "query"])
async def test_a_reader_goes_on_after_the_last_event_it_has(
    gateway: RunningGateway, tenant: Tenant, api: Api, how: str
) -> None:
    seen = [await happen(gateway.rt, tenant.id, f"g{number}") for number in range(5)]
    headers = {"last-event-id": seen[1]} if how == "header" else {}
    async with stream(api, "" if headers else f"?after={seen[1]}", **headers) as reader:
        assert [message.id for message in await reader.events(3)] == seen[2:]


async def test_a_reader_that_was_cut_off_before_the_first_event_misses_nothing(
    gateway: RunningGateway, tenant: Tenant, api: Api
) -> None:
    async with stream(api) as reader:
        begin = await reader.message()
    assert begin is not None
    assert begin.id == "0"
    event_id = await happen(gateway.rt, tenant.id)
    async with stream(api, **{"last-event-id": begin.id}) as reader:
        assert [message.id for message in await reader.events(1)] == [event_id]


async def test_broken_connections_beside_busy_writers_lose_nothing_and_repeat_nothing(
    gateway: RunningGateway, tenant: Tenant, api: Api
) -> None:
    writers, each = 6, 30
    written: set[str] = set()

    async def write(number: int) -> None:
        for turn in range(each):
            written.add(await happen(gateway.rt, tenant.id, f"{number}-{turn}", seen=False))
            await asyncio.sleep(0.01 * (turn % 4))

    async def read() -> list[str]:
        seen: list[str] = []
        last = "0"
        while len(seen) < writers * each:
            async with stream(api, **{"last-event-id": last}) as reader:
                for message in await reader.events(min(11, writers * each - len(seen))):
                    seen.append(message.id)
                    last = message.id
        return seen

    async with asyncio.timeout(60):
        async with asyncio.TaskGroup() as group:
            readers = [group.create_task(read()) for _ in range(2)]
            for number in range(writers):
                group.create_task(write(number))
    first, second = (reader.result() for reader in readers)
    assert first == second
    assert len(first) == len(set(first))
    assert set(first) == written


async def test_only_the_wanted_types_and_only_ones_own_are_streamed(
    gateway: RunningGateway, tenant: Tenant, api: Api
) -> None:
    other = await gateway.tenant("other")
    async with stream(api, "?type=group.deleted&type=asset.failed") as reader:
        await reader.message()
        await happen(gateway.rt, other.id, "theirs", "group.deleted")
        await happen(gateway.rt, tenant.id, "unwanted")
        wanted = [await happen(gateway.rt, tenant.id, "g", name) for name in ("group.deleted", "asset.failed")]
        assert [message.id for message in await reader.events(2)] == wanted


async def test_a_stream_ends_soon_after_its_key(gateway: RunningGateway, tenant: Tenant) -> None:
    key, secret = await issue_key(gateway.rt, tenant.id)
    async with stream(gateway.api(secret)) as reader:
        await reader.message()
        begun = time.monotonic()
        await revoke_key(gateway.rt, key.id)
        gateway.clock.advance(timedelta(seconds=1))
        assert await reader.message(seconds=8) is None
        assert time.monotonic() - begun < 5


async def test_an_open_stream_does_not_delay_the_stop(database_url: str, clock: MovableClock) -> None:
    async with RunningGateway(gateway_settings(database_url), clock) as gateway:
        api = await gateway.client()
        async with stream(api) as reader:
            await reader.message()
            begun = time.monotonic()
            gateway._server.stop()
            assert await reader.message() is None
            await gateway._serving
            assert time.monotonic() - begun < 2


async def test_a_reader_that_takes_nothing_does_not_delay_the_stop(database_url: str, clock: MovableClock) -> None:
    async with RunningGateway(gateway_settings(database_url), clock) as gateway:
        tenant = await gateway.tenant()
        api = await gateway.client(tenant)
        for number in range(50):
            await happen(gateway.rt, tenant.id, f"{number:0200000}")
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.settings.port, limit=1024)
        request = f"GET /v1/events?after=0 HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nAuthorization: Bearer {api.key}\r\n\r\n"
        writer.write(request.encode())
        await reader.readuntil(b"\r\n")
        await asyncio.sleep(0.5)
        begun = time.monotonic()
        gateway._server.stop()
        await gateway._serving
        assert time.monotonic() - begun < 4
        writer.close()


async def test_a_silent_stream_has_a_heartbeat(gateway: RunningGateway, tenant: Tenant, api: Api) -> None:
    streams = EventStreams(gateway.rt, tenants(KeyRing(gateway.rt)), heartbeat=0.05)
    async with aclosing(streams._stream(tenant.id, f"Bearer {api.key}".encode(), None, ())) as pieces:
        assert (await anext(pieces)).endswith(b"id: 0\n\n")
        assert await anext(pieces) == b":\n\n"
        await happen(gateway.rt, tenant.id)
        while (piece := await anext(pieces)) == b":\n\n":
            pass
        assert piece.startswith(b"id: evt_")


async def test_an_unknown_place_is_refused_before_the_stream_begins(api: Api) -> None:
    async with stream(api, **{"last-event-id": "evt_unknown"}) as reader:
        assert reader.response.status == 404


async def test_a_tenant_has_a_hundred_streams_at_most(api: Api) -> None:
    async with AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(limit=0)
        api.http = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        for _ in range(100):
            reader = await stack.enter_async_context(stream(api))
            assert reader.response.status == 200
        async with stream(api) as one_too_many:
            assert one_too_many.response.status == 429
