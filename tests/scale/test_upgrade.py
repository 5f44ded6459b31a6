"""A rolling upgrade: the schema moves on under processes that serve, and older ones go on with it."""

import ast
import asyncio
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from alembic import command

from stagedoor.cli.serve import NEWEST
from stagedoor.crypto import encode_secret_key, new_secret_key
from stagedoor.db import migrate as migrations
from stagedoor.db.migrate import _on_connection, alembic_config, migrate, revision
from tests.cli.conftest import environment
from tests.scale.load import Load
from tests.scale.replicas import Replica, replicas
from tests.support import databases, nursery
from tests.support.gateway import free_port
from tests.support.stage import Stage, set_stage

pytestmark = [pytest.mark.postgres, pytest.mark.filterwarnings("ignore:.*:sqlalchemy.exc.SAWarning"), pytest.mark.alone]

FILES = sorted((migrations.MIGRATIONS / "versions").glob("*.py"))
FIRST_BOUND = "0006"
"""What came before was never released, and bound by nothing."""
CONTRACTING: dict[str, str] = {}
"""Revisions that take away what the release before had stopped needing, and why that is so."""
EXPANDING = {"create_table", "create_index", "add_column", "execute", "get_bind", "get_context", "f", "bulk_insert"}
WAITED_SECONDS = 3.0
"""How long anybody waits behind a migration that waits for a lock; it gives up after two."""
BOUND = [path for path in FILES if path.name[:4] >= FIRST_BOUND and path.name[:4] not in CONTRACTING]
NEXT = "9999"
"""A revision that this version does not know."""


