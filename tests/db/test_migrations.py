"""The migrations make exactly the schema that ``tables.py`` describes."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from stagedoor.cli.serve import NEWEST
from stagedoor.db.migrate import _on_connection, head, migrate, revision
from stagedoor.db.tables import metadata

pytestmark = pytest.mark.filterwarnings("ignore:.*:sqlalchemy.exc.SAWarning")


@pytest.fixture
def url(database_url: str) -> str:
    return database_url


def test_the_migrated_schema_is_the_one_in_the_tables(url: str) -> None:
    differences: list[Any] = []

    def compare(connection: Connection) -> None:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": metadata}
        )
        differences.extend(compare_metadata(context, metadata))

    _on_connection(url, compare)
    assert differences == []


def test_migrating_again_changes_nothing(url: str) -> None:
    assert revision(url) == head()
    assert migrate(url) == head()


def test_the_command_line_knows_the_newest_revision_without_loading_alembic() -> None:
    assert head() == NEWEST
