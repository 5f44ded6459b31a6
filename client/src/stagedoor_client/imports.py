"""Bulk imports: what is handed over, and what becomes of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Required, TypedDict

from stagedoor_client.reading import Result, each, flag, mapping, moment, nested, number, string
from stagedoor_client.results import Problem

ITEM_FIELDS = {"url": "URL", "asset_type": "AssetType", "name": "Name", "group_id": "GroupId"}


class NewItem(TypedDict, total=False):
    """One asset to make, as ``create_asset`` takes it; without a group it goes into the import's."""

    url: Required[str]
    asset_type: Required[str]
    name: str
    group_id: str


@dataclass(frozen=True, kw_only=True)
class Import(Result):
    """A bulk import; ``counts`` says how many items are ``Active``, ``Failed`` and so on."""

    id: str = string("Id")
    state: str = string("State")
    total: int = number("Total", 0)
    counts: Mapping[str, int] = mapping("Counts")
    create_time: datetime | None = moment("CreateTime")
    cancel_time: datetime | None = moment("CancelTime")
    finish_time: datetime | None = moment("FinishTime")

    @property
    def is_finished(self) -> bool:
        return self.finish_time is not None


@dataclass(frozen=True, kw_only=True)
class ImportItem(Result):
    """One item: the asset it has become, or why there is none. ``number`` is its place in the request, from 1."""

    number: int = number("Number", 0)
    group_id: str = string("GroupId")
    asset_type: str = string("AssetType")
    name: str = string("Name")
    state: str = string("State")
    asset_id: str = string("AssetId")
    error: Problem | None = nested("Error", Problem)

    @property
    def is_active(self) -> bool:
        return self.state == "Active"

    @property
    def reference(self) -> str:
        """What a request to Seedance names the asset by."""
        return f"asset://{self.asset_id}"


@dataclass(frozen=True, kw_only=True)
class ImportItemPage(Result):
    """Some items in the order of the request, and after which to ask on."""

    items: tuple[ImportItem, ...] = each("Items", ImportItem)
    next_cursor: str = string("NextCursor")
    has_more: bool = flag("HasMore")

    def __iter__(self) -> Iterator[ImportItem]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def item_fields(item: NewItem) -> dict[str, Any]:
    """Return what a request says of an item; what is empty is left out."""
    return {wire: value for name, wire in ITEM_FIELDS.items() if (value := item.get(name))}
