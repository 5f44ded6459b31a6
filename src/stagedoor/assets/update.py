"""⑨ Rename an asset."""

import msgspec

from stagedoor.assets.shown import show_written
from stagedoor.assets.store import Asset, get_asset, mark_asset_renamed
from stagedoor.call import Call
from stagedoor.contract import requests
from stagedoor.db.database import Tx
from stagedoor.runtime import Runtime


async def update_asset(call: Call, request: requests.UpdateAsset) -> msgspec.Raw:
    """Rename the asset upstream, then in our record. Safe to repeat."""
    rt = call.rt
    asset = await rt.db.read(lambda tx: get_asset(tx, call.tenant_id, request.Id, request.ProjectName))
    if request.Name is not None:
        body = {"Id": asset.id, "Name": request.Name, "ProjectName": asset.project_name}
        await call.ask(asset.channel_id, "UpdateAsset", body)
        asset = await _record(rt, asset, request.Name)
    return show_written(rt, asset)


async def _record(rt: Runtime, asset: Asset, name: str) -> Asset:
    """Write the name onto the asset as it is now, which a look at Ark may change at any moment."""

    async def work(tx: Tx) -> Asset | None:
        before = await get_asset(tx, asset.tenant_id, asset.id)
        renamed = msgspec.structs.replace(before, name=name, name_folded=name.casefold(), updated_at=rt.clock.now())
        return renamed if await mark_asset_renamed(tx, asset.tenant_id, before, renamed) else None

    while (renamed := await rt.db.write(work)) is None:
        pass
    return renamed
