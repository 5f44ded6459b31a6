"""⑦ List assets, from our own rows."""

import msgspec

from stagedoor.assets.look import is_due, look_later
from stagedoor.assets.shown import show_asset
from stagedoor.assets.store import STATUSES, count_assets, count_selected_assets, list_assets
from stagedoor.call import Call
from stagedoor.contract import requests, results
from stagedoor.contract.paging import read_paging
from stagedoor.db.database import Param, Tx
from stagedoor.db.pages import Branch, Order, Selection, contains
from stagedoor.db.rows import in_list
from stagedoor.groups.listing import GROUP_TYPES
from stagedoor.listing import Listing, answer_page

DEEPEST = 20_000
COLUMNS = {"CreateTime": "created_at", "UpdateTime": "updated_at", "GroupId": "group_id"}


class ShownPage(results.PageOf, frozen=True, kw_only=True):
    """An AssetPage of assets in print."""

    Items: list[msgspec.Raw]


async def answer_list_assets(call: Call, request: requests.ListAssets) -> ShownPage:
    """Filter, sort and page what the tenant owns; assets still Processing are looked at for the next reader."""
    wanted = request.Filter or requests.AssetFilter()
    selection = select_assets(call.tenant_id, wanted, request.ProjectName)

    async def count(tx: Tx) -> int:
        if not selection.conditions and not wanted.AssetIds:
            return await count_assets(
                tx,
                call.tenant_id,
                group_ids=list(dict.fromkeys(wanted.GroupIds)) if wanted.GroupIds else None,
                group_types=GROUP_TYPES if wanted.GroupType is None else (wanted.GroupType,),
                statuses=_statuses(wanted),
            )
        return await count_selected_assets(tx, selection)

    listing = Listing(
        selection,
        Order(COLUMNS[request.SortBy or "CreateTime"], descending=request.SortOrder != "Asc"),
        read_paging(request, deepest=DEEPEST),
        list_assets,
        count,
        heavy=_is_heavy(selection, wanted, request.SortBy),
    )
    rows, counters = await answer_page(call.rt.db, listing)
    now = call.rt.clock.microseconds()
    for row in rows:
        if row.status == "Processing" and is_due(row, now):
            look_later(call.rt, call.book, call.tenant_id, row.id)
    return ShownPage(Items=[show_asset(call.rt, row, now) for row in rows], **counters)


def select_assets(tenant_id: str, wanted: requests.AssetFilter, project_name: str | None) -> Selection:
    """Return the tenant's assets that a filter asks for; ids of others match nothing, like ids that do not exist."""
    conditions: list[str] = []
    params: dict[str, Param] = {}

    def require(condition: str, **values: Param) -> None:
        conditions.append(condition)
        params.update(values)

    if wanted.AssetType is not None:
        require("asset_type = :asset_type", asset_type=wanted.AssetType)
    if project_name is not None:
        require("project_name = :project_name", project_name=project_name)
    if wanted.Name:
        require("name_folded LIKE :name ESCAPE '!'", name=contains(wanted.Name))
    if wanted.AssetIds:
        if wanted.GroupType is not None:
            require("group_type = :group_type", group_type=wanted.GroupType)
        for column, values in (("group_id", wanted.GroupIds), ("status", wanted.Statuses)):
            if values:
                listed, listed_params = in_list(column, values)
                require(f"{column} IN {listed}", **listed_params)
    return Selection("assets", _branches(tenant_id, wanted), conditions, params)


def _is_heavy(selection: Selection, wanted: requests.AssetFilter, sort_by: str | None) -> bool:
    if wanted.AssetIds:
        return False
    # No index has one group's assets of both types by id: they are sorted for the page.
    sorts = sort_by == "GroupId" and bool(wanted.GroupIds) and wanted.GroupType is None
    return sorts or bool(selection.conditions)


def _branches(tenant_id: str, wanted: requests.AssetFilter) -> list[Branch]:
    if wanted.AssetIds:
        return [{"id": asset_id, "tenant_id": tenant_id} for asset_id in dict.fromkeys(wanted.AssetIds)]
    leads: list[Branch]
    if wanted.GroupIds:
        lead = (
            {"tenant_id": tenant_id}
            if wanted.GroupType is None
            else {"tenant_id": tenant_id, "group_type": wanted.GroupType}
        )
        leads = [{**lead, "group_id": group_id} for group_id in dict.fromkeys(wanted.GroupIds)]
    else:
        types = GROUP_TYPES if wanted.GroupType is None else (wanted.GroupType,)
        leads = [{"tenant_id": tenant_id, "group_type": group_type} for group_type in types]
    return [{**lead, "status": status} for lead in leads for status in _statuses(wanted)]


def _statuses(wanted: requests.AssetFilter) -> tuple[str, ...]:
    return tuple(dict.fromkeys(wanted.Statuses)) if wanted.Statuses else STATUSES
