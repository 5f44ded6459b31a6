"""A fresh, migrated database per test: a SQLite file copied from a template, or one emptied PostgreSQL database."""

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from stagedoor.db.migrate import migrate
from stagedoor.db.tables import metadata

LOCAL_POSTGRES = "postgresql://postgres@127.0.0.1:5432/postgres"

MakeUrl = Callable[[Path], str]


def postgres_url() -> str | None:
    """Return the server to test on; None when there is none."""
    url = os.environ.get("STAGEDOOR_TEST_POSTGRES", LOCAL_POSTGRES)
    try:
        asyncio.run(_connect(url))
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return None
    return url


async def _connect(url: str) -> None:
    connection = await asyncpg.connect(url, timeout=3)
    await connection.close()


def sqlite_template(folder: Path) -> Path:
    path = folder / "template.db"
    migrate(f"sqlite:///{path}")
    return path


def fresh_sqlite(template: Path, folder: Path) -> str:
    path = folder / "stagedoor.db"
    shutil.copyfile(template, path)
    return f"sqlite:///{path}"


def make_postgres_database(server: str, suffix: str = "") -> str:
    """Make a migrated database for this run and return its URL."""
    url = make_bare_postgres_database(server, suffix)
    migrate(url)
    return url


def make_bare_postgres_database(server: str, suffix: str = "") -> str:
    """Make a database without any table and return its URL."""
    name = f"stagedoor_test_{os.getpid()}{suffix}"
    asyncio.run(execute(server, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}"))
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def drop_postgres_database(server: str, url: str) -> None:
    name = urlsplit(url).path.removeprefix("/")
    asyncio.run(execute(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


async def empty_postgres(url: str) -> None:
    tables = ", ".join(table.name for table in metadata.sorted_tables)
    await execute(url, f"TRUNCATE {tables}")


async def execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def require_or_skip(reason: str) -> None:
    """Skip a test that cannot run here; where everything must run, fail instead."""
    if os.environ.get("STAGEDOOR_TEST_REQUIRE_ALL"):
        pytest.fail(reason)
    pytest.skip(reason)