def calls_of(path: Path) -> list[ast.Call]:
    """Return the calls of ``op.…`` in a migration's upgrade."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    [upgrade] = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"]
    calls = [node for node in ast.walk(upgrade) if isinstance(node, ast.Call)]
    return [call for call in calls if ast.unparse(call.func).startswith("op.")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_migration_is_numbered_in_its_order(path: Path) -> None:
    assert path.name[:4].isdecimal()
    number = int(path.name[:4])
    assert f'revision = "{number:04}"' in path.read_text(encoding="utf-8").replace("revision: str", "revision")
    assert FILES.index(path) == number - 1


@pytest.mark.parametrize("path", BOUND, ids=lambda path: path.stem)
def test_a_migration_only_adds(path: Path) -> None:
    """Whatever else is needed comes in a release after the one whose code has stopped needing what goes: see decision 0017."""
    for call in calls_of(path):
        name = ast.unparse(call.func).removeprefix("op.")
        assert name in EXPANDING, f"{path.name}: op.{name} takes away or tightens"
        if name == "add_column":
            keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in call.args[1].keywords}  # type: ignore[attr-defined]  # a call
            assert keywords.get("nullable") != "False" or "server_default" in keywords, (
                f"{path.name}: older code would not fill {ast.unparse(call.args[1])}"
            )
        if name == "execute":
            said = ast.unparse(call).upper()
            assert not any(word in said for word in ("DROP ", "RENAME ", "SET NOT NULL", "ALTER TABLE")), path.name


EXPAND = """
    op.create_table("next_things", sa.Column("id", sa.Text(), primary_key=True))
    op.add_column("assets", sa.Column("next_note", sa.Text(), nullable=True))
    op.add_column("asset_groups", sa.Column("next_count", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("next_index", "asset_groups", ["tenant_id", "next_count"])
"""
CONTRACT = """
    op.drop_column("asset_groups", "description")
    op.add_column("assets", sa.Column("next_note", sa.Text(), nullable=False))
"""


def next_version(folder: Path, change: str) -> Path:
    """Make the migrations of a version that comes after this one, and return their folder."""
    made = folder / "migrations"
    shutil.copytree(migrations.MIGRATIONS, made, ignore=shutil.ignore_patterns("__pycache__"))
    (made / "versions" / f"{NEXT}_next.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        f'revision = "{NEXT}"\ndown_revision = "{NEWEST}"\n\n\ndef upgrade() -> None:{change}'
    )
    return made


@pytest.fixture
def database() -> Iterator[str]:
    """Yield a migrated database whose schema may be changed."""
    server = databases.postgres_url()
    if server is None:
        databases.require_or_skip("there is no PostgreSQL server")
        raise AssertionError
    url = databases.make_postgres_database(server, "_next")
    yield url
    databases.drop_postgres_database(server, url)


def run(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return nursery.run(*arguments, env=environment(**settings))


async def test_the_schema_of_the_next_version_is_made_under_processes_that_serve_and_new_ones_of_this_version_accept_it(
    database: str, tmp_path: Path
) -> None:
    folder = next_version(tmp_path, EXPAND)
    load = Load()
    async with set_stage(database, tmp_path) as stage:
        made = [Replica(stage, tmp_path, name, share_port=True) for name in ("first", "second")]
        async with replicas(*made):
            async with load.on(made[0].url, stage.key, stage.control, clients=6, actors=2):
                await load.goes_on(30)
                # Both hosts migrate at the same time: one does it, the other waits and finds it done.
                hosts = [asyncio.to_thread(migrate, database, folder) for _ in range(2)]
                assert await asyncio.gather(*hosts) == [NEXT, NEXT]
                await load.goes_on(30)
                # The way back: a process of this version starts on the newer schema.
                await made[0].stop()
                await made[0].start()
                await load.goes_on(30)
            for replica in made:
                await replica.stop()
    assert load.failed == []
    ended = await asyncio.to_thread(run, "migrate", DATABASE_URL=database, DATA_DIR=str(tmp_path))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert await asyncio.to_thread(revision, database) == NEXT


async def test_a_migration_gives_way_to_a_long_transaction_and_comes_back(database: str, tmp_path: Path) -> None:
    folder = next_version(tmp_path, EXPAND)
    connection = await asyncpg.connect(database)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("LOCK TABLE assets IN ACCESS SHARE MODE")
    migrating = asyncio.create_task(asyncio.to_thread(migrate, database, folder))
    other = await asyncpg.connect(database)
    longest = 0.0
    for _ in range(30):
        begun = time.monotonic()
        await other.fetch("SELECT id FROM assets LIMIT 1")
        longest = max(longest, time.monotonic() - begun)
        await asyncio.sleep(0.1)
    assert not migrating.done()
    assert longest < WAITED_SECONDS
    await transaction.rollback()
    assert await migrating == NEXT
    await connection.close()
    await other.close()


def check_refusal(ended: "subprocess.CompletedProcess[str]") -> None:
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert f"The schema is revision {NEXT}, too new for this version, which knows {NEWEST}" in line
    assert "assets.next_note" in line
    assert "asset_groups.description" in line


def test_a_newer_schema_that_lacks_something_is_refused(database: str, tmp_path: Path) -> None:
    migrate(database, next_version(tmp_path, CONTRACT))
    check_refusal(run("serve", "--port", str(free_port()), DATABASE_URL=database, DATA_DIR=str(tmp_path)))


def test_a_newer_file_that_lacks_something_is_refused(sqlite_template: Path, tmp_path: Path) -> None:
    database = databases.fresh_sqlite(sqlite_template, tmp_path)
    migrate(database, next_version(tmp_path, CONTRACT))
    check_refusal(run("migrate", DATABASE_URL=database, DATA_DIR=str(tmp_path)))


def step_back(url: str) -> str | None:
    """Undo the newest migration and return the revision there is then."""
    _on_connection(url, lambda connection: command.downgrade(alembic_config(connection), "-1"))
    return revision(url)


async def test_an_older_schema_is_refused_with_what_to_do(database: str, tmp_path: Path) -> None:
    before = await asyncio.to_thread(step_back, database)
    settings = {"DATABASE_URL": database, "DATA_DIR": str(tmp_path)}
    ended = await asyncio.to_thread(run, "serve", "--port", str(free_port()), **settings)
    assert ended.returncode == 1
    assert f"is revision {before}, and this version needs {NEWEST}. Run `stagedoor migrate`." in ended.stderr


async def test_a_process_with_another_secret_key_does_not_start(stage: Stage) -> None:
    settings = stage.settings
    ended = await asyncio.to_thread(
        run,
        "serve",
        "--port",
        str(free_port()),
        DATABASE_URL=settings.database_url,
        SECRET_KEY=encode_secret_key(new_secret_key()),
    )
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert "The secret key does not open the channel emulator" in line
