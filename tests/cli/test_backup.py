"""`stagedoor backup` while a gateway serves, `stagedoor restore` afterwards: nothing acknowledged is missing, nothing opens without the key."""

import asyncio
import shutil
import sqlite3
import stat
import subprocess
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import msgspec
import pytest

from stagedoor.clock import MovableClock
from stagedoor.crypto import decode_secret_key, encode_secret_key, new_secret_key
from stagedoor.db.backup import copy_sqlite
from stagedoor.emulator import RunningEmulator
from tests.cli.conftest import Stagedoor
from tests.support import databases
from tests.support.gateway import Api, RunningGateway, free_port, gateway_settings
from tests.support.serving import ServingProcess
from tests.support.validation import on_postgres, on_sqlite

PER_SECOND = 50
SECONDS_BEFORE = 1.0


class Load:
    """About fifty groups a second; keeps when each was acknowledged."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.acknowledged: dict[str, float] = {}
        self.failures: list[object] = []

    async def run(self, until: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            number = 0
            while not until.is_set():
                group.create_task(self._one(number))
                number += 1
                await asyncio.sleep(1 / PER_SECOND)

    async def _one(self, number: int) -> None:
        answer = await self._api.call("CreateAssetGroup", Name=f"g{number}")
        if answer.status == 200:
            self.acknowledged[answer.result["Id"]] = time.monotonic()
        else:
            self.failures.append(answer)


def rows(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return {group_id for (group_id,) in connection.execute("SELECT id FROM asset_groups")}


@on_sqlite
async def test_a_backup_under_load_has_every_row_that_was_acknowledged_before_it(
    database_url: str, emulator: RunningEmulator, clock: MovableClock, stagedoor: Stagedoor, tmp_path: Path
) -> None:
    settings = gateway_settings(database_url)
    async with RunningGateway(settings, clock) as setting_up:
        await setting_up.connect(emulator)
        key = (await setting_up.client()).key
    settings = msgspec.structs.replace(settings, port=free_port())
    target, elsewhere = tmp_path / "copy.db", tmp_path / "elsewhere" / "stagedoor.db"
    async with ServingProcess(settings, tmp_path / "serve.log") as serving:
        load, over = Load(serving.api(key)), asyncio.Event()
        working = asyncio.create_task(load.run(over))
        await asyncio.sleep(SECONDS_BEFORE)
        begun = time.monotonic()
        given = {"DATABASE_URL": database_url, "SECRET_KEY": settings.secret_key}
        made = await asyncio.to_thread(stagedoor, "backup", str(target), **given)
        over.set()
        await working
    assert made.code == 0, made
    assert "bytes, whole" in made.out
    assert load.failures == []

    given["DATABASE_URL"] = f"sqlite:///{elsewhere}"
    restored = await asyncio.to_thread(stagedoor, "restore", str(target), **given)
    assert restored.code == 0, restored
    assert "the key opened 1 sealed values" in restored.out
    before = {group_id for group_id, at in load.acknowledged.items() if at < begun}
    assert len(before) > PER_SECOND * SECONDS_BEFORE / 5
    assert before <= rows(elsewhere)
    assert rows(elsewhere) == rows(target)

    # It serves, and its key and channel are good for another group.
    settings = msgspec.structs.replace(settings, port=free_port(), database_url=given["DATABASE_URL"])
    async with ServingProcess(settings, tmp_path / "again.log") as serving:
        listed = await serving.api(key).ok("ListAssetGroups", PageSize=1, PageNumber=1)
        assert listed["TotalCount"] == len(rows(elsewhere))
        await serving.api(key).ok("CreateAssetGroup", Name="after")


def with_a_channel(stagedoor: Stagedoor) -> None:
    options = ("--model", "m", "--access-key", "AK")
    assert stagedoor("channels", "add", "main", *options, given="a-secret-of-the-account\n").code == 0


def test_a_copy_is_one_private_file_without_the_key(stagedoor: Stagedoor, data: Path, tmp_path: Path) -> None:
    with_a_channel(stagedoor)
    made = stagedoor("backup", str(tmp_path / "copy.db"))
    assert f"Keep {data}/secret.key in another place" in made.out
    assert [path.name for path in tmp_path.glob("copy.db*")] == ["copy.db"]
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    text = (data / "secret.key").read_text().strip()
    content = (tmp_path / "copy.db").read_bytes()
    assert text.encode() not in content
    assert decode_secret_key(text) not in content
    assert b"a-secret-of-the-account" not in content


def test_nothing_is_ever_overwritten(stagedoor: Stagedoor, data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_text("precious")
    assert "is not overwritten" in stagedoor("backup", str(copy)).complaint
    assert copy.read_text() == "precious"
    assert stagedoor("backup", str(tmp_path / "good.db")).code == 0
    stagedoor("tenants", "list")
    assert "is there already. Stop the gateway" in stagedoor("restore", str(tmp_path / "good.db")).complaint


def test_a_wrong_key_is_told_and_nothing_is_restored(stagedoor: Stagedoor, tmp_path: Path) -> None:
    with_a_channel(stagedoor)
    copy, other = tmp_path / "copy.db", tmp_path / "other"
    assert stagedoor("backup", str(copy)).code == 0
    wrong = stagedoor("restore", str(copy), DATA_DIR=str(other), SECRET_KEY=encode_secret_key(new_secret_key()))
    assert "The secret key is not the one" in wrong.complaint
    assert "channels.credentials does not open" in wrong.complaint
    none = stagedoor("restore", str(copy), DATA_DIR=str(other))
    assert "There is no secret key, and none is made for old data" in none.complaint
    assert list(other.iterdir()) == []


@pytest.mark.parametrize("trouble", ["damaged", "newer", "foreign", "empty", "missing"])
def test_what_is_no_good_copy_is_refused_in_one_line(
    stagedoor: Stagedoor, data: Path, tmp_path: Path, trouble: str
) -> None:
    copy, other = tmp_path / "copy.db", tmp_path / "other"
    copy_sqlite(data / "stagedoor.db", copy)
    said = spoil(copy, trouble)
    key = encode_secret_key(new_secret_key())
    assert said in stagedoor("restore", str(copy), DATA_DIR=str(other), SECRET_KEY=key).complaint
    assert not list(other.glob("stagedoor.db*"))


def spoil(copy: Path, trouble: str) -> str:
    """Do something to a copy and return what is said of it."""
    if trouble == "damaged":
        content = bytearray(copy.read_bytes())
        content[4096 : 3 * 4096] = bytes(2 * 4096)
        copy.write_bytes(content)
        return "is damaged" if b"SQLite" in content[:16] else "no database"
    if trouble == "missing":
        copy.unlink()
        return "There is no file"
    if trouble == "newer":
        with closing(sqlite3.connect(copy)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        return "of a newer stagedoor"
    copy.write_bytes(b"" if trouble == "empty" else b"not a database " * 1000)
    return "is no database of stagedoor"


def test_where_nothing_can_be_written_or_read_it_is_said_in_one_line(stagedoor: Stagedoor, tmp_path: Path) -> None:
    assert "cannot be written" in stagedoor("backup", str(tmp_path / "none" / "copy.db")).complaint
    missing = stagedoor("backup", str(tmp_path / "copy.db"), DATABASE_URL=f"sqlite:///{tmp_path}/none.db")
    assert "There is no database" in missing.complaint
    assert not (tmp_path / "copy.db").exists()
    postgres = stagedoor("backup", "copy.db", DATABASE_URL="postgresql://a@127.0.0.1/b")
    assert "pg_dump" in postgres.complaint


def postgres_program(name: str) -> str | Path:
    found = shutil.which(name) or next(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), None)
    if found is None:
        databases.require_or_skip(f"there is no {name}")
        raise AssertionError
    return found


@on_postgres
async def test_postgres_comes_back_from_its_own_dump(
    database_url: str, gateway: RunningGateway, api: Api, stagedoor: Stagedoor, tmp_path: Path
) -> None:
    created = await api.ok("CreateAssetGroup", Name="g")
    copy = await asyncio.to_thread(databases.make_bare_postgres_database, database_url, "_back")
    dump = str(tmp_path / "stagedoor.dump")
    given = {"DATABASE_URL": copy, "SECRET_KEY": gateway.settings.secret_key}
    try:
        run = partial(subprocess.run, check=True, capture_output=True)
        await asyncio.to_thread(run, [postgres_program("pg_dump"), "--format=custom", f"--file={dump}", database_url])
        back = [postgres_program("pg_restore"), "--no-owner", "--exit-on-error", f"--dbname={copy}", dump]
        await asyncio.to_thread(run, back)
        # As if it had come from a server that has seen more.
        await databases.execute(copy, "UPDATE events SET written_in = written_in + 1000000000")
        assert (await asyncio.to_thread(stagedoor, "migrate", **given)).code == 0
        settings = msgspec.structs.replace(gateway.settings, database_url=copy, port=free_port())
        async with ServingProcess(settings, tmp_path / "serve.log") as serving:
            assert (await serving.api(api.key).ok("GetAssetGroup", Id=created["Id"]))["Name"] == "g"
            told = (await serving.api(api.key).send("GET", "/v1/events")).result["Items"]
            assert [event["Type"] for event in told] == ["group.created"]
            await serving.api(api.key).ok("CreateAssetGroup", Name="after")
    finally:
        await asyncio.to_thread(databases.drop_postgres_database, database_url, copy)
