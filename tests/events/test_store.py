"""Events are there exactly when what they tell about is there, in an order in which nothing turns up later."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from stagedoor.app import open_runtime
from stagedoor.clock import MovableClock
from stagedoor.db.database import Tx
from stagedoor.db.migrate import migrate
from stagedoor.errors import NotFound
from stagedoor.events.catalogue import CATALOGUE, OPERATOR, OPERATORS_CATALOGUE
from stagedoor.events.listing import find_place, read_events
from stagedoor.events.store import Event, emit
from stagedoor.housekeeping import wipe
from stagedoor.runtime import Runtime
from stagedoor.tenants.create import create_tenant
from tests.support import databases
from tests.support.events import happen
from tests.support.gateway import gateway_settings
from tests.support.validation import on_postgres


@pytest.fixture
async def rt(database_url: str, clock: MovableClock) -> AsyncIterator[Runtime]:
    runtime = await open_runtime(gateway_settings(database_url), clock=clock)
    yield runtime
    await runtime.close()


@pytest.fixture
async def tenant_id(rt: Runtime) -> str:
    return (await create_tenant(rt, "studio")).id


async def ids(rt: Runtime, tenant_id: str, after: Event | None = None) -> list[str]:
    return [event.id for event in (await read_events(rt, tenant_id, after, limit=10_000)).events]


async def test_an_event_is_written_in_the_transaction_of_what_happened(rt: Runtime, tenant_id: str) -> None:
    class Undone(Exception):
        pass

    async def work(tx: Tx) -> None:
        await emit(tx, tenant_id, "group.created", "g", {}, event_id="evt_undone", now=rt.clock.now())
        raise Undone

    with pytest.raises(Undone):
        await rt.db.write(work)
    assert await ids(rt, tenant_id) == []


async def test_an_event_tells_the_id_and_the_fields_of_its_type(rt: Runtime, tenant_id: str) -> None:
    data = {"group_id": "g", "asset_type": "Image"}

    async def work(tx: Tx) -> None:
        await emit(tx, tenant_id, "asset.created", "a", data, event_id="evt_1", now=rt.clock.now())

    await rt.db.write(work)
    await happen(rt, tenant_id)
    event, _ = (await read_events(rt, tenant_id, None, limit=10)).events
    assert (event.type, event.object_id) == ("asset.created", "a")
    assert event.data == b'{"id":"a","group_id":"g","asset_type":"Image"}'


@pytest.mark.parametrize(
    ("name", "data"),
    [("group.renamed", {}), ("group.created", {"name": "Ada"}), ("", {}), ("channel.condition_began", {})],
)
async def test_what_the_catalogue_does_not_describe_is_not_written(
    rt: Runtime, tenant_id: str, name: str, data: dict[str, Any]
) -> None:
    async def work(tx: Tx) -> None:
        await emit(tx, tenant_id, name, "g", data, event_id="evt_1", now=rt.clock.now())

    with pytest.raises(ValueError, match="catalogue"):
        await rt.db.write(work)
    assert await ids(rt, tenant_id) == []


async def test_operators_are_not_told_what_tenants_are(rt: Runtime) -> None:
    async def work(tx: Tx) -> None:
        await emit(tx, OPERATOR, "group.created", "g", {}, event_id="evt_1", now=rt.clock.now())

    with pytest.raises(ValueError, match="catalogue"):
        await rt.db.write(work)


async def test_a_reader_never_passes_an_event_that_is_committed_later(rt: Runtime, tenant_id: str) -> None:
    """On PostgreSQL an open transaction holds back those that began after it; on SQLite there is no such thing."""
    began, may_end = asyncio.Event(), asyncio.Event()

    async def slow(tx: Tx) -> None:
        await emit(tx, tenant_id, "group.created", "slow", {}, event_id="evt_slow", now=rt.clock.now())
        began.set()
        await may_end.wait()

    if rt.settings.database.startswith("sqlite"):
        pytest.skip("a transaction waits for nothing here")
    writing = asyncio.create_task(rt.db.write(slow))
    await began.wait()
    quick = await happen(rt, tenant_id, seen=False)
    assert await ids(rt, tenant_id) == []
    may_end.set()
    await writing
    await happen(rt, tenant_id, "last")
    assert (await ids(rt, tenant_id))[:2] == ["evt_slow", quick]


@pytest.fixture
def server_url() -> str | None:
    return databases.postgres_url()


@on_postgres
async def test_a_transaction_of_another_database_holds_back_nothing(
    server_url: str | None, rt: Runtime, tenant_id: str
) -> None:
    elsewhere = await asyncpg.connect(server_url)
    try:
        async with elsewhere.transaction():
            await elsewhere.fetchval("SELECT pg_current_xact_id()")
            event_id = await happen(rt, tenant_id)
            assert await ids(rt, tenant_id) == [event_id]
    finally:
        await elsewhere.close()


async def test_readers_beside_many_writers_see_every_event_once_and_all_in_the_same_order(
    rt: Runtime, tenant_id: str
) -> None:
    writers, each = 8, 25

    async def write(number: int) -> None:
        for turn in range(each):
            await happen(rt, tenant_id, f"{number}-{turn}", seen=False)

    async def read() -> list[str]:
        seen: list[str] = []
        place = None
        while len(seen) < writers * each:
            page = await read_events(rt, tenant_id, place, limit=7)
            place = page.last
            seen += [event.object_id for event in page.events]
            await asyncio.sleep(0)
        return seen

    async with asyncio.timeout(60):
        async with asyncio.TaskGroup() as group:
            readers = [group.create_task(read()) for _ in range(2)]
            for number in range(writers):
                group.create_task(write(number))
    first, second = (reader.result() for reader in readers)
    assert first == second
    assert len(set(first)) == writers * each
    for number in range(writers):
        own = [object_id for object_id in first if object_id.startswith(f"{number}-")]
        assert own == [f"{number}-{turn}" for turn in range(each)]


async def test_a_tenant_reads_its_own_events_and_no_other_tenants_place_works(rt: Runtime, tenant_id: str) -> None:
    other = (await create_tenant(rt, "other")).id
    own, foreign = await happen(rt, tenant_id), await happen(rt, other)
    assert await ids(rt, tenant_id) == [own]
    with pytest.raises(NotFound) as stranger:
        await find_place(rt, tenant_id, foreign)
    with pytest.raises(NotFound) as nobody:
        await find_place(rt, tenant_id, "evt_" + "0" * 22)
    assert stranger.value.message.replace(foreign, "X") == nobody.value.message.replace("evt_" + "0" * 22, "X")


async def test_a_page_of_a_rare_type_goes_on_where_it_stopped_looking(rt: Runtime, tenant_id: str) -> None:
    for number in range(6):
        await happen(rt, tenant_id, f"g{number}", "group.deleted" if number in {2, 5} else "group.created")
    page = await read_events(rt, tenant_id, None, limit=1, types=["group.deleted"])
    assert [event.object_id for event in page.events] == ["g2"]
    assert page.has_more
    page = await read_events(rt, tenant_id, page.last, limit=1, types=["group.deleted"])
    assert [event.object_id for event in page.events] == ["g5"]
    assert not page.has_more


async def test_old_events_are_removed_and_new_ones_kept(rt: Runtime, tenant_id: str, clock: MovableClock) -> None:
    old = await happen(rt, tenant_id)
    clock.advance(rt.settings.event_lifetime - timedelta(minutes=1))
    new = await happen(rt, tenant_id)
    await wipe(rt)
    assert await ids(rt, tenant_id) == [old, new]
    clock.advance(timedelta(minutes=2))
    await wipe(rt)
    assert await ids(rt, tenant_id) == [new]


async def test_events_of_a_restored_dump_are_seen_and_come_before_new_ones(
    rt: Runtime, tenant_id: str, database_url: str
) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("transactions have no numbers here")
    old = [await happen(rt, tenant_id) for _ in range(3)]
    later = "UPDATE events SET written_in = written_in + 1000000000 WHERE id <> :id"
    await rt.db.write(lambda tx: tx.execute(later, id=old[0]))
    assert await ids(rt, tenant_id) == old[:1]
    await asyncio.to_thread(migrate, database_url)
    new = await happen(rt, tenant_id)
    assert await ids(rt, tenant_id) == [*old, new]


def test_every_type_has_a_sentence_and_its_fields_one_each() -> None:
    assert not CATALOGUE.keys() & OPERATORS_CATALOGUE.keys()
    for name, event_type in (*CATALOGUE.items(), *OPERATORS_CATALOGUE.items()):
        assert name == event_type.name
        assert event_type.sentence.endswith(".")
        assert all(text.endswith(".") for text in event_type.fields.values())
        assert not {"token", "url", "name", "h5_link", "secret"} & event_type.fields.keys()
