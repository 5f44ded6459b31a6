"""Clients that send slowly or not at all are let go, and nobody waits for them."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator

import msgspec
import pytest

from stagedoor.clock import MovableClock
from stagedoor.contract.operations import BY_ACTION
from stagedoor.emulator import RunningEmulator
from tests.support.gateway import MODEL, Api, RunningGateway, gateway_settings
from tests.support.rawclient import JSON, answers, head, read_to_end, talk
from tests.support.rawserver import hang, raw_server
from tests.support.validation import until

pytestmark = pytest.mark.alone

LIST = f"POST {BY_ACTION['ListAssetGroups'].path} HTTP/1.1"
HEAD_TIMEOUT = BODY_TIMEOUT = 1.0
GRACE = 1.0
SLOW = 500
HANGING = 50
CALLS = 60
FLOOR = 0.0005
"""Seconds; so that the ratio of two tiny times does not decide."""


@pytest.fixture
async def gateway(database_url: str, clock: MovableClock) -> AsyncIterator[RunningGateway]:
    """Yield a gateway that does not wait long."""
    settings = gateway_settings(database_url, head_timeout=HEAD_TIMEOUT, body_timeout=BODY_TIMEOUT)
    async with RunningGateway(settings, clock) as running:
        yield running


@pytest.mark.parametrize("sent", [b"", b"GET", LIST.encode() + b"\r\nHost: gate", head(LIST)[:-2]])
async def test_half_a_head_is_closed_in_time(gateway: RunningGateway, sent: bytes) -> None:
    begun = time.monotonic()
    await talk(gateway, sent)
    assert time.monotonic() - begun < HEAD_TIMEOUT + GRACE


async def test_a_head_that_drips_is_closed_in_time(gateway: RunningGateway) -> None:
    """The time is for the whole head: a byte now and then does not win more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.settings.port)
    begun = time.monotonic()
    reading = asyncio.create_task(read_to_end(reader))
    for byte in head(LIST, *(f"X-{number}: slow" for number in range(50))):
        if reading.done():
            break
        writer.write(bytes([byte]))
        await asyncio.sleep(0.05)
    await reading
    writer.close()
    assert time.monotonic() - begun < HEAD_TIMEOUT + GRACE


@pytest.mark.parametrize("sent", [b"\r\n", b"\r\nGET /hea"])
async def test_a_used_connection_waits_no_longer_for_a_head(gateway: RunningGateway, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.settings.port)
    writer.write(head("GET /healthz HTTP/1.1").replace(b"Connection: close\r\n", b""))
    await reader.readuntil(b"}")
    begun = time.monotonic()
    writer.write(sent)
    [answer] = answers(await read_to_end(reader))
    assert time.monotonic() - begun < HEAD_TIMEOUT + GRACE
    assert answer.code == "RequestTimeout"
    writer.close()


@pytest.mark.parametrize(
    ("field", "sent"), [("Content-Length: 100", b'{"model"'), ("Transfer-Encoding: chunked", b'50\r\n{"model"')]
)
async def test_half_a_body_is_answered_in_time(gateway: RunningGateway, field: str, sent: bytes) -> None:
    api = await gateway.client()
    begun = time.monotonic()
    [answer] = await talk(gateway, head(LIST, JSON, field, key=api.key) + sent)
    assert time.monotonic() - begun < BODY_TIMEOUT + GRACE
    assert (answer.status, answer.code, answer.error["Retry"]) == (408, "RequestTimeout", "same_request")
    assert answer.metadata["Action"] == "ListAssetGroups"


async def test_a_body_nobody_wants_is_not_waited_for(gateway: RunningGateway) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.settings.port)
    begun = time.monotonic()
    writer.write(head(LIST, JSON, "Content-Length: 100") + b"{")
    start = await reader.readuntil(b"\r\n\r\n")
    assert time.monotonic() - begun < 0.5
    [answer] = answers(start + await read_to_end(reader))
    assert answer.status == 401
    assert time.monotonic() - begun < BODY_TIMEOUT + GRACE
    writer.close()


async def test_an_end_before_the_body_s_end_is_no_request(gateway: RunningGateway, api: Api) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", gateway.settings.port)
    writer.write(head(LIST, JSON, "Content-Length: 100", key=api.key) + b"{")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await api.send("GET", "/healthz")).status == 200


async def typical_seconds(api: Api) -> float:
    body = msgspec.json.encode({"model": MODEL})
    taken = []
    for _ in range(CALLS):
        begun = time.perf_counter()
        answer = await api.send("POST", BY_ACTION["ListAssetGroups"].path, data=body)
        taken.append(time.perf_counter() - begun)
        assert answer.metadata["Action"] == "ListAssetGroups"
    return statistics.median(taken)


async def test_five_hundred_slow_clients_slow_nobody_down(gateway: RunningGateway) -> None:
    api = await gateway.client()
    await typical_seconds(api)
    alone = await typical_seconds(api)
    slow = [await asyncio.open_connection("127.0.0.1", gateway.settings.port) for _ in range(SLOW)]
    for number, (_, writer) in enumerate(slow):
        writer.write(head(LIST, JSON, "Content-Length: 100", key=api.key) + b"{" if number % 2 else b"POST /v1/priv")
    in_company = await typical_seconds(api)
    for _, writer in slow:
        writer.close()
    assert in_company <= 2 * max(alone, await typical_seconds(api), FLOOR)


async def test_an_account_whose_ark_hangs_slows_no_other_tenant_down(
    gateway: RunningGateway, emulator: RunningEmulator
) -> None:
    await gateway.connect(emulator)
    api = await gateway.client()
    await typical_seconds(api)
    alone = await typical_seconds(api)
    async with raw_server(hang()) as raw:
        await gateway.connect(emulator, name="hanging", kind="ark", endpoint=raw.url, models=["hanging"])
        other = await gateway.client(await gateway.tenant("other"))
        waiting = [
            asyncio.create_task(other.call("CreateAssetGroup", Name=f"a {number}", model="hanging"))
            for number in range(HANGING)
        ]
        await until(lambda: len(raw.requests) == HANGING)
        in_company = await typical_seconds(api)
        assert not any(task.done() for task in waiting)
        for task in waiting:
            task.cancel()
    assert in_company <= 2 * max(alone, await typical_seconds(api), FLOOR)
