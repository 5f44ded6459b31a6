"""Looking at an asset over at Ark, at most once a second however many ask."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from stagedoor.assets.shown import url_place
from stagedoor.assets.store import STATUSES, TRACK, Asset, ShownAsset, get_asset, mark_asset_seen
from stagedoor.channels.book import ChannelBook
from stagedoor.clock import from_iso
from stagedoor.contract.operations import BY_ACTION
from stagedoor.crypto import Vault
from stagedoor.db.database import Tx
from stagedoor.errors import UpstreamMalformed
from stagedoor.events.store import emit
from stagedoor.groups.store import AssetGroup, find_group
from stagedoor.jobs.store import drop_job
from stagedoor.runtime import Runtime

RECENT = 1_000_000
REFRESH_URL_BEFORE = 3600 * 1_000_000
URL_LIFETIME = timedelta(hours=12)
GET_ASSET = BY_ACTION["GetAsset"]


def is_due(asset: ShownAsset, now: int, *, fresh: bool = False) -> bool:
    """Tell whether our record is not good enough to answer from; ``now`` is in microseconds since 1970."""
    if asset.status == "Processing":
        return asset.looked_at is None or now - asset.looked_at >= RECENT
    return fresh or (
        asset.status == "Active" and (asset.url_expires_at is None or asset.url_expires_at - now < REFRESH_URL_BEFORE)
    )


async def look(rt: Runtime, book: ChannelBook, asset: Asset, *, fresh: bool) -> Asset:
    """Ask Ark about the asset, once for all who ask at the same time, and return it as it is now."""
    tenant_id, asset_id = asset.tenant_id, asset.id
    return await rt.tasks.share(f"look:{asset_id}", lambda: _look(rt, book, tenant_id, asset_id, fresh=fresh))


async def look_when_quiet(rt: Runtime, book: ChannelBook, asset: Asset) -> Asset:
    """Do the same when there is room that no caller needs; who asks meanwhile shares the answer."""
    await book.wait_until_quiet(asset.channel_id, GET_ASSET)
    return await look(rt, book, asset, fresh=False)


def look_later(rt: Runtime, book: ChannelBook, tenant_id: str, asset_id: str) -> None:
    """Ask Ark without waiting for the answer; the next reader sees it."""
    rt.tasks.launch(f"look:{asset_id}", lambda: _look(rt, book, tenant_id, asset_id, fresh=False))


async def _look(rt: Runtime, book: ChannelBook, tenant_id: str, asset_id: str, *, fresh: bool) -> Asset:
    # An earlier look may have ended between the caller's reading of the row and now.
    asset, group = await rt.db.read(lambda tx: _read(tx, tenant_id, asset_id))
    if group is not None and group.withdrawn_at is not None:
        return asset  # Ark would give an address of it
    if not is_due(ShownAsset.of(asset), rt.clock.microseconds(), fresh=fresh):
        return asset
    body = {"Id": asset.id, "ProjectName": asset.project_name}
    answer = await book.ask(asset.channel_id, GET_ASSET, body, tenant_id=tenant_id)
    seen = merge_look(asset, answer, rt.vault, rt.clock.now())

    async def work(tx: Tx) -> bool:
        recorded = await mark_asset_seen(tx, tenant_id, asset, seen)
        if recorded and seen.status not in {"Processing", asset.status}:
            await _announce(tx, rt, seen)
            await drop_job(tx, TRACK, asset_id)
        return recorded

    # A look that shows nothing new can be repeated.
    if await rt.db.write(work, soft=seen.status == asset.status):
        return seen
    # Somebody recorded another status meanwhile, or the asset was deleted.
    return await rt.db.read(lambda tx: get_asset(tx, asset.tenant_id, asset.id))


async def _read(tx: Tx, tenant_id: str, asset_id: str) -> tuple[Asset, AssetGroup | None]:
    asset = await get_asset(tx, tenant_id, asset_id)
    return asset, await find_group(tx, tenant_id, asset.group_id)


async def _announce(tx: Tx, rt: Runtime, seen: Asset) -> None:
    data = {"group_id": seen.group_id, "asset_type": seen.asset_type}
    if seen.status == "Failed":
        data["reason"] = seen.error_code or ""
    name = f"asset.{seen.status.lower()}"
    await emit(tx, seen.tenant_id, name, seen.id, data, event_id=rt.new_id("evt"), now=seen.updated_at)


def merge_look(asset: Asset, answer: Mapping[str, Any], vault: Vault, now: datetime) -> Asset:
    """Return our record with what Ark's GetAsset shows.

    Raises:
        UpstreamMalformed: the answer is about another asset or has an unknown status.

    """
    status = answer.get("Status")
    if answer.get("Id") != asset.id or status not in STATUSES:
        raise UpstreamMalformed
    url = answer.get("URL") if status == "Active" else None
    error = answer.get("Error") if status == "Failed" else None
    code, message = (error.get("Code"), error.get("Message")) if isinstance(error, dict) else (None, None)
    inference = answer.get("LastInferenceTime")
    return msgspec.structs.replace(
        asset,
        status=status,
        error_code=(str(code) if code else "InternalError") if status == "Failed" else None,
        error_message=str(message or "") if status == "Failed" else None,
        url=vault.seal(url_place(asset.id), msgspec.json.encode(url)) if isinstance(url, str) and url else None,
        url_expires_at=now + _lifetime(url) if isinstance(url, str) and url else None,
        last_inference_at=from_iso(inference) if isinstance(inference, str) else asset.last_inference_at,
        updated_at=asset.updated_at if asset.status == status else now,
        looked_at=now,
    )


def _lifetime(url: str) -> timedelta:
    """Return how long a freshly presigned address lives: ``X-Tos-Expires`` in seconds, 12 hours where it is silent."""
    try:
        seconds = min(int(parse_qs(urlsplit(url).query)["X-Tos-Expires"][0]), 10**6)
    except (ValueError, KeyError):
        return URL_LIFETIME
    return min(max(timedelta(seconds=seconds), timedelta()), URL_LIFETIME)
