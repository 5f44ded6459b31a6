"""The migrations make exactly the schema that ``db/tables`` describes."""

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from stagedoor.cli.serve import NEWEST
from stagedoor.db.migrate import _on_connection, alembic_config, head, migrate, revision
from stagedoor.db.tables import metadata
from tests.cli.conftest import environment
from tests.support import nursery

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


def test_totals_survive_every_step_back_and_forth(url: str) -> None:
    """Who has the first schema keeps the figures; who must go back keeps them too."""
    totals = "SELECT name, sum(n) AS n FROM counters WHERE tenant_id = 't' GROUP BY name ORDER BY name"
    seen: list[list[tuple[str, int]]] = []

    def walk(connection: Connection) -> None:
        config = alembic_config(connection)
        connection.execute(
            text(
                "INSERT INTO counters (tenant_id, name, slot, n) VALUES ('t', 'a', 1, 3), ('t', 'a', 2, 4), ('t', 'b', 0, 5)"
            )
        )
        for step, target in ((command.downgrade, "0001"), (command.upgrade, "head")):
            step(config, target)
            seen.append([(name, int(n)) for name, n in connection.execute(text(totals))])

    _on_connection(url, walk)
    assert seen == [[("a", 7), ("b", 5)]] * 2
    assert revision(url) == head()


def test_a_migration_that_is_killed_leaves_the_schema_as_it_was_and_is_done_again(url: str, tmp_path: Path) -> None:
    """C11: after the first of the steps that are to do."""
    _on_connection(url, lambda connection: command.downgrade(alembic_config(connection), "0001"))
    crash_file = tmp_path / "crash"
    crash_file.write_text("C11", encoding="ascii")
    settings = environment(DATABASE_URL=url, DATA_DIR=str(tmp_path), TEST_CRASH_FILE=str(crash_file))
    assert nursery.run("migrate", env=settings).returncode == -9
    assert not crash_file.exists()
    assert revision(url) == "0001"
    assert nursery.run("migrate", env=settings).returncode == 0
    assert revision(url) == head()
    test_the_migrated_schema_is_the_one_in_the_tables(url)
