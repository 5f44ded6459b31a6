"""An asset group and its SQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from stagedoor.clock import to_iso
from stagedoor.contract import results
from stagedoor.contract.fields import GroupType
from stagedoor.db.counters import add_to_counters, drop_counters, sum_counters
from stagedoor.db.database import Tx
from stagedoor.db.pages import Order, Place, Selection, count_query, page_query
from stagedoor.db.rows import columns, in_list
from stagedoor.errors import NotFound
from stagedoor.jobs.store import add_job, drop_job

SWEEP = "sweep"
"""The kind of the job that compares a group with Ark's now and then; its key is the group's id."""
FIRST_SWEEP = timedelta(days=1)


class AssetGroup(msgspec.Struct, frozen=True):
    """A group owned by a tenant. The id is Ark's own."""

    id: str
    tenant_id: str
    channel_id: str
    group_type: GroupType
    name: str
    name_folded: str
    description: str
    project_name: str
    created_at: datetime
    updated_at: datetime
    withdrawn_at: datetime | None = None
    """When its actor took the consent back: it takes nothing any more, and is being deleted."""

    def to_result(self) -> results.Group:
        return results.Group(
            Id=self.id,
            Name=self.name,
            Title=self.name,
            Description=self.description,
            GroupType=self.group_type,
            ProjectName=self.project_name,
            CreateTime=to_iso(self.created_at),
            UpdateTime=to_iso(self.updated_at),
        )


class ListedGroup(AssetGroup, frozen=True):
    """A group and its place in the list it was read for."""

    sort_value: int | str = 0


def group_counter(group_type: str) -> str:
    return f"groups:{group_type}"


async def add_group(tx: Tx, tenant_id: str, group: AssetGroup, *, sweep_at: datetime | None = None) -> None:
    """Record a group. It is compared with Ark's a day after it was made, or at ``sweep_at``.

    Raises:
        AlreadyThere: the id has an owner.

    """
    await tx.execute(
        f"INSERT INTO asset_groups ({columns(AssetGroup)}) VALUES (:id, :tenant_id, :channel_id, :group_type, :name,"
        " :name_folded, :description, :project_name, :created_at, :updated_at, :withdrawn_at)",
        **{**msgspec.structs.asdict(group), "tenant_id": tenant_id},
    )
    await add_to_counters(tx, tenant_id, {group_counter(group.group_type): 1})
    due_at = group.created_at + FIRST_SWEEP if sweep_at is None else sweep_at
    await add_job(tx, tenant_id, SWEEP, group.id, now=group.created_at, due_at=due_at)


async def find_group(tx: Tx, tenant_id: str, group_id: str) -> AssetGroup | None:
    return await tx.find(
        AssetGroup,
        f"SELECT {columns(AssetGroup)} FROM asset_groups WHERE id = :id AND tenant_id = :tenant_id",
        id=group_id,
        tenant_id=tenant_id,
    )


async def get_group(tx: Tx, tenant_id: str, group_id: str, project_name: str | None = None) -> AssetGroup:
    """Return a group of the tenant, in the project if one is named.

    Raises:
        NotFound: the tenant has no such group; another tenant's looks the same.

    """
    group = await find_group(tx, tenant_id, group_id)
    if group is None or project_name not in {None, group.project_name}:
        raise _not_found(group_id)
    return group


async def check_group(tx: Tx, tenant_id: str, group_id: str) -> bool:
    """Pass when the tenant has the group, and tell whether its actor still agrees: a third of the cost of getting it.

    Raises:
        NotFound: it has not.

    """
    sql = "SELECT CASE WHEN withdrawn_at IS NULL THEN 2 ELSE 1 END FROM asset_groups WHERE id = :id AND tenant_id = :tenant_id"
    found = await tx.number(sql, id=group_id, tenant_id=tenant_id)
    if not found:
        raise _not_found(group_id)
    return found == 2


def _not_found(group_id: str) -> NotFound:
    return NotFound(f"The specified asset_group {group_id} is not found.", field="group_id")


async def mark_group_changed(tx: Tx, tenant_id: str, group: AssetGroup) -> None:
    await tx.execute(
        "UPDATE asset_groups SET name = :name, name_folded = :name_folded, description = :description,"
        " updated_at = :updated_at WHERE id = :id AND tenant_id = :tenant_id",
        id=group.id,
        tenant_id=tenant_id,
        name=group.name,
        name_folded=group.name_folded,
        description=group.description,
        updated_at=group.updated_at,
    )


async def mark_group_withdrawn(tx: Tx, tenant_id: str, group_id: str, now: datetime) -> bool:
    """Write down that the actor of a group has taken the consent back, and tell whether it is there and that is news."""
    changed = await tx.execute(
        "UPDATE asset_groups SET withdrawn_at = :now WHERE id = :id AND tenant_id = :tenant_id AND withdrawn_at IS NULL",
        now=now,
        id=group_id,
        tenant_id=tenant_id,
    )
    return changed == 1


async def remove_group(tx: Tx, tenant_id: str, group: AssetGroup, counters: Sequence[str]) -> bool:
    """Remove a group whose assets are gone, with its counters, and tell whether it was there."""
    removed = await tx.execute(
        "DELETE FROM asset_groups WHERE id = :id AND tenant_id = :tenant_id", id=group.id, tenant_id=tenant_id
    )
    await add_to_counters(tx, tenant_id, {group_counter(group.group_type): -removed})
    await drop_job(tx, SWEEP, group.id)
    await drop_counters(tx, tenant_id, counters)
    return bool(removed)


async def list_groups(
    tx: Tx, selection: Selection, order: Order, *, limit: int, offset: int, after: Place | None
) -> list[ListedGroup]:
    sql, params = page_query(ListedGroup, selection, order, limit=limit, offset=offset, after=after, merges=tx.merges)
    return await tx.list(ListedGroup, sql, **params)


async def count_groups(tx: Tx, tenant_id: str, group_types: Sequence[GroupType]) -> int:
    return await sum_counters(tx, tenant_id, [group_counter(group_type) for group_type in group_types])


async def count_selected_groups(tx: Tx, selection: Selection) -> int:
    sql, params = count_query(selection)
    return await tx.number(sql, **params)


async def find_group_owner(tx: Tx, group_id: str) -> str | None:
    """Return the tenant that owns a group, whoever asks: an id has one owner only."""
    owner = await tx.find(_Owner, "SELECT tenant_id FROM asset_groups WHERE id = :id", id=group_id)
    return None if owner is None else owner.tenant_id


class _Owner(msgspec.Struct, frozen=True):
    tenant_id: str


async def list_group_owners(tx: Tx, group_ids: Sequence[str]) -> dict[str, str]:
    """Return who owns each of these groups, whoever asks; those that nobody owns are left out."""
    if not group_ids:
        return {}
    listed, params = in_list("id", group_ids)
    owned = await tx.list(_Owned, f"SELECT id, tenant_id FROM asset_groups WHERE id IN {listed}", **params)
    return {group.id: group.tenant_id for group in owned}


class _Owned(msgspec.Struct, frozen=True):
    id: str
    tenant_id: str


async def list_groups_by_id(tx: Tx, tenant_id: str, group_ids: Sequence[str]) -> list[AssetGroup]:
    """Return those of the groups that are the tenant's."""
    if not group_ids:
        return []
    listed, params = in_list("id", group_ids)
    sql = f"SELECT {columns(AssetGroup)} FROM asset_groups WHERE tenant_id = :tenant_id AND id IN {listed}"
    return await tx.list(AssetGroup, sql, tenant_id=tenant_id, **params)
