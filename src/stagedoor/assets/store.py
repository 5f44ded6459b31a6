"""An asset and its SQL."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from stagedoor.contract.fields import AssetStatus, AssetType, GroupType
from stagedoor.db.counters import add_to_counters, sum_counters
from stagedoor.db.database import Tx
from stagedoor.db.pages import Order, Place, Selection, count_query, page_query
from stagedoor.db.rows import columns
from stagedoor.errors import NotFound

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
    moderation: str
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


def counters_of_asset(group_id: str, group_type: str, status: str) -> tuple[str, str]:
    """Return the two counters an asset is counted in: its group's and its tenant's."""
    return f"assets/{group_type}/{group_id}:{status}", f"assets/{group_type}:{status}"


def counters_of_group(group_id: str, group_type: str) -> list[str]:
    return [counters_of_asset(group_id, group_type, status)[0] for status in STATUSES]


async def _count(tx: Tx, tenant_id: str, asset: Asset, status: str, delta: int) -> None:
    names = counters_of_asset(asset.group_id, asset.group_type, status)
    await add_to_counters(tx, tenant_id, dict.fromkeys(names, delta))


async def add_asset(tx: Tx, tenant_id: str, asset: Asset) -> None:
    """Record an asset.

    Raises:
        AlreadyThere: the id has an owner.

    """
    await tx.execute(
        f"INSERT INTO assets ({columns(Asset)}) VALUES (:id, :tenant_id, :channel_id, :group_id, :group_type,"
        " :asset_type, :name, :name_folded, :moderation, :project_name, :status, :error_code, :error_message, :url,"
        " :url_expires_at, :last_inference_at, :created_at, :updated_at, :looked_at)",
        **{**msgspec.structs.asdict(asset), "tenant_id": tenant_id},
    )
    await _count(tx, tenant_id, asset, asset.status, 1)


async def find_asset(tx: Tx, tenant_id: str, asset_id: str) -> Asset | None:
    return await tx.find(
        Asset,
        f"SELECT {columns(Asset)} FROM assets WHERE id = :id AND tenant_id = :tenant_id",
        id=asset_id,
        tenant_id=tenant_id,
    )


async def get_asset(tx: Tx, tenant_id: str, asset_id: str, project_name: str | None = None) -> Asset:
    """Return an asset of the tenant, in the project if one is named.

    Raises:
        NotFound: the tenant has no such asset; another tenant's looks the same.

    """
    asset = await find_asset(tx, tenant_id, asset_id)
    if asset is None or project_name not in {None, asset.project_name}:
        raise NotFound(f"The specified asset {asset_id} is not found.", field="asset_id")
    return asset


async def mark_asset_seen(tx: Tx, tenant_id: str, before: Asset, seen: Asset) -> bool:
    """Record what a look at Ark showed, unless the asset has changed meanwhile; tell whether it was recorded."""
    changed = await tx.execute(
        "UPDATE assets SET status = :status, error_code = :error_code, error_message = :error_message, url = :url,"
        " url_expires_at = :url_expires_at, last_inference_at = :last_inference_at, moderation = :moderation,"
        " updated_at = :updated_at, looked_at = :looked_at"
        " WHERE id = :id AND tenant_id = :tenant_id AND status = :status_before",
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
        status_before=before.status,
    )
    if changed and before.status != seen.status:
        await _count(tx, tenant_id, before, before.status, -1)
        await _count(tx, tenant_id, before, seen.status, 1)
    return bool(changed)


async def mark_asset_renamed(tx: Tx, tenant_id: str, asset_id: str, name: str, now: datetime) -> None:
    await tx.execute(
        "UPDATE assets SET name = :name, name_folded = :name_folded, updated_at = :now"
        " WHERE id = :id AND tenant_id = :tenant_id",
        id=asset_id,
        tenant_id=tenant_id,
        name=name,
        name_folded=name.casefold(),
        now=now,
    )


class _Removed(msgspec.Struct, frozen=True):
    id: str
    group_id: str
    group_type: GroupType
    status: AssetStatus


async def remove_asset(tx: Tx, tenant_id: str, asset_id: str) -> None:
    removed = await tx.list(
        _Removed,
        f"DELETE FROM assets WHERE id = :id AND tenant_id = :tenant_id RETURNING {columns(_Removed)}",
        id=asset_id,
        tenant_id=tenant_id,
    )
    await _uncount(tx, tenant_id, removed)


async def remove_assets_of_group(tx: Tx, tenant_id: str, group_id: str, *, at_most: int) -> int:
    """Remove some assets of a group and return how many; call until it is none."""
    removed = await tx.list(
        _Removed,
        "DELETE FROM assets WHERE id IN (SELECT id FROM assets WHERE tenant_id = :tenant_id AND group_id = :group_id"
        f" LIMIT :at_most) RETURNING {columns(_Removed)}",
        tenant_id=tenant_id,
        group_id=group_id,
        at_most=at_most,
    )
    await _uncount(tx, tenant_id, removed)
    return len(removed)


async def _uncount(tx: Tx, tenant_id: str, removed: Sequence[_Removed]) -> None:
    deltas: dict[str, int] = {}
    for asset in removed:
        for name in counters_of_asset(asset.group_id, asset.group_type, asset.status):
            deltas[name] = deltas.get(name, 0) - 1
    await add_to_counters(tx, tenant_id, deltas)


async def list_assets(
    tx: Tx, selection: Selection, order: Order, *, limit: int, offset: int, after: Place | None
) -> list[Asset]:
    sql, params = page_query(Asset, selection, order, limit=limit, offset=offset, after=after)
    return await tx.list(Asset, sql, **params)


async def count_selected_assets(tx: Tx, selection: Selection) -> int:
    sql, params = count_query(selection)
    return await tx.number(sql, **params)


async def count_assets(
    tx: Tx, tenant_id: str, *, group_ids: Sequence[str] | None, group_types: Sequence[str], statuses: Sequence[str]
) -> int:
    """Count from the counters: the assets of some groups, or of all groups, of some types."""
    names = [
        counters_of_asset(group_id, group_type, status)[1 if group_ids is None else 0]
        for group_id in group_ids or [""]
        for group_type in group_types
        for status in statuses
    ]
    return await sum_counters(tx, tenant_id, names)
