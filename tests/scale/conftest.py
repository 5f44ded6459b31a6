"""A database, its key and an emulator, for several `stagedoor serve` at once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import databases
from tests.support.stage import Stage, set_stage


@pytest.fixture
async def postgres(postgres_database: str | None) -> str:
    """Return the URL of an empty, migrated PostgreSQL database."""
    if postgres_database is None:
        databases.require_or_skip("there is no PostgreSQL server")
        raise AssertionError
    await databases.empty_postgres(postgres_database)
    return postgres_database


@pytest.fixture
async def stage(postgres: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with set_stage(postgres, tmp_path) as made:
        yield made
