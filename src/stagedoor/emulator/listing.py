"""One page of a list: the filter and the paging of a request turned into items and what leads to the next ones."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from msgspec import Struct

from stagedoor.emulator.errors import invalid, missing
from stagedoor.emulator.fields import choice, record, text, texts
from stagedoor.emulator.paging import Order, Window, read_order, read_paging
from stagedoor.emulator.rows import Asset, Group
from stagedoor.emulator.settings import Rules
from stagedoor.emulator.store import cursor_of, json_list

Item = TypeVar("Item", Group, Asset)
STATUSES = {"Active", "Processing", "Failed"}


class Listing(Struct, Generic[Item], frozen=True, kw_only=True):
    """How one kind of thing is counted, read, shown and sorted, and how deep numbered pages reach."""

    count: Callable[[dict[str, Any]], int]
    read: Callable[[dict[str, Any], Order, Window], list[Item]]
    show: Callable[[Item], dict[str, Any]]
    sort_by: tuple[str, ...]
    deepest: int


def read_filter(body: dict[str, Any], project: str) -> dict[str, Any]:
    """Return the conditions of a list; ``Filter.GroupType`` is the one that must be given."""
    given = record(body, "Filter") or {}
    group_type = choice(given, "GroupType", ("AIGC", "LivenessFace"), path="Filter.")
    if group_type is None:
        raise missing("Filter.GroupType")
    return {
        "project": project,
        "group_type": group_type,
        "group_ids": json_list(texts(given, "GroupIds", path="Filter.")),
        "name": text(given, "Name", 64, path="Filter.") or None,
    }


def read_statuses(body: dict[str, Any]) -> str | None:
    statuses = texts(record(body, "Filter") or {}, "Statuses", path="Filter.")
    if statuses is not None and not set(statuses) <= STATUSES:
        raise invalid("Filter.Statuses", "Filter.Statuses must hold Active, Processing or Failed.")
    return json_list(statuses)


def list_page(listing: Listing[Item], body: dict[str, Any], conditions: dict[str, Any], rules: Rules) -> dict[str, Any]:
    order = read_order(body, listing.sort_by)
    paging = read_paging(
        body, order=order, conditions=conditions, deepest=listing.deepest, required=rules.page_required
    )
    rows = listing.read(conditions, order, paging.window())
    page: dict[str, Any] = {"Items": [listing.show(row) for row in rows[: paging.size]]}
    if paging.page_number is not None:
        page |= {"TotalCount": listing.count(conditions), "PageNumber": paging.page_number, "PageSize": paging.size}
    elif len(rows) > paging.size:
        page["NextToken"] = paging.next_token(cursor_of(rows[paging.size - 1], order))
    return page
