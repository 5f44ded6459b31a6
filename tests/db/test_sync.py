"""On SQLite nobody is answered, and nobody sees, what is not yet on the disk."""

import asyncio
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stagedoor.db.database import Tx, Work
from stagedoor.db.sqlite import SqliteDatabase
from stagedoor.db.sqlite_reader import SqliteReader
from stagedoor.errors import DatabaseUnavailable, NotFound
from stagedoor.tenants.store import Tenant, add_tenant, get_tenant, list_tenants
from tests.support.databases import fresh_sqlite

NOW = datetime(2026, 6, 1, 12, 30, 15, tzinfo=UTC)
SOON = 5.0


class Disk:
    """Stands where ``fdatasync`` is: holds what is to reach the disk, lets it through, or refuses it."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self.count = 0
        self.is_broken = False
        self._may_go = threading.Event()
        self._may_go.set()
        self._passes = threading.Semaphore(0)

    def hold(self) -> None:
        self._may_go.clear()

    def let_one_through(self) -> None:
        self._passes.release()

    def let_go(self) -> None:
        self._may_go.set()

    def __call__(self, opened: int) -> None:
        self.count += 1
        self.asked.release()
        until = time.monotonic() + SOON
        while not (self._may_go.is_set() or self._passes.acquire(timeout=0.01)):
            assert time.monotonic() < until
        if self.is_broken:
            raise OSError(5, "Input/output error")
        os.fsync(opened)

    async def until_asked(self) -> None:
        assert await asyncio.to_thread(self.asked.acquire, timeout=SOON)


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def path(sqlite_template: Path, tmp_path: Path) -> Path:
    return Path(fresh_sqlite(sqlite_template, tmp_path).removeprefix("sqlite:///"))


@pytest.fixture
async def db(path: Path, disk: Disk) -> AsyncIterator[SqliteDatabase]:
    opened = SqliteDatabase(path, sync=disk)
    yield opened
    disk.let_go()
    await opened.close()


def adding(name: str) -> Work[None]:
    return lambda tx: add_tenant(tx, Tenant(f"tn_{name}", name, None, NOW))


async def names(db: SqliteDatabase, *, heavy: bool = False) -> list[str]:
    return [found.name for found in await db.read(list_tenants, heavy=heavy)]


async def test_a_write_is_answered_when_it_is_on_the_disk_and_seen_by_nobody_before(
    db: SqliteDatabase, disk: Disk
) -> None:
    await db.write(adding("a"))
    disk.hold()
    writing = asyncio.create_task(db.write(adding("b")))
    await disk.until_asked()
    await disk.until_asked()
    assert await names(db) == ["a"]
    heavy = asyncio.create_task(names(db, heavy=True))
    await asyncio.sleep(0.1)
    assert not writing.done()
    assert not heavy.done()
    assert await names(db) == ["a"]
    disk.let_go()
    await writing
    assert await names(db) == ["a", "b"]
    assert await heavy == ["a", "b"]


async def test_what_the_disk_is_asked_to_keep_is_in_the_files_by_then(
    db: SqliteDatabase, disk: Disk, path: Path, tmp_path: Path
) -> None:
    disk.hold()
    writing = asyncio.create_task(db.write(adding("a")))
    await disk.until_asked()
    for suffix in ("", "-wal"):
        shutil.copyfile(f"{path}{suffix}", tmp_path / f"copy.db{suffix}")
    disk.let_go()
    await writing
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT name FROM tenants").fetchall() == [("a",)]


async def test_who_waits_for_the_disk_waits_together(db: SqliteDatabase, disk: Disk) -> None:
    disk.hold()
    first = asyncio.create_task(db.write(adding("first")))
    await disk.until_asked()
    others = [asyncio.create_task(db.write(adding(f"{number}"))) for number in range(20)]
    await asyncio.sleep(0.05)
    disk.let_go()
    await asyncio.gather(first, *others)
    assert disk.count == 2


async def test_what_is_committed_while_the_disk_is_waited_for_is_seen_after_the_next_wait(
    db: SqliteDatabase, disk: Disk
) -> None:
    disk.hold()
    first = asyncio.create_task(db.write(adding("first")))
    await disk.until_asked()
    second = asyncio.create_task(db.write(adding("second")))
    await asyncio.sleep(0.05)
    third = asyncio.create_task(db.write(adding("third")))
    await asyncio.sleep(0.05)
    assert await names(db) == []
    disk.let_one_through()
    await first
    await disk.until_asked()
    assert await names(db) == ["first"]
    assert not second.done()
    disk.let_one_through()
    await asyncio.gather(second, third)
    assert disk.count == 2
    assert await names(db) == ["first", "second", "third"]
    await db.write(adding("soft"), soft=True)
    assert await names(db) == ["first", "second", "soft", "third"]


async def test_writers_without_a_pause_never_keep_readers_from_what_was_answered(db: SqliteDatabase) -> None:
    async def write_on(writer: int) -> None:
        for number in range(100):
            name = f"{writer}-{number}"
            await db.write(adding(name), soft=number % 3 == 0)
            if number % 3:
                assert name in await names(db)

    await asyncio.gather(*(write_on(writer) for writer in range(5)))
    assert len(await names(db)) == 500


async def test_what_is_read_in_one_turn_of_the_loop_sees_one_state_and_the_next_turn_the_newest(
    db: SqliteDatabase, path: Path
) -> None:
    assert await names(db) == []
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("INSERT INTO tenants (id, name, created_at) VALUES ('tn_x', 'x', 0)")
    assert await names(db) == []
    await asyncio.sleep(0)
    assert await names(db) == ["x"]


async def test_a_turn_that_cannot_read_leaves_nothing_open_that_would_hide_what_comes(path: Path) -> None:
    reader = SqliteReader(path)
    whole = path.read_bytes()  # noqa: ASYNC240 - quick
    path.write_bytes(b"no database" * 1000)  # noqa: ASYNC240 - quick
    with pytest.raises(sqlite3.DatabaseError):
        reader.tx_of_this_turn()
    path.write_bytes(whole)  # noqa: ASYNC240 - quick
    for count in (1, 2):
        await asyncio.sleep(0)
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("INSERT INTO tenants (id, name, created_at) VALUES (?, ?, 0)", (f"tn_{count}", f"{count}"))
        assert await reader.tx_of_this_turn().number("SELECT COUNT(*) FROM tenants") == count
    reader.close()


async def test_a_reader_may_be_closed_in_the_turn_in_which_it_has_read(path: Path) -> None:
    troubles: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: troubles.append(context))
    reader = SqliteReader(path)
    assert await reader.tx_of_this_turn().number("SELECT COUNT(*) FROM tenants") == 0
    reader.close()
    await asyncio.sleep(0)
    assert troubles == []


async def test_who_is_answered_sees_what_was_written_whatever_others_read_in_that_turn(
    db: SqliteDatabase, disk: Disk
) -> None:
    async def write_and_look() -> list[str]:
        await db.write(adding("soft"), soft=True)
        return await names(db)

    disk.hold()
    looking = asyncio.create_task(write_and_look())
    hard = asyncio.create_task(db.write(adding("hard")))
    assert await asyncio.create_task(names(db)) == []
    assert await asyncio.wait_for(looking, SOON) == ["soft"]
    disk.let_go()
    await hard
    assert await names(db) == ["hard", "soft"]


@pytest.mark.parametrize("soft_first", [True, False])
async def test_a_file_that_is_locked_while_the_disk_is_waited_for_shows_nothing_too_early(
    db: SqliteDatabase, disk: Disk, path: Path, soft_first: bool
) -> None:
    disk.hold()
    first = asyncio.create_task(db.write(adding("first")))
    await disk.until_asked()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        works = {"soft": True, "second": False} if soft_first else {"second": False, "soft": True}
        waiting = []
        for name, is_soft in works.items():
            waiting.append(asyncio.create_task(db.write(adding(name), soft=is_soft)))
            await asyncio.sleep(0.05)
        disk.let_one_through()
        await first
        assert await names(db) == ["first"]
        other.execute("COMMIT")
    await disk.until_asked()
    assert "second" not in await names(db)
    disk.let_go()
    await asyncio.gather(*waiting)
    assert await names(db) == ["first", "second", "soft"]


async def test_a_soft_write_waits_for_no_disk(db: SqliteDatabase, disk: Disk) -> None:
    await db.write(adding("soft at rest"), soft=True)
    assert disk.count == 0
    disk.hold()
    hard = asyncio.create_task(db.write(adding("hard")))
    await disk.until_asked()
    await asyncio.wait_for(db.write(adding("soft beside a hard one"), soft=True), SOON)
    assert not hard.done()
    disk.let_go()
    await hard
    assert await names(db) == ["hard", "soft at rest", "soft beside a hard one"]


async def test_a_soft_write_that_read_what_is_not_on_the_disk_waits_for_it(db: SqliteDatabase, disk: Disk) -> None:
    async def absent(tx: Tx) -> None:
        await get_tenant(tx, "tn_none")

    disk.hold()
    hard = asyncio.create_task(db.write(adding("a")))
    await disk.until_asked()
    looking = asyncio.create_task(db.write(list_tenants, soft=True))
    failing = asyncio.create_task(db.write(absent, soft=True))
    await asyncio.sleep(0.1)
    assert not looking.done()
    assert not failing.done()
    disk.let_go()
    assert [found.name for found in await looking] == ["a"]
    with pytest.raises(NotFound):
        await failing
    await hard


async def test_a_write_that_changes_nothing_asks_nothing_of_the_disk(db: SqliteDatabase, disk: Disk) -> None:
    await db.write(list_tenants)
    with pytest.raises(NotFound):
        await db.write(lambda tx: get_tenant(tx, "tn_none"))
    assert disk.count == 0


async def test_a_disk_that_refuses_the_log_ends_all_writing_and_what_was_on_it_stays(disk: Disk, path: Path) -> None:
    db = SqliteDatabase(path, sync=disk)
    await db.write(adding("a"))
    disk.hold()
    refused = asyncio.create_task(db.write(adding("b")))
    await disk.until_asked()
    await disk.until_asked()
    looking = asyncio.create_task(db.write(list_tenants, soft=True))
    await asyncio.sleep(0.05)
    disk.is_broken = True
    disk.let_go()
    for task in (refused, looking):
        with pytest.raises(DatabaseUnavailable):
            await task
    disk.is_broken = False  # it says so; what it lost before is lost
    for soft in (False, True):
        with pytest.raises(DatabaseUnavailable):
            await db.write(adding("c"), soft=soft)
    assert await names(db) == ["a"]
    await db.close()
    again = SqliteDatabase(path)
    await again.write(adding("d"))
    assert {"a", "d"} <= set(await names(again)) <= {"a", "b", "d"}
    await again.close()


class LastKept:
    """A disk that keeps, each time it is asked, a copy of the files as it has them then: what a power cut would leave."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        self._folder = folder
        self._copies = 0
        self.newest = path

    def __call__(self, opened: int) -> None:
        os.fsync(opened)
        self._copies += 1
        copy = self._folder / f"{self._copies}.db"
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{self._path}{suffix}", f"{copy}{suffix}")
        self.newest = copy


async def test_a_power_cut_at_any_moment_loses_nothing_that_was_answered(path: Path, tmp_path: Path) -> None:
    disk = LastKept(path, tmp_path)
    db = SqliteDatabase(path, sync=disk)
    answered: set[str] = set()
    cuts: list[tuple[Path, set[str]]] = []

    async def write_on(writer: int) -> None:
        for number in range(30):
            await db.write(adding(f"{writer}-{number}"))
            answered.add(f"{writer}-{number}")
            if number % 3 == 0:
                cuts.append((disk.newest, set(answered)))

    await asyncio.gather(*(write_on(writer) for writer in range(8)))
    await db.close()
    assert len(cuts) == 80
    for left, expected in cuts:
        with closing(sqlite3.connect(left)) as copy:
            assert expected <= {name for (name,) in copy.execute("SELECT name FROM tenants")}
            assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
