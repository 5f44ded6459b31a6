"""② List asset groups, from our own rows."""

from stagedoor.call import Call
from stagedoor.contract import requests, results
from stagedoor.contract.fields import GroupType
from stagedoor.contract.paging import read_paging
from stagedoor.db.database import Param, Tx
from stagedoor.db.pages import Branch, Order, Selection, contains
from stagedoor.groups.store import count_groups, count_selected_groups, list_groups
from stagedoor.listing import Listing, answer_page

DEEPEST = 10_000
GROUP_TYPES: tuple[GroupType, ...] = ("AIGC", "LivenessFace")
COLUMNS = {"CreateTime": "created_at", "UpdateTime": "updated_at"}


async def answer_list_groups(call: Call, request: requests.ListAssetGroups) -> results.GroupPage:
    """Filter, sort and page what the tenant owns."""
    wanted = request.Filter or requests.GroupFilter()
    selection = select_groups(call.tenant_id, wanted, request.ProjectName)

    async def count(tx: Tx) -> int:
        if selection.conditions or wanted.GroupIds:
            return await count_selected_groups(tx, selection)
        return await count_groups(tx, call.tenant_id, _types(wanted))

    listing = Listing(
        selection,
        Order(COLUMNS[request.SortBy or "CreateTime"], descending=request.SortOrder != "Asc"),
        read_paging(request, deepest=DEEPEST),
        list_groups,
        count,
        heavy=bool(selection.conditions) and not wanted.GroupIds,
    )
    rows, counters = await answer_page(call.rt.db, listing)
    return results.GroupPage(Items=[row.to_result() for row in rows], **counters)


def select_groups(tenant_id: str, wanted: requests.GroupFilter, project_name: str | None) -> Selection:
    """Return the tenant's groups that a filter asks for; ids of others match nothing, like ids that do not exist."""
    branches: list[Branch] = [
        {"tenant_id": tenant_id, "group_type": group_type} | ({"id": group_id} if wanted.GroupIds else {})
        for group_type in _types(wanted)
        for group_id in (dict.fromkeys(wanted.GroupIds or ("",)))
    ]
    conditions: list[str] = []
    params: dict[str, Param] = {}
    if wanted.Name:
        conditions.append("name_folded LIKE :name ESCAPE '!'")
        params["name"] = contains(wanted.Name)
    if project_name is not None:
        conditions.append("project_name = :project_name")
        params["project_name"] = project_name
    return Selection("asset_groups", branches, conditions, params)


def _types(wanted: requests.GroupFilter) -> tuple[GroupType, ...]:
    return GROUP_TYPES if wanted.GroupType is None else (wanted.GroupType,)
