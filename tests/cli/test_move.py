"""`stagedoor move-to-postgres`: everything comes over, row by row, or nothing; and the instance goes on there."""

import asyncio
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from bench.seed import counters, multiply
from stagedoor.clock import MovableClock
from stagedoor.db.tables import metadata
from stagedoor.emulator import RunningEmulator
from tests.cli.conftest import Ended, Stagedoor
from tests.events.reader import stream
from tests.support import databases
from tests.support.emulator import EmulatorControl
from tests.support.events import shown
from tests.support.gateway import Api, RunningGateway, free_port, gateway_settings
from tests.support.story import ON_SQLITE, eventually, make_group, pass_face_check, upload
from tests.support.validation import start

pytestmark = [pytest.mark.postgres, ON_SQLITE]

MANY = int(os.environ.get("STAGEDOOR_TEST_MOVED_ASSETS", "20000"))
"""Assets that are moved; `make test-long` says 1,000,000."""


@pytest.fixture
def target() -> Iterator[str]:
    """Yield the URL of a database without any table."""
    server = databases.postgres_url()
    if server is None:
        databases.require_or_skip("there is no PostgreSQL server")
        raise AssertionError
    url = databases.make_bare_postgres_database(server, "_moved")
    yield url
    databases.drop_postgres_database(server, url)


class Instance:
    """A gateway on SQLite with something of everything, and what its tenant knows of it."""

    def __init__(self, running: RunningGateway, api: Api) -> None:
        self.running = running
        self.api = api
        self.groups: list[str] = []
        self.repeated: dict[str, Any] = {}
        self.before: dict[str, Any] = {}

    async def live(self, control: EmulatorControl, pictures: str, hook: str) -> None:
        """Let the tenant do a bit of everything; one webhook stays owed, and one face check stays open."""
        body = {"URL": hook, "Description": "née 张三"}
        await self.api.send("POST", "/v1/webhook-endpoints", body=body)
        self.groups = [await pass_face_check(self.api, control), await make_group(self.api, "Zürich 中文 🎭")]
        self.asset = await upload(self.api, self.groups[1], pictures + "portrait.jpg", Name="portrait")
        await eventually(self._is_active)
        self.repeated = await self.api.ok("CreateAssetGroup", Name="once", headers={"Idempotency-Key": "the-key"})
        self.open = await start(self.api)
        invitation = await self.api.send(
            "POST", "/v1/real-avatar/invitations", body={"model": "doubao-seedance-2-0-260128", "Name": "Ada"}
        )
        assert invitation.status == 200, invitation.body

    async def _is_active(self) -> bool:
        return bool((await self.api.ok("GetAsset", Id=self.asset))["Status"] == "Active")

    async def seen(self) -> dict[str, Any]:
        """Return what the tenant reads, whatever the database."""
        return {
            "groups": [await self.api.ok("GetAssetGroup", Id=group_id) for group_id in self.groups],
            "listed": await self.api.ok("ListAssetGroups"),
            "asset": await self.api.ok("GetAsset", Id=self.asset),
            "events": (await self.api.send("GET", "/v1/events")).result,
            "endpoints": (await self.api.send("GET", "/v1/webhook-endpoints")).result,
        }


@pytest.fixture
async def instance(
    database_url: str, emulator: RunningEmulator, control: EmulatorControl, pictures: str, clock: MovableClock
) -> Instance:
    """Return an instance whose gateway has been stopped, and a webhook's receiver that is away."""
    settings = gateway_settings(database_url, webhook_http=True, webhook_private=True)
    async with RunningGateway(settings, clock) as running:
        await running.connect(emulator)
        made = Instance(running, await running.client())
        await made.live(control, pictures, f"http://127.0.0.1:{free_port()}/hook")
        made.before = await made.seen()
    return made


def file_of(instance: Instance) -> Path:
    return Path(instance.running.settings.database_url.removeprefix("sqlite:///"))


async def moved(stagedoor: Stagedoor, instance: Instance, target: str, *options: str) -> Ended:
    url = instance.running.settings.database_url
    return await asyncio.to_thread(stagedoor, "move-to-postgres", target, *options, DATABASE_URL=url)


async def check_rows(source: Path, target: str) -> int:
    """Compare every row of every table as the drivers give it, in no order of the database's, and return how many there are."""
    total = 0
    connection = await asyncpg.connect(target)
    try:
        with closing(sqlite3.connect(source)) as file:
            for table in metadata.sorted_tables:
                names = ", ".join(column.name for column in table.columns)
                left = sorted(map(repr, file.execute(f"SELECT {names} FROM {table.name}")))
                right = sorted(repr(tuple(row)) for row in await connection.fetch(f"SELECT {names} FROM {table.name}"))
                assert left == right, table.name
                total += len(left)
    finally:
        await connection.close()
    return total


