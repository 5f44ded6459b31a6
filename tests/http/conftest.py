"""Fixtures of the tests about HTTP: what a database has no part in is tested on SQLite alone."""

from pathlib import Path

import pytest

from tests.support import databases


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    return databases.fresh_sqlite(sqlite_template, tmp_path)
