"""⑩ Delete an asset, and ⑤ delete a group with everything in it."""

from stagedoor.assets.store import Asset, counters_of_group, get_asset, remove_asset, remove_assets_of_group
from stagedoor.audit.store import GATEWAY, record
from stagedoor.call import Call
from stagedoor.contract import requests, results
from stagedoor.crash import crash_point
from stagedoor.db.database import Tx
from stagedoor.errors import NotFound
from stagedoor.events.store import emit
from stagedoor.groups.store import AssetGroup, get_group, remove_group
from stagedoor.runtime import Runtime

CHUNK = 100


async def delete_asset(call: Call, request: requests.DeleteAsset) -> results.Empty:
    """Delete the asset upstream, then our record. An asset that Ark no longer has is deleted, too."""
    rt = call.rt
    asset = await rt.db.read(lambda tx: get_asset(tx, call.tenant_id, request.Id, request.ProjectName))
    await _delete_upstream(call, asset.channel_id, "DeleteAsset", asset.id, asset.project_name)
    await forget_asset(rt, asset, by=call.by)
    return results.Empty()


async def forget_asset(rt: Runtime, asset: Asset, *, by: str = GATEWAY) -> None:
    """Remove our record of an asset that Ark no longer has; ``by`` has deleted it, or noticed."""

    async def work(tx: Tx) -> None:
        if await remove_asset(tx, asset.tenant_id, asset.id):
            data = {"group_id": asset.group_id, "asset_type": asset.asset_type}
            event_id, now = rt.new_id("evt"), rt.clock.now()
            details = {"group_id": asset.group_id}
            await record(tx, asset.tenant_id, by, "asset.deleted", asset.id, details, now=now)
            await emit(tx, asset.tenant_id, "asset.deleted", asset.id, data, event_id=event_id, now=now)

    await rt.db.write(work)


async def delete_group(call: Call, request: requests.DeleteAssetGroup) -> results.Empty:
    """Delete the group upstream, then our records of it and of its assets."""
    rt = call.rt
    group = await rt.db.read(lambda tx: get_group(tx, call.tenant_id, request.Id, request.ProjectName))
    await _delete_upstream(call, group.channel_id, "DeleteAssetGroup", group.id, group.project_name)
    await forget_group(rt, group, by=call.by)
    return results.Empty()


async def forget_group(rt: Runtime, group: AssetGroup, *, by: str = GATEWAY) -> None:
    """Remove our records of a group that Ark no longer has: of its assets in small transactions, then its own."""
    while await rt.db.write(lambda tx: forget_some_assets(tx, rt, group, by)):
        crash_point("C12")
    counters = counters_of_group(group.id, group.group_type)

    async def work(tx: Tx) -> None:
        if await remove_group(tx, group.tenant_id, group, counters):
            data = {"group_type": group.group_type}
            event_id, now = rt.new_id("evt"), rt.clock.now()
            await record(tx, group.tenant_id, by, "group.deleted", group.id, now=now)
            await emit(tx, group.tenant_id, "group.deleted", group.id, data, event_id=event_id, now=now)

    await rt.db.write(work)


async def forget_some_assets(tx: Tx, rt: Runtime, group: AssetGroup, by: str) -> bool:
    """Remove our records of some assets of a group, and tell whether there were any."""
    removed = await remove_assets_of_group(tx, group.tenant_id, group.id, at_most=CHUNK)
    if removed:
        await record(tx, group.tenant_id, by, "assets.deleted", group.id, {"assets": removed}, now=rt.clock.now())
    return bool(removed)


async def _delete_upstream(call: Call, channel_id: str, action: str, object_id: str, project_name: str) -> None:
    try:
        await call.ask(channel_id, action, {"Id": object_id, "ProjectName": project_name})
    except NotFound:
        return
