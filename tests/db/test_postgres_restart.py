"""A PostgreSQL that restarts, crashes or has no connection left costs a 503 and a few seconds, and nothing it confirmed."""

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import psutil
import pytest

from stagedoor.clock import MovableClock
from stagedoor.db.migrate import migrate
from stagedoor.db.postgres import ACQUIRE_TIMEOUT, PATIENCE, PostgresDatabase
from stagedoor.emulator import RunningEmulator
from tests.support.counts import times
from tests.support.databases import empty_postgres, make_bare_postgres_database, require_or_skip
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Answer, Api, RunningGateway, free_port, gateway_settings
from tests.support.story import eventually, make_group

pytestmark = [pytest.mark.postgres, pytest.mark.alone]

POOL = 4
CLIENTS = 10
LONGEST = 5.0
HEALED = 3.0
"""As promised; measured were less than 0.1 s, and 0.4 s on a busy machine."""
CREATE = "CreateAssetGroup"
LOST_TASK = ("asyncio", "ERROR")
"""The logger and the level at which asyncio tells of a task that ended by an error nobody looked at."""
KILL_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


class PrivateServer:
    """A PostgreSQL server for this file alone, to be stopped and started at will."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.url = f"postgresql://postgres@127.0.0.1:{(port := free_port())}/postgres"
        self._programs = programs
        self._folder = folder
        self._options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=on -c shared_buffers=16MB -c max_connections=40"
        # The server refuses to run as root.
        self._runner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._runner:
            shutil.chown(folder, "postgres")

    def make(self) -> None:
        self._run("initdb", "--no-sync", "-A", "trust", "-U", "postgres")

    def start(self) -> None:
        self._run("pg_ctl", "start", "-w", "-l", str(self._folder / "log"), "-o", self._options)

    def stop(self, mode: str) -> None:
        self._run("pg_ctl", "stop", "-w", "-m", mode)

    def restart(self, mode: str) -> None:
        self._run("pg_ctl", "restart", "-w", "-m", mode, "-l", str(self._folder / "log"))

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let every process of the server hang for as long as the block runs: connections are taken, and nothing is answered."""
        main = psutil.Process(int((self._folder / "db" / "postmaster.pid").read_text().split()[0]))
        # The first one stops first, so that nobody new comes.
        main.suspend()
        others = main.children()
        for process in others:
            process.suspend()
        try:
            yield
        finally:
            for process in (*others, main):
                process.resume()

    def _run(self, program: str, *words: str) -> None:
        command = [*self._runner, str(self._programs / program), "-D", str(self._folder / "db"), *words]
        subprocess.run(command, cwd=self._folder, stdout=subprocess.DEVNULL, timeout=20, check=True)


class Seen(NamedTuple):
    action: str
    status: int
    code: str
    seconds: float


class Watch:
    """Sends calls and keeps what came back: every answer, and what the gateway has confirmed."""

    def __init__(self, api: Api) -> None:
        self.answers: list[Seen] = []
        self.tried: defaultdict[int, set[str]] = defaultdict(set)
        self.created: dict[str, str] = {}
        self.renamed: dict[str, set[str]] = {}
        self._api = api

    async def call(self, action: str, **fields: Any) -> Answer:
        begun = time.monotonic()
        answer = await self._api.call(action, **fields)
        code = "" if answer.status == 200 else answer.code
        self.answers.append(Seen(action, answer.status, code, time.monotonic() - begun))
        return answer

    async def create(self, name: str) -> None:
        answer = await self.call(CREATE, Name=name)
        self.tried[answer.status].add(name)
        if answer.status == 200:
            self.created[answer.result["Id"]] = name

    async def read(self, group_id: str) -> None:
        answer = await self.call("GetAssetGroup", Id=group_id)
        if answer.status == 200:
            assert answer.result["Name"] in self.renamed[group_id]

    async def rename(self, group_id: str, name: str) -> bool:
        """Rename a group; until that is confirmed, its name may be this one or any that was possible before."""
        self.renamed[group_id].add(name)
        confirmed = (await self.call("UpdateAssetGroup", Id=group_id, Name=name)).status == 200
        if confirmed:
            self.renamed[group_id] = {name}
        return confirmed

    async def own(self, name: str) -> str:
        group_id = await make_group(self._api, name)
        self.renamed[group_id] = {name}
        return group_id

    async def is_ready(self) -> bool:
        status = (await self._api.send("GET", "/readyz")).status
        assert status in {200, 503}
        return status == 200


