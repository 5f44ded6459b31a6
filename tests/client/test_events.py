"""Events: as a list, and as a stream that goes on where it broke off."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from stagedoor.clock import MovableClock
from stagedoor_client import AccessDenied, AuthenticationFailed, ConnectionFailed, Retries
from tests.client.faces import Face, open_face
from tests.support import databases
from tests.support.events import happen
from tests.support.gateway import RunningGateway, free_port, gateway_settings
from tests.support.rawserver import Play, http, raw_server, refused, reset, say
from tests.support.story import ON_SQLITE


@ON_SQLITE
async def test_events_come_in_pages_of_the_types_that_are_wanted(face: Face) -> None:
    ids = [(await face.call("create_group", f"g{number}")).id for number in range(3)]
    await face.call("delete_group", ids[0])
    page = await face.call("list_events", limit=2, types=["group.created"])
    assert [event.object_id for event in page] == ids[:2]
    assert page.has_more
    event = page.items[0]
    assert (event.type, event.data["group_type"]) == ("group.created", "AIGC")
    assert event.time.tzinfo is not None
    rest = await face.call("list_events", after=page.next_cursor)
    assert [event.type for event in rest] == ["group.created", "group.deleted"]
    assert len(await face.all("iter_events")) == 4
    streamed = await face.all("stream_events", after="0", at_most=4)
    assert [event.id for event in streamed] == [event.id for event in (*page, *rest)]
    deleted = await face.all("stream_events", after="0", types=["group.deleted"], at_most=1)
    assert [event.object_id for event in deleted] == ids[:1]


def streaming(text: str) -> Play:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    return say(head + text.encode(), keep=False)


def message(number: int) -> str:
    return f'id: evt_{number}\nevent: new.kind\ndata: {{"type": "new.kind", "data": {{"id": "{number}"}}}}\n\n'


async def test_a_stream_goes_on_where_it_broke_off(face_kind: str) -> None:
    down = say(http(refused("DatabaseUnavailable", Retry="later"), status=503))
    script = [
        streaming("retry: 10\nid: evt_0\n\n"),
        streaming(":\n\n" + message(1) + "id: evt_2\ndata: no event\n\n" + "id: evt_3\ndata: {"),
        reset(),
        down,
        down,
        down,
        streaming(message(4)),
    ]
    async with raw_server(*script) as raw, open_face(face_kind, raw.url) as face:
        events = await face.all("stream_events", types=["new.kind", "other"], at_most=2)
    assert [event.id for event in events] == ["evt_1", "evt_4"]
    heads = [request.lower() for request in raw.requests]
    assert b"last-event-id" not in heads[0]
    assert [head.partition(b"last-event-id: ")[2][:5] for head in heads[1:]] == [b"evt_0", *[b"evt_2"] * 5]
    assert b"?type=new.kind&type=other " in heads[0]


@ON_SQLITE
async def test_a_key_that_may_not_read_events_is_told_so(face_kind: str, gateway: RunningGateway) -> None:
    api = await gateway.client(scopes=["groups:read"])
    async with open_face(face_kind, api.url, api.key) as face:
        with pytest.raises(AccessDenied):
            await face.all("stream_events")
    async with open_face(face_kind, api.url) as stranger:
        with pytest.raises(AuthenticationFailed):
            await stranger.all("stream_events")


async def test_a_gateway_that_was_never_heard_is_not_called_for_ever(face_kind: str) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    async with open_face(face_kind, url, retries=Retries(most=2, first_pause=0.01)) as face:
        with pytest.raises(ConnectionFailed):
            await face.all("stream_events")


async def test_a_stream_that_was_silent_for_long_before_it_broke_is_opened_again(face_kind: str) -> None:
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    breaks = reset((head + message(1)).encode())
    async with raw_server(breaks, streaming(message(2))) as raw, open_face(face_kind, raw.url) as face:
        events = await face.all("stream_events", patience=0.04, at_most=2)
    assert [event.object_id for event in events] == ["1", "2"]


async def test_a_gateway_that_stays_away_is_called_for_as_long_as_is_said(face_kind: str) -> None:
    async with raw_server(streaming(message(1)), reset()) as raw, open_face(face_kind, raw.url) as face:
        with pytest.raises(ConnectionFailed) as caught:
            await face.all("stream_events", patience=0.1)
    assert caught.value.__context__ is None
    assert len(raw.requests) > 3


async def test_a_stream_goes_on_after_a_restart_of_the_gateway(
    face_kind: str, sqlite_template: Path, tmp_path: Path, clock: MovableClock
) -> None:
    settings = gateway_settings(databases.fresh_sqlite(sqlite_template, tmp_path))
    async with AsyncExitStack() as stack:
        async with RunningGateway(settings, clock) as gateway:
            tenant = await gateway.tenant()
            api = await gateway.client(tenant)
            face = await stack.enter_async_context(
                open_face(face_kind, api.url, api.key, retries=Retries(first_pause=0.1))
            )
            stream = face.client.stream_events(after="0")
            await happen(gateway.rt, tenant.id, "group-1")
            assert (await face.next(stream)).object_id == "group-1"
        waiting = asyncio.create_task(face.next(stream))
        await asyncio.wait([waiting], timeout=0.3)
        assert not waiting.done()
        async with RunningGateway(settings, clock) as again:
            await happen(again.rt, tenant.id, "group-2")
            assert (await waiting).object_id == "group-2"
            await face.close(stream)
