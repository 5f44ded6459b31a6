"""⑨ Rename an asset."""

import msgspec

from stagedoor.assets.result import to_result
from stagedoor.assets.store import get_asset, mark_asset_renamed
from stagedoor.call import Call
from stagedoor.contract import requests, results


async def update_asset(call: Call, request: requests.UpdateAsset) -> results.Asset:
    """Rename the asset upstream, then in our record. Safe to repeat."""
    rt = call.rt
    asset = await rt.db.read(lambda tx: get_asset(tx, call.tenant_id, request.Id, request.ProjectName))
    if (name := request.Name) is not None:
        await call.ask(
            asset.channel_id, "UpdateAsset", {"Id": asset.id, "Name": name, "ProjectName": asset.project_name}
        )
        now = rt.clock.now()
        await rt.db.write(lambda tx: mark_asset_renamed(tx, call.tenant_id, asset.id, name, now))
        asset = msgspec.structs.replace(asset, name=name, updated_at=now)
    return to_result(asset, rt.vault, rt.clock.now())
