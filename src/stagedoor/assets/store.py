"""An asset and its SQL."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Literal, Self, TypeVar

import msgspec
from msgspec import UNSET

from stagedoor.clock import to_iso, to_microseconds
from stagedoor.contract import results
from stagedoor.contract.fields import AssetStatus, AssetType, GroupType, Moderation
from stagedoor.db.counters import add_to_counters, sum_counters
from stagedoor.db.database import Tx
from stagedoor.db.pages import Order, Place, Selection, count_query, page_query
from stagedoor.db.rows import columns, in_list
from stagedoor.errors import NotFound
from stagedoor.groups.store import AssetGroup

TRACK = "track"
"""The kind of the job that looks after an asset until its state is final; its key is the asset's id."""
STATUSES: tuple[AssetStatus, ...] = ("Processing", "Active", "Failed")


class Asset(msgspec.Struct, frozen=True):
    """An asset owned by a tenant. The id is Ark's own; ``url`` is Ark's presigned address, sealed."""

    id: str
    tenant_id: str
    channel_id: str
    group_id: str
    group_type: GroupType
    asset_type: AssetType
    name: str
    name_folded: str
    moderation: Literal["Default", "Skip"]
    project_name: str
    status: AssetStatus
    error_code: str | None
    error_message: str | None
    url: bytes | None
    url_expires_at: datetime | None
    last_inference_at: datetime | None
    created_at: datetime
    updated_at: datetime
    looked_at: datetime | None
    sha256: bytes | None = None
    """Of the uploaded file, where it was one."""


class ShownAsset(msgspec.Struct, frozen=True):
    """What answering needs of an asset; times are microseconds since 1970, as they are stored."""

    id: str
    status: AssetStatus
    shown: bytes
    url: bytes | None
    url_expires_at: int | None
    looked_at: int | None

    @classmethod
    def of(cls, asset: Asset) -> Self:
        return cls(
            id=asset.id,
            status=asset.status,
            shown=print_asset(asset),
            url=asset.url,
            url_expires_at=None if asset.url_expires_at is None else to_microseconds(asset.url_expires_at),
            looked_at=None if asset.looked_at is None else to_microseconds(asset.looked_at),
        )


class ListedAsset(ShownAsset, frozen=True):
    """The same, and its place in the list it was read for."""

    sort_value: int | str


def print_asset(asset: Asset) -> bytes:
    """Return the answer's JSON of an asset, without its address."""
    failed = asset.error_code if asset.status == "Failed" else None
    created = to_iso(asset.created_at)
    return msgspec.json.encode(
        results.Asset(
            Id=asset.id,
            GroupId=asset.group_id,
            Name=asset.name,
            AssetType=asset.asset_type,
            Status=asset.status,
            ProjectName=asset.project_name,
            CreateTime=created,
            UpdateTime=created if asset.updated_at == asset.created_at else to_iso(asset.updated_at),
            Moderation=Moderation(Strategy=asset.moderation),
            Error=UNSET if failed is None else results.AssetError(Code=failed, Message=asset.error_message or ""),
            LastInferenceTime=UNSET if asset.last_inference_at is None else to_iso(asset.last_inference_at),
        )
    )


def counters_of_asset(group_id: str, group_type: str, status: str) -> tuple[str, str]:
    """Return the two counters an asset is counted in: its group's and its tenant's."""
    return f"assets/{group_type}/{group_id}:{status}", f"assets/{group_type}:{status}"


def counters_of_group(group_id: str, group_type: str) -> list[str]:
    return [counters_of_asset(group_id, group_type, status)[0] for status in STATUSES]


async def _count(tx: Tx, tenant_id: str, asset: Asset, status: str, delta: int) -> None:
    names = counters_of_asset(asset.group_id, asset.group_type, status)
    await add_to_counters(tx, tenant_id, dict.fromkeys(names, delta))


async def add_asset(tx: Tx, tenant_id: str, asset: Asset) -> bytes:
    """Record an asset, and return the answer's JSON of it.

    Raises:
        AlreadyThere: the id has an owner.

    """
    shown = print_asset(asset)
    await tx.execute(
        f"INSERT INTO assets ({columns(Asset)}, shown) VALUES (:id, :tenant_id, :channel_id, :group_id, :group_type,"
        " :asset_type, :name, :name_folded, :moderation, :project_name, :status, :error_code, :error_message, :url,"
        " :url_expires_at, :last_inference_at, :created_at, :updated_at, :looked_at, :sha256, :shown)",
        **{**msgspec.structs.asdict(asset), "tenant_id": tenant_id, "shown": shown},
    )
    await _count(tx, tenant_id, asset, asset.status, 1)
    return shown


