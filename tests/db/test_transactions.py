"""What a transaction promises, on both databases: all or nothing, alone, durable, and never waiting for anything else."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from stagedoor.db.database import AlreadyThere, Database, Tx
from stagedoor.db.open import open_database
from stagedoor.db.sqlite import RESTART_PAGES
from stagedoor.errors import DatabaseUnavailable, NotFound
from stagedoor.tenants.store import Tenant, add_tenant, get_tenant, list_tenants
from tests.support.databases import fresh_sqlite

NOW = datetime(2026, 6, 1, 12, 30, 15, 123456, tzinfo=UTC)
WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from stagedoor.db.open import open_database
from stagedoor.db.sqlite import RESTART_PAGES
from stagedoor.tenants.store import Tenant, add_tenant

async def main(url):
    db = await open_database(url)
    async def one(number):
        await db.write(lambda tx: add_tenant(tx, Tenant(f"tn_{number}", "x", None, datetime.now(UTC))))
        print(f"tn_{number}", flush=True)
    number = 0
    while True:
        await asyncio.gather(*(one(number + offset) for offset in range(20)))
        number += 20

asyncio.run(main(sys.argv[1]))
"""


def tenant(name: str, project: str | None = None) -> Tenant:
    return Tenant(f"tn_{name}", name, project, NOW)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(database_url)
    yield opened
    await opened.close()


async def names(db: Database) -> list[str]:
    return [found.name for found in await db.read(list_tenants)]


async def test_values_of_every_kind_come_back_as_they_went(db: Database) -> None:
    class Kinds(msgspec.Struct, frozen=True):
        text: str
        number: int
        data: bytes
        moment: datetime
        listed: tuple[str, ...]
        absent: datetime | None
        nothing: tuple[str, ...] | None

    kinds = Kinds("影 ' \" \\ % é", 2**62, bytes(range(256)), NOW, ("a", "影,'\""), None, None)

    async def work(tx: Tx) -> Kinds | None:
        await tx.execute("INSERT INTO tenants (id, name, created_at) VALUES ('tn', 'n', :moment)", moment=kinds.moment)
        await tx.execute(
            "INSERT INTO api_keys (id, tenant_id, kind, name, secret_hash, hint, scopes, models, created_at, expires_at)"
            " VALUES ('k', 'tn', 'live', :text, :data, '', :listed, :nothing, :moment, :number)",
            text=kinds.text,
            data=kinds.data,
            listed=kinds.listed,
            nothing=kinds.nothing,
            moment=kinds.moment,
            number=kinds.number,
        )
        return await tx.find(
            Kinds,
            "SELECT name, expires_at, secret_hash, created_at, scopes, revoked_at, models FROM api_keys WHERE id = :id",
            id="k",
        )

    assert await db.write(work) == kinds
    assert await db.read(lambda tx: tx.number("SELECT count(*) FROM api_keys WHERE created_at = :at", at=NOW)) == 1
    assert await db.read(lambda tx: tx.number("SELECT sum(n) FROM counters")) == 0
    assert (
        await db.read(
            lambda tx: tx.find(Tenant, "SELECT id, name, project_name, created_at FROM tenants WHERE id = :id", id="x")
        )
        is None
    )


