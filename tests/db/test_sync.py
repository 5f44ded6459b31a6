"""On SQLite nobody is answered, and nobody sees, what is not yet on the disk."""

import asyncio
import os
import shutil
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stagedoor.db.database import Tx, Work
from stagedoor.db.sqlite import SqliteDatabase
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

    def hold(self) -> None:
        self._may_go.clear()

    def let_go(self) -> None:
        self._may_go.set()

    def __call__(self, opened: int) -> None:
        self.count += 1
        self.asked.release()
        assert self._may_go.wait(SOON)
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