async def find_asset(tx: Tx, tenant_id: str, asset_id: str) -> Asset | None:
    sql = f"SELECT {columns(Asset)} FROM assets WHERE id = :id AND tenant_id = :tenant_id"
    return await tx.find(Asset, sql, id=asset_id, tenant_id=tenant_id)


class _Shown(msgspec.Struct, frozen=True):
    shown: bytes


async def find_same_asset(tx: Tx, tenant_id: str, group_id: str, asset_type: str, sha256: bytes) -> bytes | None:
    """Return the answer's JSON of an asset of a group that was made of this content and has not failed."""
    found = await tx.find(
        _Shown,
        "SELECT shown FROM assets WHERE tenant_id = :tenant_id AND group_id = :group_id AND sha256 = :sha256"
        " AND asset_type = :asset_type AND status <> 'Failed' LIMIT 1",
        tenant_id=tenant_id,
        group_id=group_id,
        sha256=sha256,
        asset_type=asset_type,
    )
    return None if found is None else found.shown


async def get_asset(tx: Tx, tenant_id: str, asset_id: str, project_name: str | None = None) -> Asset:
    """Return an asset of the tenant, in the project if one is named.

    Raises:
        NotFound: the tenant has no such asset; another tenant's looks the same.

    """
    return await _get(tx, Asset, tenant_id, asset_id, project_name)


async def get_shown_asset(tx: Tx, tenant_id: str, asset_id: str, project_name: str | None = None) -> ShownAsset:
    """Return what answering needs of an asset of the tenant.

    Raises:
        NotFound: the tenant has no such asset; another tenant's looks the same.

    """
    return await _get(tx, ShownAsset, tenant_id, asset_id, project_name)


Form = TypeVar("Form", Asset, ShownAsset)


async def _get(tx: Tx, form: type[Form], tenant_id: str, asset_id: str, project_name: str | None) -> Form:
    sql = f"SELECT {columns(form)} FROM assets WHERE id = :id AND tenant_id = :tenant_id"
    if project_name is None:
        asset = await tx.find(form, sql, id=asset_id, tenant_id=tenant_id)
    else:
        sql += " AND project_name = :project_name"
        asset = await tx.find(form, sql, id=asset_id, tenant_id=tenant_id, project_name=project_name)
    if asset is None:
        raise NotFound(f"The specified asset {asset_id} is not found.", field="asset_id")
    return asset


class _Owned(msgspec.Struct, frozen=True):
    id: str
    tenant_id: str


async def list_asset_owners(tx: Tx, asset_ids: Sequence[str]) -> dict[str, str]:
    """Return who owns each of these assets, whoever asks; those that nobody owns are left out."""
    if not asset_ids:
        return {}
    listed, params = in_list("id", asset_ids)
    owned = await tx.list(_Owned, f"SELECT id, tenant_id FROM assets WHERE id IN {listed}", **params)
    return {asset.id: asset.tenant_id for asset in owned}


class Known(msgspec.Struct, frozen=True):
    """What is compared with Ark's list of a group's assets."""

    id: str
    status: AssetStatus
    created_at: datetime


async def list_known_assets(
    tx: Tx, tenant_id: str, group: AssetGroup, status: AssetStatus, *, after: str, at_most: int
) -> list[Known]:
    """Return the next assets of a group in a state, in the order of their ids, behind one of them."""
    return await tx.list(
        Known,
        f"SELECT {columns(Known)} FROM assets WHERE tenant_id = :tenant_id AND group_type = :group_type"
        " AND status = :status AND group_id = :group_id AND id > :after ORDER BY id LIMIT :at_most",
        tenant_id=tenant_id,
        group_type=group.group_type,
        status=status,
        group_id=group.id,
        after=after,
        at_most=at_most,
    )


async def mark_asset_seen(tx: Tx, tenant_id: str, before: Asset, seen: Asset) -> bool:
    """Record what a look at Ark showed, unless the asset has changed meanwhile; tell whether it was recorded."""
    changed = await tx.execute(
        "UPDATE assets SET status = :status, error_code = :error_code, error_message = :error_message, url = :url,"
        " url_expires_at = :url_expires_at, last_inference_at = :last_inference_at, moderation = :moderation,"
        " updated_at = :updated_at, looked_at = :looked_at, shown = :shown"
        " WHERE id = :id AND tenant_id = :tenant_id AND status = :status_before AND updated_at = :updated_before"
        " AND coalesce(looked_at, 0) = :looked_before",
        id=seen.id,
        tenant_id=tenant_id,
        status=seen.status,
        error_code=seen.error_code,
        error_message=seen.error_message,
        url=seen.url,
        url_expires_at=seen.url_expires_at,
        last_inference_at=seen.last_inference_at,
        moderation=seen.moderation,
        updated_at=seen.updated_at,
        looked_at=seen.looked_at,
        shown=print_asset(seen),
        status_before=before.status,
        updated_before=before.updated_at,
        looked_before=0 if before.looked_at is None else before.looked_at,
    )
    if changed and before.status != seen.status:
        await _count(tx, tenant_id, before, before.status, -1)
        await _count(tx, tenant_id, before, seen.status, 1)
    return bool(changed)


