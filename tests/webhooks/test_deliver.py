"""Every event comes to every endpoint that wants it: signed, at least once, again when it must be, and no endpoint in another's way."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

import pytest

from stagedoor.clock import MovableClock, from_iso
from stagedoor.webhooks.schedule import PAUSES
from tests.support.gateway import RunningGateway
from tests.support.sink import Sink
from tests.webhooks.studio import PATH, Studio

pytestmark = pytest.mark.alone


async def test_an_event_arrives_signed_thin_and_with_its_id(studio: Studio, sink: Sink) -> None:
    endpoint = await studio.endpoint(sink.url)
    event_id = await studio.happen("group-7")
    (webhook,) = await sink.wait(1)
    webhook.verify(endpoint["Secret"])
    assert webhook.id == event_id
    assert webhook.headers["content-type"] == "application/json"
    assert webhook.headers["user-agent"].startswith("stagedoor/")
    assert webhook.document.keys() == {"type", "timestamp", "data"}
    assert (webhook.document["type"], webhook.document["data"]) == ("group.created", {"id": "group-7"})
    await asyncio.sleep(0.2)
    assert len(sink.received) == 1
    assert await studio.owed(endpoint) == []


async def test_an_endpoint_gets_the_types_it_wants_and_nothing_of_other_tenants(
    gateway: RunningGateway, studio: Studio, sink: Sink
) -> None:
    stranger = await Studio.open(gateway)
    await studio.endpoint(sink.url, Types=["group.deleted"])
    await stranger.happen("theirs", "group.deleted")
    await studio.happen("unwanted")
    await studio.happen("wanted", "group.deleted")
    await sink.wait(1)
    await asyncio.sleep(0.3)
    assert [webhook.document["data"]["id"] for webhook in sink.received] == ["wanted"]


async def test_a_failed_event_comes_again_with_the_same_id_and_body(
    studio: Studio, sink: Sink, clock: MovableClock
) -> None:
    endpoint = await studio.endpoint(sink.url)
    sink.script = lambda number: 500 if number == 0 else 200
    await studio.happen()
    await sink.wait(1)
    await studio.until_owed(endpoint, LastStatus=500, Attempts=1)
    clock.advance(timedelta(seconds=6))
    first, second = await sink.wait(2)
    assert (first.id, first.body) == (second.id, second.body)
    second.verify(endpoint["Secret"])
    shown = await studio.until(endpoint, FailingSince=None)
    assert not shown["Disabled"]


async def test_attempts_keep_to_the_schedule_and_end_with_it(studio: Studio, sink: Sink, clock: MovableClock) -> None:
    endpoint = await studio.endpoint(sink.url)
    sink.script = lambda _: 500
    await studio.happen()
    for attempt, pause in enumerate(PAUSES[1:], start=1):
        await sink.wait(attempt)
        owed = await studio.until_owed(endpoint, Attempts=attempt)
        last, following = from_iso(owed["LastAttemptTime"]), from_iso(owed["NextAttemptTime"])
        assert last is not None
        assert following is not None
        assert pause * 0.9 - timedelta(seconds=2) <= following - last <= pause * 1.1 + timedelta(seconds=2)
        clock.advance(following - clock.now() + timedelta(seconds=1))
    await sink.wait(len(PAUSES))
    await studio.until_nothing_is_owed(endpoint)
    clock.advance(timedelta(days=3))
    await asyncio.sleep(1)
    assert len(sink.received) == len(PAUSES) == 10


@pytest.mark.parametrize("hours", [1, 10])
async def test_whatever_happens_during_an_outage_arrives_after_it(
    studio: Studio, sink: Sink, clock: MovableClock, hours: int
) -> None:
    endpoint = await studio.endpoint(sink.url)
    is_down = True
    sink.script = lambda _: 503 if is_down else 204
    expected = set()
    for step in range(6):
        expected.add(await studio.happen(f"g{step}"))
        clock.advance(timedelta(hours=hours) / 6)
    await sink.wait(6)
    is_down = False
    for _ in range(12):
        if not await studio.owed(endpoint):
            break
        clock.advance(timedelta(hours=hours))
        await asyncio.sleep(0.7)
    assert {webhook.id for webhook in sink.received} == expected
    assert await studio.owed(endpoint) == []


async def test_a_redirect_is_a_failure_and_is_not_followed(studio: Studio, sink: Sink) -> None:
    async with Sink() as elsewhere:
        sink.script = lambda _: (301, {"location": elsewhere.url})
        endpoint = await studio.endpoint(sink.url)
        await studio.happen()
        await studio.until_owed(endpoint, LastStatus=301)
        assert elsewhere.received == []


async def test_gone_disables_the_endpoint_at_once(studio: Studio, sink: Sink, clock: MovableClock) -> None:
    sink.script = lambda _: 410
    endpoint = await studio.endpoint(sink.url)
    await studio.happen()
    await sink.wait(1)
    await studio.until(endpoint, Disabled=True, DisabledBy="Gone")
    await studio.happen("later")
    clock.advance(timedelta(days=1))
    await asyncio.sleep(0.8)
    assert len(sink.received) == 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_an_endpoint_that_asks_for_time_gets_it(
    studio: Studio, sink: Sink, clock: MovableClock, status: int, form: str
) -> None:
    wait = timedelta(hours=1)
    said = "3600" if form == "seconds" else format_datetime(datetime.now(UTC) + wait, usegmt=True)
    sink.script = lambda number: (status, {"retry-after": said}) if number == 0 else 204
    endpoint = await studio.endpoint(sink.url)
    await studio.happen("first")
    owed = await studio.until_owed(endpoint, LastStatus=status)
    following = from_iso(owed["NextAttemptTime"])
    assert following is not None
    assert abs(following - clock.now() - wait) < timedelta(seconds=10)
    await studio.happen("second")
    await asyncio.sleep(1)
    assert len(sink.received) == 1
    clock.advance(wait + timedelta(seconds=5))
    await sink.wait(3)


async def test_nobody_can_make_us_wait_longer_than_a_day(studio: Studio, sink: Sink, clock: MovableClock) -> None:
    sink.script = lambda _: (429, {"retry-after": "99999999999"})
    endpoint = await studio.endpoint(sink.url)
    await studio.happen()
    owed = await studio.until_owed(endpoint, LastStatus=429)
    following = from_iso(owed["NextAttemptTime"])
    assert following is not None
    assert following - clock.now() <= timedelta(days=1)


async def test_an_endpoint_that_never_takes_anything_is_disabled_after_five_days_and_can_be_enabled_again(
    studio: Studio, sink: Sink, clock: MovableClock
) -> None:
    is_down = True
    sink.script = lambda _: 500 if is_down else 204
    endpoint = await studio.endpoint(sink.url)
    for day in range(5):
        missed = await studio.happen(f"day-{day}")
        await sink.wait(len(sink.received) + 1)
        await studio.until(endpoint, Disabled=False)
        clock.advance(timedelta(days=1, minutes=1))
    # What happens from here on may find it disabled, and would not be owed.
    await studio.until(endpoint, Disabled=True, DisabledBy="Failing")
    is_down = False
    before = len(sink.received)
    shown = (await studio.api.send("PATCH", f"{PATH}/{endpoint['Id']}", body={"Disabled": False})).result
    assert not shown["Disabled"]
    assert "FailingSince" not in shown
    clock.advance(timedelta(days=1))
    await studio.until_nothing_is_owed(endpoint)
    assert missed in {webhook.id for webhook in sink.received[before:]}


async def test_an_attempt_that_began_before_the_endpoint_was_enabled_again_does_not_disable_it(
    studio: Studio, sink: Sink, clock: MovableClock
) -> None:
    endpoint = await studio.endpoint(sink.url)
    path = f"{PATH}/{endpoint['Id']}"
    sink.script = lambda number: 500 if number == 0 else None
    await studio.happen()
    await studio.until_owed(endpoint, Attempts=1)
    clock.advance(timedelta(days=5, minutes=1))
    await sink.wait(2)
    await studio.api.send("PATCH", path, body={"Disabled": False})
    sink.let_go(500)
    await studio.until_owed(endpoint, Attempts=2)
    assert not (await studio.shown(endpoint))["Disabled"]


async def test_an_endpoint_that_cannot_be_reached_is_left_alone_for_a_moment(studio: Studio) -> None:
    endpoint = await studio.endpoint("http://127.0.0.1:9/closed")
    await studio.happen()
    owed = await studio.until_owed(endpoint, Attempts=1)
    assert owed["LastError"] == "Unreachable"
    assert "LastStatus" not in owed
    second = await studio.happen("second")
    await asyncio.sleep(1)
    attempts = {delivery["EventId"]: delivery["Attempts"] for delivery in await studio.owed(endpoint)}
    assert attempts[second] == 0


async def test_hanging_endpoints_delay_nobody(gateway: RunningGateway, sink: Sink) -> None:
    """Fifty endpoints of fifty tenants hang; an event of somebody else arrives within two seconds all the same."""
    async with Sink(lambda _: None) as hanging:
        studios = [await Studio.open(gateway) for _ in range(50)]
        await asyncio.gather(*(studio.endpoint(hanging.url) for studio in studios))
        for studio in studios:
            await studio.happen()
        await hanging.wait(50)
        lucky = await Studio.open(gateway)
        await lucky.endpoint(sink.url)
        times = []
        for number in range(20):
            begun = time.monotonic()
            await lucky.happen(str(number))
            times.append((await sink.wait(number + 1))[number].at - begun)
        assert max(times) < 2
        assert hanging.at_once == 50
        hanging.let_go()


async def test_a_hanging_request_delays_no_other_event_of_its_endpoint(studio: Studio, sink: Sink) -> None:
    sink.script = lambda number: None if number == 0 else 204
    await studio.endpoint(sink.url)
    await studio.happen("hangs")
    await sink.wait(1)
    begun = time.monotonic()
    await studio.happen("goes on")
    await sink.wait(2)
    assert time.monotonic() - begun < 2
    sink.let_go()


async def test_one_endpoint_gets_four_requests_at_once_and_all_it_is_owed(studio: Studio, sink: Sink) -> None:
    sink.script = lambda number: None if number < 4 else 204
    await studio.endpoint(sink.url)
    expected = {await studio.happen(str(number)) for number in range(40)}
    await sink.wait(4)
    await asyncio.sleep(0.5)
    assert sink.at_once == 4
    sink.let_go()
    await sink.wait(40)
    assert sink.most_at_once == 4
    assert {webhook.id for webhook in sink.received} == expected
    assert len(sink.received) == 40


async def test_after_a_long_answer_the_connection_is_closed_and_the_event_is_delivered(
    studio: Studio, sink: Sink
) -> None:
    sent, closed = 0, asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
                sent += 4096
                await writer.drain()
        except ConnectionError:
            closed.set()
        finally:
            writer.close()

    server = await asyncio.start_server(endless, "127.0.0.1", 0)
    endpoint = await studio.endpoint(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    await studio.happen()
    async with asyncio.timeout(10):
        await closed.wait()
    await studio.until_nothing_is_owed(endpoint)
    assert sent < 16 * 1024 * 1024
    server.close()


async def test_events_of_an_order_arrive_in_that_order_when_nothing_is_in_the_way(studio: Studio, sink: Sink) -> None:
    await studio.endpoint(sink.url)
    expected = []
    for number in range(10):
        expected.append(await studio.happen(str(number)))
        await sink.wait(number + 1)
    assert [webhook.id for webhook in sink.received] == expected
    assert all(earlier.at <= later.at for earlier, later in pairwise(sink.received))


async def test_what_really_happens_is_told(gateway_with_emulator: Any, sink: Sink) -> None:
    """A group is made and deleted over the API: both events come, with ids and types and nothing else."""
    studio = await Studio.open(gateway_with_emulator)
    await studio.endpoint(sink.url)
    group = await studio.api.ok("CreateAssetGroup", Name="Ada Lovelace")
    await studio.api.ok("DeleteAssetGroup", Id=group["Id"])
    webhooks = await sink.wait(2)
    assert [webhook.document["type"] for webhook in webhooks] == ["group.created", "group.deleted"]
    assert all(webhook.document["data"] == {"id": group["Id"], "group_type": "AIGC"} for webhook in webhooks)
    assert b"Ada" not in b"".join(webhook.body for webhook in webhooks)