@pytest.fixture(scope="module")
def server() -> Iterator[PrivateServer]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    if not programs:
        require_or_skip("there is no PostgreSQL to start")
    # Not below pytest's own folder, which the user postgres may not enter.
    with tempfile.TemporaryDirectory(prefix="stagedoor-postgres-") as folder:
        made = PrivateServer(programs[-1].parent, Path(folder))
        made.make()
        try:
            made.start()
            yield made
        finally:
            with suppress(subprocess.CalledProcessError):
                made.stop("immediate")


@pytest.fixture(scope="module")
def migrated_url(server: PrivateServer) -> str:
    url = make_bare_postgres_database(server.url)
    migrate(url)
    return url


@pytest.fixture
async def database_url(migrated_url: str) -> str:
    await empty_postgres(migrated_url)
    return migrated_url


@pytest.fixture
async def gateway(database_url: str, emulator: RunningEmulator, clock: MovableClock) -> AsyncIterator[RunningGateway]:
    """Yield a gateway on the private server, with fewer connections than it has clients."""
    async with RunningGateway(gateway_settings(database_url, database_pool=POOL), clock) as running:
        await running.connect(emulator)
        yield running


@asynccontextmanager
async def load(watch: Watch) -> AsyncIterator[None]:
    """Let clients create, read and rename groups for as long as the block runs."""
    stopping = asyncio.Event()

    async def drive(client: int, group_id: str) -> None:
        number = 0
        while not stopping.is_set():
            number += 1
            await watch.create(f"new-{client}-{number}")
            await watch.read(group_id)
            await watch.rename(group_id, f"own-{client}-{number}")
            await asyncio.sleep(0.03)

    owned = [await watch.own(f"own-{client}") for client in range(CLIENTS)]
    async with asyncio.TaskGroup() as clients:
        for client, group_id in enumerate(owned):
            clients.create_task(drive(client, group_id))
        try:
            yield
        finally:
            stopping.set()


