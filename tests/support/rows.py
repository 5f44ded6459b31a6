"""Groups and assets written straight into the database, where making them over HTTP would say nothing more."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from stagedoor.assets.store import Asset, add_asset
from stagedoor.channels.store import list_channels
from stagedoor.db.database import Tx
from stagedoor.groups.store import SWEEP, AssetGroup, add_group
from stagedoor.jobs.store import drop_job
from tests.support.gateway import RunningGateway

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


async def only_channel(gateway: RunningGateway) -> str:
    """Return the id of the gateway's first channel."""
    return (await gateway.read(list_channels))[0].id


def group_row(tenant_id: str, channel_id: str, group_id: str, **fields: Any) -> AssetGroup:
    values: dict[str, Any] = {
        "id": group_id,
        "tenant_id": tenant_id,
        "channel_id": channel_id,
        "group_type": "AIGC",
        "name": group_id,
        "description": "",
        "project_name": "default",
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
        **fields,
    }
    return AssetGroup(name_folded=values["name"].casefold(), **values)


def asset_row(tenant_id: str, channel_id: str, asset_id: str, group_id: str, **fields: Any) -> Asset:
    values: dict[str, Any] = {
        "id": asset_id,
        "tenant_id": tenant_id,
        "channel_id": channel_id,
        "group_id": group_id,
        "group_type": "AIGC",
        "asset_type": "Image",
        "name": asset_id,
        "moderation": "Default",
        "project_name": "default",
        "status": "Active",
        "error_code": None,
        "error_message": None,
        "url": None,
        "url_expires_at": None,
        "last_inference_at": None,
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
        "looked_at": LONG_AGO,
        **fields,
    }
    return Asset(name_folded=values["name"].casefold(), **values)


async def add_rows(gateway: RunningGateway, groups: Iterable[AssetGroup] = (), assets: Iterable[Asset] = ()) -> None:
    """Record groups and assets for their tenants, counted as if they had been made over HTTP."""

    async def work(tx: Tx) -> None:
        for group in groups:
            await add_group(tx, group.tenant_id, group)
            # The emulator knows nothing of these: compared with its list they would all be gone.
            await drop_job(tx, SWEEP, group.id)
        for asset in assets:
            await add_asset(tx, asset.tenant_id, asset)

    await gateway.rt.db.write(work)