async def test_a_work_that_raises_is_undone_alone(db: Database) -> None:
    async def fail(tx: Tx) -> None:
        await add_tenant(tx, tenant("undone"))
        raise NotFound("on purpose")

    async def collide(tx: Tx) -> None:
        await add_tenant(tx, tenant("undone too"))
        await add_tenant(tx, tenant("first"))

    await db.write(lambda tx: add_tenant(tx, tenant("first")))
    # Begun together, so that SQLite commits them as one group.
    outcomes = await asyncio.gather(
        *(db.write(lambda tx, n=n: add_tenant(tx, tenant(f"good {n}"))) for n in range(5)),  # type: ignore[misc]  # bound now
        db.write(fail),
        db.write(collide),
        *(db.write(lambda tx, n=n: add_tenant(tx, tenant(f"good {n}"))) for n in range(5, 10)),  # type: ignore[misc]  # bound now
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [type(None)] * 5 + [NotFound, AlreadyThere] + [type(None)] * 5
    assert sorted(await names(db)) == ["first", *(f"good {n}" for n in range(10))]


async def test_what_is_written_is_read_by_the_next_reader_and_by_heavy_ones(db: Database) -> None:
    for number in range(5):
        added = tenant(str(number))
        await db.write(lambda tx, added=added: add_tenant(tx, added))  # type: ignore[misc]  # bound now
        assert await db.read(lambda tx, added=added: get_tenant(tx, added.id)) == added  # type: ignore[misc]  # bound now
        assert len(await db.read(list_tenants, heavy=True)) == number + 1


async def test_a_reader_that_finds_nothing_raises_its_own_error(db: Database) -> None:
    for heavy in (False, True):
        with pytest.raises(NotFound):
            await db.read(lambda tx: get_tenant(tx, "tn_none"), heavy=heavy)
    with pytest.raises(NotFound):
        await db.write(lambda tx: get_tenant(tx, "tn_none"))


async def test_a_wrong_statement_is_a_fault_and_no_passing_trouble(db: Database) -> None:
    for way in (db.read, db.write):
        with pytest.raises(Exception, match="no_such_table") as fault:
            await way(lambda tx: tx.number("SELECT n FROM no_such_table"))
        assert not isinstance(fault.value, DatabaseUnavailable)


async def test_a_wrong_statement_is_undone_alone(db: Database) -> None:
    outcomes = await asyncio.gather(
        db.write(lambda tx: add_tenant(tx, tenant("before"))),
        db.write(lambda tx: tx.number("SELECT n FROM no_such_table")),
        db.write(lambda tx: add_tenant(tx, tenant("after"))),
        return_exceptions=True,
    )
    assert [isinstance(outcome, Exception) for outcome in outcomes] == [False, True, False]
    assert sorted(await names(db)) == ["after", "before"]


@pytest.fixture
async def sqlite(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(fresh_sqlite(sqlite_template, tmp_path))
    yield opened
    await opened.close()


async def test_a_transaction_on_sqlite_refuses_to_wait_for_anything_else(sqlite: Database) -> None:
    async def dawdle(tx: Tx) -> None:
        await tx.number("SELECT 1")
        await asyncio.sleep(0)

    async def write_and_dawdle(tx: Tx) -> None:
        await add_tenant(tx, tenant("undone"))
        await dawdle(tx)

    for attempt in (sqlite.write(write_and_dawdle), sqlite.read(dawdle), sqlite.read(dawdle, heavy=True)):
        with pytest.raises(RuntimeError, match="nothing but its own statements"):
            await attempt
    assert await names(sqlite) == []


async def test_a_caller_that_leaves_does_not_stop_its_write_or_that_of_others(sqlite: Database) -> None:
    leaving = asyncio.create_task(sqlite.write(lambda tx: add_tenant(tx, tenant("left"))))
    staying = asyncio.create_task(sqlite.write(lambda tx: add_tenant(tx, tenant("stayed"))))
    await asyncio.sleep(0)
    leaving.cancel()
    await staying
    assert await names(sqlite) == ["left", "stayed"]


async def test_a_closed_database_says_so(sqlite_template: Path, tmp_path: Path) -> None:
    closed = await open_database(fresh_sqlite(sqlite_template, tmp_path))
    await closed.close()
    with pytest.raises(DatabaseUnavailable):
        await closed.write(lambda tx: add_tenant(tx, tenant("late")))


async def test_what_was_acknowledged_survives_a_kill(database_url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, database_url, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    acknowledged = [(await process.stdout.readline()).decode().strip() for _ in range(200)]
    os.kill(process.pid, signal.SIGKILL)
    acknowledged += (await process.stdout.read()).decode().split()
    await process.wait()
    survivor = await open_database(database_url)
    found = {row.id for row in await survivor.read(list_tenants)}
    await survivor.close()
    # The last line may be half of one.
    assert {name for name in acknowledged[:-1] if name} <= found
    assert len(found) >= 200


async def test_a_row_that_makes_no_struct_fails_its_own_work_alone(db: Database) -> None:
    await db.write(lambda tx: add_tenant(tx, tenant("a")))

    async def spoil(tx: Tx) -> None:
        await tx.list(
            Tenant, "UPDATE tenants SET created_at = 9000000000000000000 RETURNING id, name, project_name, created_at"
        )

    outcomes = await asyncio.gather(
        db.write(spoil), db.write(lambda tx: add_tenant(tx, tenant("b"))), return_exceptions=True
    )
    assert not isinstance(outcomes[0], DatabaseUnavailable)
    assert isinstance(outcomes[0], Exception)
    assert outcomes[1] is None
    assert [found.name for found in await db.read(list_tenants)] == ["a", "b"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_writers_and_readers_that_never_pause_do_not_let_the_log_grow_without_end(
    db: Database, database_url: str
) -> None:
    wal = Path(database_url.removeprefix("sqlite:///") + "-wal")
    largest = 0

    async def read_on() -> None:
        while True:
            await db.read(lambda tx: tx.number("SELECT COUNT(*) FROM tenants"))
            await asyncio.sleep(0)

    async def write_on(writer: int) -> None:
        nonlocal largest
        for number in range(200):
            name = f"{writer} {number} ".ljust(300_000, "x")
            await db.write(lambda tx, name=name: add_tenant(tx, tenant(name)))  # type: ignore[misc]  # bound now
            largest = max(largest, wal.stat().st_size)  # noqa: ASYNC240 - quick

    reading = asyncio.create_task(read_on())
    await asyncio.gather(*(write_on(writer) for writer in range(4)))
    reading.cancel()
    # Fifteen times that goes through it; how far it grows meanwhile depends on how fast the disk is.
    assert largest < RESTART_PAGES * 4096 * 10
