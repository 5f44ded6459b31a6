"""What the tests of the lists ②⑦ share: a plain, slow reading of the contract to hold the answers against."""

from collections.abc import Sequence
from typing import Any

from stagedoor.assets.store import Asset
from stagedoor.groups.store import AssetGroup
from tests.support.gateway import Api

SORTS = {"CreateTime": "created_at", "UpdateTime": "updated_at", "GroupId": "group_id"}
Row = AssetGroup | Asset


def is_wanted(row: Row, wanted: dict[str, Any]) -> bool:
    """Tell whether a row is in a list with this Filter."""
    mine = {
        "GroupIds": row.group_id if isinstance(row, Asset) else row.id,
        "GroupType": row.group_type,
        "Statuses": getattr(row, "status", None),
        "AssetType": getattr(row, "asset_type", None),
        "AssetIds": row.id,
    }
    for field, value in wanted.items():
        if not value:
            continue
        if field == "Name":
            if value.casefold() not in row.name.casefold():
                return False
        elif mine[field] not in (value if isinstance(value, list) else [value]):
            return False
    return True


def expected_ids(rows: Sequence[Row], wanted: dict[str, Any], sort_by: str, sort_order: str) -> list[str]:
    """Return the ids a list has to give, in its order: ties go by id."""
    column = SORTS[sort_by]
    chosen = [row for row in rows if is_wanted(row, wanted)]
    chosen.sort(key=lambda row: (getattr(row, column), row.id), reverse=sort_order == "Desc")
    return [row.id for row in chosen]


async def walk_pages(api: Api, action: str, size: int, **fields: Any) -> list[str]:
    """Return the ids of all numbered pages, and hold the counters to what there is."""
    ids: list[str] = []
    number = 0
    while True:
        number += 1
        page = await api.ok(action, PageNumber=number, PageSize=size, **fields)
        assert (page["PageNumber"], page["PageSize"]) == (number, size)
        assert "NextToken" not in page
        ids += [item["Id"] for item in page["Items"]]
        if not page["Items"]:
            assert page["TotalCount"] == len(ids)
            return ids


async def walk_cursor(api: Api, action: str, size: int, **fields: Any) -> list[str]:
    """Return the ids of all pages of cursor mode."""
    ids: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = await api.ok(action, MaxResults=size, **token, **fields)
        assert {"TotalCount", "PageNumber", "PageSize"}.isdisjoint(page)
        assert len(page["Items"]) <= size
        ids += [item["Id"] for item in page["Items"]]
        if "NextToken" not in page:
            return ids
        assert len(page["Items"]) == size
        token = {"NextToken": page["NextToken"]}
