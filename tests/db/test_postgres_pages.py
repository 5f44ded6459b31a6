"""A page on PostgreSQL costs what it shows, however many rows there are."""

from collections.abc import AsyncIterator
from itertools import product
from typing import Any

import asyncpg
import msgspec
import pytest

from stagedoor.assets.listing import COLUMNS, select_assets
from stagedoor.assets.store import ListedAsset
from stagedoor.contract.requests import AssetFilter
from stagedoor.db.pages import Order, Place, page_query
from stagedoor.db.rows import numbered
from tests.support import databases

ROWS = 20_000
SIZE = 20
BRANCHES = 6
FILL = f"""
INSERT INTO tenants (id, name, created_at) VALUES ('t1', 't1', 0);
INSERT INTO channels (id, name, kind, endpoint, region, project_name, models, priority, limits, credentials, created_at, updated_at)
VALUES ('c1', 'c1', 'emulator', '', '', '', '[]', 0, '{{}}', '', 0, 0);
INSERT INTO assets (id, tenant_id, channel_id, group_id, group_type, asset_type, name, name_folded, moderation, project_name,
                    status, shown, created_at, updated_at)
SELECT 'a' || n, 't1', 'c1', 'g' || n % 3, CASE WHEN n % 5 = 0 THEN 'LivenessFace' ELSE 'AIGC' END, 'Image', '', '', 'Default',
       'default', CASE WHEN n % 1000 = 0 THEN 'Failed' ELSE 'Active' END, repeat('x', 300)::bytea, n, n
FROM generate_series(1, {ROWS}) AS n;
ANALYZE;
"""


@pytest.fixture
async def connection(postgres_database: str | None) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    """Yield a connection to a database with many assets of one tenant."""
    if postgres_database is None:
        databases.require_or_skip("there is no PostgreSQL server")
        raise AssertionError
    await databases.empty_postgres(postgres_database)
    connection = await asyncpg.connect(postgres_database)
    await connection.execute(FILL)
    yield connection
    await connection.close()


def rows_read(plan: dict[str, Any]) -> int:
    """Return how many rows the leaves of a plan gave or threw away."""
    below = plan.get("Plans", [])
    if below:
        return sum(rows_read(part) for part in below)
    thrown_away = plan.get("Rows Removed by Filter", 0)
    return int((plan["Actual Rows"] + thrown_away) * plan["Actual Loops"])


@pytest.mark.postgres
async def test_a_page_reads_no_more_rows_than_each_branch_can_give(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    filters = (
        AssetFilter(),
        AssetFilter(GroupType="AIGC"),
        AssetFilter(Statuses=["Active"]),
        AssetFilter(GroupIds=["g1"]),
    )
    for wanted, column, descending, deep in product(filters, COLUMNS.values(), (True, False), (True, False)):
        if column == "group_id" and wanted.GroupIds:
            continue  # sorted away from the page, and said to be heavy
        after = Place("g1" if column == "group_id" else ROWS // 2, "a1") if deep else None
        selection = select_assets("t1", wanted, None)
        order = Order(column, descending=descending)
        sql, params = page_query(ListedAsset, selection, order, limit=SIZE, after=after, merges=False)
        text, names = numbered(sql)
        explained = await connection.fetchval(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", *(params[name] for name in names)
        )
        [plan] = msgspec.json.decode(explained)
        assert rows_read(plan["Plan"]) <= BRANCHES * (SIZE + 1), (wanted, order, after)
