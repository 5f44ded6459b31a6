"""A full disk costs writers a 503 for as long as it is full, and a copy of the files is whole at any instant."""

import asyncio
import itertools
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path

import pytest

from stagedoor.app import open_runtime
from stagedoor.db.sqlite import CHECKPOINT_BYTES
from stagedoor.keys.issue import issue_admin_key
from tests.support.counts import times
from tests.support.databases import fresh_sqlite
from tests.support.gateway import Answer, Api
from tests.support.serving import ServingProcess
from tests.support.stage import Stage, set_stage
from tests.support.story import make_group
from tests.support.validation import browse, exchange, start, until

pytestmark = [
    pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits a process from outside"),
    pytest.mark.alone,
]

AT_ONCE = 3.0
SOON = 5.0
CHECKPOINTS = 1.2
"""Seconds in which the gateway thinks of a checkpoint at least twice."""
ONE_PAGE = 4096
"""Room for less than a page and the head of its frame: nothing can be committed, wherever in its file the WAL goes on."""
COPIES = times(20, 500)
LONGEST_PAUSE = 0.15
LOADERS = 4


@pytest.fixture
async def stage(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    # Failed commits are logged, and the log is on the full disk as well.
    async with set_stage(fresh_sqlite(sqlite_template, tmp_path), tmp_path, log_level="info") as made:
        yield made


class Load:
    """Callers who create groups one after the other, and what they were answered."""

    def __init__(self, api: Api) -> None:
        self.answered: set[str] = set()
        """The names of the groups that were answered with 200."""
        self.refused: set[tuple[int, str]] = set()
        self._api = api
        self._names = (f"load {number}" for number in itertools.count())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self._over = False
        loaders = [asyncio.create_task(self._create()) for _ in range(LOADERS)]
        try:
            yield
        finally:
            self._over = True
            await asyncio.gather(*loaders)

    async def _create(self) -> None:
        while not self._over:
            name = next(self._names)
            answer = await self._api.call("CreateAssetGroup", Name=name)
            if answer.status == 200:
                self.answered.add(name)
            else:
                self.refused.add((answer.status, answer.code))


@contextmanager
def full_disk(process: ServingProcess, room: int) -> Iterator[None]:
    """Let no file of the process be written beyond its first ``room`` bytes. Python ignores SIGXFSZ, so it is an error."""
    pid = process.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def stopped(process: ServingProcess) -> Iterator[None]:
    pid = process.process.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        threads = Path(f"/proc/{pid}/task")
        while any(not _stands_still(thread) for thread in threads.iterdir()):
            time.sleep(0.001)
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _stands_still(thread: Path) -> bool:
    # The state is the first word behind the name, which may have anything in it.
    return (thread / "stat").read_text(encoding="utf-8").rpartition(") ")[2].startswith("T")


def database(stage: Stage) -> Path:
    return Path(stage.settings.database.removeprefix("sqlite:///"))


def wal(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def fill_wal(path: Path) -> None:
    """Write so much from another process that from now on the gateway thinks a checkpoint is due."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA wal_autocheckpoint = 0")
        other.execute("CREATE TABLE ballast AS SELECT zeroblob(:size) AS data", {"size": CHECKPOINT_BYTES})


def check_file(path: Path) -> tuple[set[str], set[str]]:
    """Return the names of the tenants and of the groups in a file, which must be whole."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        tenants = {name for (name,) in connection.execute("SELECT name FROM tenants")}
        groups = [name for (name,) in connection.execute("SELECT name FROM asset_groups")]
        counted = connection.execute("SELECT sum(n) FROM counters WHERE name = 'groups:AIGC'").fetchone()[0]
    # A group and what counts it are written in one transaction.
    assert len(groups) == (counted or 0)
    return tenants, set(groups)


async def new_admin_key(stage: Stage) -> str:
    rt = await open_runtime(stage.settings)
    _, secret = await issue_admin_key(rt)
    await rt.close()
    return secret


async def at_once(call: Awaitable[Answer]) -> Answer:
    begun = time.monotonic()
    answer = await call
    assert time.monotonic() - begun < AT_ONCE
    return answer


async def check_full_disk(api: Api, operator: Api, group_id: str, key: str) -> None:
    """Nothing can be written, everything can be read, and nobody waits."""
    refused = await asyncio.gather(
        at_once(operator.send("POST", "/admin/v1/tenants", body={"Name": "refused"})),
        at_once(api.call("UpdateAssetGroup", Id=group_id, Name="refused")),
        at_once(api.call("CreateAssetGroup", Name=key, headers={"idempotency_key": key})),
    )
    for answer in refused:
        assert (answer.status, answer.code) == (503, "DatabaseUnavailable")
        assert int(answer.headers["retry-after"]) >= 1
    # Without a key the group was made upstream before it could not be recorded.
    lost = await at_once(api.call("CreateAssetGroup", Name="lost"))
    assert (lost.status, lost.code, lost.error["Retry"]) == (504, "OutcomeUnknown", "never")
    reads = await asyncio.gather(
        at_once(api.call("GetAssetGroup", Id=group_id)),
        at_once(api.call("ListAssetGroups")),
        at_once(api.call("ListAssetGroups", Filter={"Name": "kept"})),
        at_once(operator.send("GET", "/admin/v1/tenants")),
        at_once(api.send("GET", "/readyz")),
    )
    assert [answer.status for answer in reads] == [200] * len(reads)
    assert reads[0].result["Name"] == "kept"


async def test_a_full_disk_costs_503s_to_writers_and_nothing_else(stage: Stage) -> None:
    admin_key = await new_admin_key(stage)
    async with stage.process() as process:
        api, operator, load = stage.api, process.api(admin_key), Load(stage.api)
        group_id = await make_group(api, "kept")
        # At first there is room for half a frame: what is torn off must not be found later.
        rooms = {"half": wal(database(stage)).stat().st_size + 1000, "page": ONE_PAGE, "none": 0}
        async with load.running():
            for key, room in rooms.items():
                with full_disk(process, room):
                    for _ in range(40):
                        await check_full_disk(api, operator, group_id, key)

                async def written() -> bool:
                    return (await api.call("UpdateAssetGroup", Id=group_id, Name="kept")).status == 200

                await until(written, seconds=SOON)
                await api.ok("CreateAssetGroup", Name=key, headers={"idempotency_key": key})
        assert load.refused == {(504, "OutcomeUnknown")}
        sent = [call["body"]["Name"] for call in await stage.control.ledger("CreateAssetGroup")]
        assert [sent.count(key) for key in rooms] == [1] * len(rooms)
    tenants, groups = check_file(database(stage))
    assert "refused" not in tenants
    assert groups == {"kept"} | rooms.keys() | load.answered


async def test_a_process_that_ends_on_a_full_disk_has_lost_nothing(stage: Stage) -> None:
    async with stage.process() as process:
        load = Load(stage.api)
        async with load.running():
            await until(lambda: len(load.answered) >= 50)
        with full_disk(process, 0):
            process.process.terminate()
            assert await asyncio.to_thread(process.process.wait, 10) == 0
    assert check_file(database(stage))[1] == load.answered


async def test_a_full_disk_does_not_end_the_checkpoints(stage: Stage) -> None:
    async with stage.process() as process:
        path = database(stage)
        size = path.stat().st_size
        with full_disk(process, 0):
            fill_wal(path)
            await asyncio.sleep(CHECKPOINTS)
            assert path.stat().st_size == size
        await until(lambda: path.stat().st_size > CHECKPOINT_BYTES, seconds=SOON)


async def test_a_copy_of_the_files_taken_at_any_instant_opens_whole_and_holds_all_that_was_answered(
    stage: Stage, tmp_path: Path
) -> None:
    """During checkpoints as well. A copy also has what the kernel had not yet put on the disk: this is not about fsync."""
    path, copy = database(stage), tmp_path / "copy.db"
    async with stage.process() as process:
        load = Load(stage.api)
        fill_wal(path)
        for _ in range(2):
            async with load.running():
                for _ in range(COPIES // 2):
                    await asyncio.sleep(random.uniform(0, LONGEST_PAUSE))
                    with stopped(process):
                        shutil.copyfile(path, copy)
                        shutil.copyfile(wal(path), wal(copy))
                        # What comes in while the process stands still, it had answered before.
                        await asyncio.sleep(0.01)
                        answered = set(load.answered)
                    _, groups = await asyncio.to_thread(check_file, copy)
                    assert answered <= groups
            # While nobody writes, a checkpoint comes to the end of the WAL, and the next half begins it anew.
            await asyncio.sleep(CHECKPOINTS)
        assert not load.refused
        assert len(load.answered) > COPIES
    assert load.answered <= check_file(path)[1]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder on a file system of its own, of a few megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], check=False)
    if mounted.returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Fill a disk to the last byte, and return the file to delete."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(ONE_PAGE))
    return filler


async def test_an_actor_who_comes_back_while_the_disk_is_full_is_on_record(
    small_disk: Path, sqlite_template: Path, tmp_path: Path
) -> None:
    async with set_stage(fresh_sqlite(sqlite_template, small_disk), tmp_path) as stage:
        async with stage.process():
            api = stage.api
            check = await start(api)
            redirect = await stage.control.complete(check.byted_token)
            await until(lambda: database(stage).with_name(f"{database(stage).name}-reserve").exists())
            filler = fill(small_disk)
            assert (await api.call("CreateAssetGroup", Name="refused")).status == 504
            assert (await browse(api, redirect)).status == 303
            with closing(sqlite3.connect(database(stage))) as file:
                assert file.execute("SELECT state FROM validation_sessions").fetchall() == [("passed",)]
            assert (await api.call("CreateAssetGroup", Name="refused")).status == 504

            filler.unlink()

            async def has_a_group() -> bool:
                return (await exchange(api, check)).status == 200

            await until(has_a_group, seconds=SOON)
            await api.ok("CreateAssetGroup", Name="made")
        with closing(sqlite3.connect(database(stage))) as file:
            assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