async def test_a_postgresql_that_restarts_or_crashes_costs_503s_and_nothing_that_was_confirmed(
    server: PrivateServer,
    gateway: RunningGateway,
    api: Api,
    control: EmulatorControl,
    database_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    watch = Watch(api)

    async def crash() -> None:
        await asyncio.to_thread(server.restart, "immediate")

    async def be_away() -> None:
        await asyncio.to_thread(server.stop, "fast")
        assert not await watch.is_ready()
        await asyncio.sleep(1)
        assert not await watch.is_ready()
        await asyncio.to_thread(server.start)

    async def kill_all() -> None:
        admin = await asyncpg.connect(database_url)
        for _ in range(10):
            await admin.execute(KILL_ALL)
            await asyncio.sleep(0.1)
        await admin.close()

    async def works() -> bool:
        return await watch.rename(probe, "works") and await watch.is_ready()

    outages: list[Callable[[], Awaitable[None]]] = [crash, be_away, kill_all, crash, be_away] * times(1, 10)
    probe = await watch.own("probe")
    async with load(watch):
        for outage in outages:
            await asyncio.sleep(1)
            before = len(watch.answers)
            await outage()
            async with asyncio.timeout(HEALED):
                await eventually(works)
            assert any(seen.status != 200 for seen in watch.answers[before:]), outage

    counted = Counter((seen.status, seen.code) for seen in watch.answers)
    assert counted.keys() <= {(200, ""), (503, "DatabaseUnavailable"), (504, "OutcomeUnknown")}, counted
    assert [record.getMessage() for record in caplog.records if (record.name, record.levelname) == LOST_TASK] == []
    # Only a create that has been sent upstream has an outcome that can be unknown; one answered 503 has not been sent.
    assert {seen.action for seen in watch.answers if seen.status == 504} <= {CREATE}
    sent = {call["body"]["Name"] for call in await control.ledger(CREATE)}
    assert watch.tried[504] <= sent
    assert not watch.tried[503] & sent
    assert max(seen.seconds for seen in watch.answers) <= LONGEST
    admin = await asyncpg.connect(database_url)
    names = {row["id"]: row["name"] for row in await admin.fetch("SELECT id, name FROM asset_groups")}
    await admin.close()
    assert {group_id: names.get(group_id) for group_id in watch.created} == watch.created
    assert all(names.get(group_id) in possible for group_id, possible in watch.renamed.items())


async def test_a_request_that_gets_no_connection_is_answered_503_after_four_seconds(
    gateway: RunningGateway, api: Api, database_url: str
) -> None:
    watch = Watch(api)
    group_id = await watch.own("figures")
    admin = await asyncpg.connect(database_url)
    async with admin.transaction():
        # Whoever reads a group keeps its connection until this is over.
        await admin.execute("LOCK TABLE asset_groups")
        reading = [asyncio.create_task(watch.read(group_id)) for _ in range(3 * POOL)]
        for refusal in islice(asyncio.as_completed(reading), 2 * POOL):
            await refusal
    await admin.close()
    await asyncio.gather(*reading)
    counted = Counter((seen.status, seen.code) for seen in watch.answers)
    assert counted == {(503, "DatabaseUnavailable"): 2 * POOL, (200, ""): POOL}
    assert all(ACQUIRE_TIMEOUT <= seen.seconds <= LONGEST for seen in watch.answers)
    assert await watch.rename(group_id, "works")
    assert await watch.is_ready()


async def test_a_server_that_hangs_costs_five_seconds_and_a_503_and_is_used_again_at_once(
    server: PrivateServer, gateway: RunningGateway, api: Api
) -> None:
    watch = Watch(api)
    owned = [await watch.own(f"own-{number}") for number in range(CLIENTS)]
    with server.frozen():
        await asyncio.sleep(0.1)
        before = len(watch.answers)
        for _ in range(2):
            await asyncio.gather(*(watch.rename(group_id, "hung") for group_id in owned))
        assert not await watch.is_ready()
        hung = watch.answers[before:]
    assert Counter((seen.status, seen.code) for seen in hung) == {(503, "DatabaseUnavailable"): 2 * CLIENTS}
    assert max(seen.seconds for seen in hung) <= PATIENCE + 1

    async def works() -> bool:
        return all([await watch.rename(group_id, "works") for group_id in owned]) and await watch.is_ready()

    async with asyncio.timeout(HEALED):
        await eventually(works)
    for group_id in owned:
        await watch.read(group_id)


async def test_a_lock_that_somebody_holds_costs_five_seconds_and_a_503(
    gateway: RunningGateway, api: Api, database_url: str
) -> None:
    watch = Watch(api)
    group_id = await watch.own("figures")
    admin = await asyncpg.connect(database_url)
    async with admin.transaction():
        await admin.execute("SELECT FROM asset_groups WHERE id = $1 FOR UPDATE", group_id)
        assert not await watch.rename(group_id, "waits")
    await admin.close()
    assert (watch.answers[-1].status, watch.answers[-1].code) == (503, "DatabaseUnavailable")
    assert ACQUIRE_TIMEOUT <= watch.answers[-1].seconds <= PATIENCE + 1
    assert await watch.rename(group_id, "works")


async def test_a_task_that_is_cancelled_within_a_transaction_ends_although_the_server_hangs(
    server: PrivateServer, database_url: str
) -> None:
    db = await PostgresDatabase.open(database_url, 1)
    inside = asyncio.Event()

    async def write(_tx: object) -> None:
        inside.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(db.write(write))
    await inside.wait()
    with server.frozen():
        task.cancel()
        await asyncio.wait([task], timeout=PATIENCE + 1)
        assert task.cancelled()
        await db.close()


async def test_a_stop_does_not_wait_for_a_server_that_hangs(
    server: PrivateServer, database_url: str, clock: MovableClock
) -> None:
    async with RunningGateway(gateway_settings(database_url), clock) as running:
        assert (await running.api("").send("GET", "/readyz")).status == 200
        with server.frozen():
            begun = time.monotonic()
            running._server.stop()
            await running._serving
            assert time.monotonic() - begun < 20