async def hide_addresses(tx: Tx, tenant_id: str, group_id: str, now: datetime) -> None:
    """Give out no address of a group's assets any more; a look at Ark that is under way will not be recorded."""
    await tx.execute(
        "UPDATE assets SET url = NULL, url_expires_at = NULL, looked_at = :now"
        " WHERE tenant_id = :tenant_id AND group_id = :group_id",
        now=now,
        tenant_id=tenant_id,
        group_id=group_id,
    )


async def mark_asset_renamed(tx: Tx, tenant_id: str, before: Asset, renamed: Asset) -> bool:
    """Record a new name, unless the asset has changed meanwhile; tell whether it was recorded."""
    changed = await tx.execute(
        "UPDATE assets SET name = :name, name_folded = :name_folded, updated_at = :updated_at, shown = :shown"
        " WHERE id = :id AND tenant_id = :tenant_id AND status = :status_before AND updated_at = :updated_before",
        id=renamed.id,
        tenant_id=tenant_id,
        name=renamed.name,
        name_folded=renamed.name_folded,
        updated_at=renamed.updated_at,
        shown=print_asset(renamed),
        status_before=before.status,
        updated_before=before.updated_at,
    )
    return changed == 1


class _Removed(msgspec.Struct, frozen=True):
    id: str
    group_id: str
    group_type: GroupType
    status: AssetStatus


async def remove_asset(tx: Tx, tenant_id: str, asset_id: str) -> bool:
    """Remove an asset, and tell whether there was one."""
    removed = await tx.list(
        _Removed,
        f"DELETE FROM assets WHERE id = :id AND tenant_id = :tenant_id RETURNING {columns(_Removed)}",
        id=asset_id,
        tenant_id=tenant_id,
    )
    await _uncount(tx, tenant_id, removed)
    return bool(removed)


async def list_assets_of_group(tx: Tx, tenant_id: str, group_id: str, *, at_most: int) -> list[Asset]:
    """Return some assets of a group, whatever their state."""
    return await tx.list(
        Asset,
        f"SELECT {columns(Asset)} FROM assets WHERE tenant_id = :tenant_id AND group_id = :group_id LIMIT :at_most",
        tenant_id=tenant_id,
        group_id=group_id,
        at_most=at_most,
    )


async def remove_assets_of_group(tx: Tx, tenant_id: str, group_id: str, *, at_most: int) -> list[str]:
    """Remove some assets of a group and return their ids; call until there are none."""
    removed = await tx.list(
        _Removed,
        "DELETE FROM assets WHERE id IN (SELECT id FROM assets WHERE tenant_id = :tenant_id AND group_id = :group_id"
        f" LIMIT :at_most) RETURNING {columns(_Removed)}",
        tenant_id=tenant_id,
        group_id=group_id,
        at_most=at_most,
    )
    await _uncount(tx, tenant_id, removed)
    return sorted(asset.id for asset in removed)


async def _uncount(tx: Tx, tenant_id: str, removed: Sequence[_Removed]) -> None:
    deltas: dict[str, int] = {}
    for asset in removed:
        for name in counters_of_asset(asset.group_id, asset.group_type, asset.status):
            deltas[name] = deltas.get(name, 0) - 1
    await add_to_counters(tx, tenant_id, deltas)


async def list_assets(
    tx: Tx, selection: Selection, order: Order, *, limit: int, offset: int, after: Place | None
) -> list[ListedAsset]:
    sql, params = page_query(ListedAsset, selection, order, limit=limit, offset=offset, after=after, merges=tx.merges)
    return await tx.list(ListedAsset, sql, **params)


async def count_selected_assets(tx: Tx, selection: Selection) -> int:
    sql, params = count_query(selection)
    return await tx.number(sql, **params)


async def count_assets(
    tx: Tx, tenant_id: str, *, group_ids: Sequence[str] | None, group_types: Sequence[str], statuses: Sequence[str]
) -> int:
    """Count from the counters: the assets of some groups, or of all groups, of some types."""
    if group_ids is None:
        return await sum_counters(tx, tenant_id, _totals(tuple(group_types), tuple(statuses)))
    names = [
        counters_of_asset(group_id, group_type, status)[0]
        for group_id in group_ids
        for group_type in group_types
        for status in statuses
    ]
    return await sum_counters(tx, tenant_id, names)


@cache  # of a handful of combinations
def _totals(group_types: tuple[str, ...], statuses: tuple[str, ...]) -> list[str]:
    return [counters_of_asset("", group_type, status)[1] for group_type in group_types for status in statuses]
