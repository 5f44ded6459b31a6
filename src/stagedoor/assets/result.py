"""How an asset is shown."""

from datetime import datetime

from msgspec import UNSET

from stagedoor.assets.store import Asset
from stagedoor.clock import to_iso
from stagedoor.contract import fields, results
from stagedoor.crypto import Vault


def url_place(asset_id: str) -> str:
    return f"assets.url:{asset_id}"


def to_result(asset: Asset, vault: Vault, now: datetime) -> results.Asset:
    """Return the answer's form of an asset; the address is there while it can be used."""
    failed = asset.error_code if asset.status == "Failed" else None
    has_url = asset.status == "Active" and asset.url is not None
    usable = has_url and asset.url_expires_at is not None and now < asset.url_expires_at
    return results.Asset(
        Id=asset.id,
        GroupId=asset.group_id,
        Name=asset.name,
        AssetType=asset.asset_type,
        Status=asset.status,
        ProjectName=asset.project_name,
        CreateTime=to_iso(asset.created_at),
        UpdateTime=to_iso(asset.updated_at),
        Moderation=fields.Moderation(Strategy=asset.moderation),  # type: ignore[arg-type]  # stored as it was checked
        URL=vault.open(url_place(asset.id), asset.url) if usable and asset.url is not None else UNSET,
        Error=UNSET if failed is None else results.AssetError(Code=failed, Message=asset.error_message or ""),
        LastInferenceTime=UNSET if asset.last_inference_at is None else to_iso(asset.last_inference_at),
    )