async def test_everything_comes_over_once_and_the_instance_goes_on(
    instance: Instance, target: str, stagedoor: Stagedoor, control: EmulatorControl
) -> None:
    ended = await moved(stagedoor, instance, target, "--json")
    assert (ended.code, ended.err) == (0, "")
    report = json.loads(ended.out)
    assert set(report["tables"]) == set(metadata.tables)
    assert await check_rows(file_of(instance), target) == report["rows"]
    line = (await moved(stagedoor, instance, target)).complaint
    assert "is not empty: its table" in line
    assert "createdb" in line
    assert await check_rows(file_of(instance), target) == report["rows"]
    filled = {name for name, table in report["tables"].items() if table["rows"]}
    assert filled >= {
        "tenants", "api_keys", "channels", "asset_groups", "assets", "validation_sessions", "idempotency_keys", "counters",
        "jobs", "events", "webhook_endpoints", "webhook_deliveries", "invitations",
    }  # fmt: skip
    settings = msgspec.structs.replace(instance.running.settings, database_url=target)
    async with RunningGateway(settings, instance.running.clock) as running:
        api = instance.api = running.api(instance.api.key)
        assert await instance.seen() == instance.before
        again = await api.ok("CreateAssetGroup", Name="once", headers={"Idempotency-Key": "the-key"})
        assert again == instance.repeated
        group_id = await pass_on(api, control, instance.open.byted_token)
        assert (await api.ok("GetAssetGroup", Id=group_id))["GroupType"] == "LivenessFace"
        old = instance.before["events"]["Items"]
        await shown(running)
        events = (await api.send("GET", "/v1/events")).result["Items"]
        assert events[: len(old)] == old
        assert [one["Type"] for one in events[len(old) :]].count("group.created") == 1
        async with stream(api, **{"last-event-id": old[-1]["Id"]}) as reading:
            [first, *_] = await reading.events(1)
            assert first.id == events[len(old)]["Id"]


async def pass_on(api: Api, control: EmulatorControl, byted_token: str) -> str:
    """Let the person pass a face check that was started before the move."""
    async with api.http.get(await control.complete(byted_token), allow_redirects=False) as response:
        assert response.status == 303
    return str((await api.ok("GetVisualValidateResult", BytedToken=byted_token))["GroupId"])


async def test_a_gateway_that_serves_the_file_is_in_the_way(
    instance: Instance, target: str, stagedoor: Stagedoor
) -> None:
    async with RunningGateway(instance.running.settings, instance.running.clock):
        assert "is in use. Stop the gateway first." in (await moved(stagedoor, instance, target)).complaint


async def test_what_is_not_there_or_not_ours_is_said_in_one_line_and_left_alone(
    instance: Instance, target: str, stagedoor: Stagedoor, tmp_path: Path
) -> None:
    def line(url: str, source: str) -> str:
        return stagedoor("move-to-postgres", url, DATABASE_URL=source).complaint

    ours = instance.running.settings.database_url
    (tmp_path / "text.db").write_text("this is no database, and long enough to be read as the header of one " * 3)
    assert "There is no database" in await asyncio.to_thread(line, target, f"sqlite:///{tmp_path}/none.db")
    assert "cannot be read" in await asyncio.to_thread(line, target, f"sqlite:///{tmp_path}/text.db")
    assert "PostgreSQL cannot be used" in await asyncio.to_thread(line, f"{target}_absent", ours)
    connection = await asyncpg.connect(target)
    await connection.execute("CREATE TABLE orders (id int)")
    assert "it has a table orders" in await asyncio.to_thread(line, target, ours)
    assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 1
    await connection.close()


async def test_a_row_that_breaks_a_rule_undoes_the_move_and_the_next_one_succeeds(
    instance: Instance, target: str, stagedoor: Stagedoor
) -> None:
    change(file_of(instance), "UPDATE assets SET tenant_id = 'nobody'")
    assert "PostgreSQL does not take a row" in (await moved(stagedoor, instance, target)).complaint
    change(file_of(instance), "UPDATE assets SET tenant_id = (SELECT id FROM tenants)")
    connection = await asyncpg.connect(target)
    assert await connection.fetchval("SELECT count(*) FROM tenants") == 0
    await connection.close()
    assert (await moved(stagedoor, instance, target)).code == 0
    await check_rows(file_of(instance), target)


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA foreign_keys = OFF")
        file.execute(sql)
        file.commit()


async def test_many_assets_come_over(instance: Instance, target: str, stagedoor: Stagedoor) -> None:
    settings = instance.running.settings
    tenant_id = await asyncio.to_thread(only_tenant, file_of(instance))
    before = await asyncio.to_thread(counters, settings.database_url, tenant_id)
    before = {name: n - (n == 1) for name, n in before.items() if name.startswith("assets")}
    vault = instance.running.rt.vault
    await asyncio.to_thread(multiply, settings.database_url, vault, instance.asset, MANY, counters_before=before)
    ended = await moved(stagedoor, instance, target, "--json")
    report = json.loads(ended.out)
    assert report["tables"]["assets"]["rows"] == MANY + 1
    connection = await asyncpg.connect(target)
    assert await connection.fetchval("SELECT count(DISTINCT id) FROM assets") == MANY + 1
    await connection.close()
    async with RunningGateway(
        msgspec.structs.replace(settings, database_url=target), instance.running.clock
    ) as running:
        listed = await running.api(instance.api.key).ok("ListAssets", Filter={"GroupType": "AIGC"}, PageSize=100)
        assert len(listed["Items"]) == 100


def only_tenant(path: Path) -> str:
    with closing(sqlite3.connect(path)) as file:
        [(tenant_id,)] = file.execute("SELECT id FROM tenants").fetchall()
        return str(tenant_id)
