"""⑩ Delete an asset, and ⑤ delete a group with everything in it."""

from stagedoor.assets.store import counters_of_group, get_asset, remove_asset, remove_assets_of_group
from stagedoor.call import Call
from stagedoor.contract import requests, results
from stagedoor.errors import NotFound
from stagedoor.groups.store import get_group, remove_group

CHUNK = 500


async def delete_asset(call: Call, request: requests.DeleteAsset) -> results.Empty:
    """Delete the asset upstream, then our record. An asset that Ark no longer has is deleted, too."""
    rt = call.rt
    asset = await rt.db.read(lambda tx: get_asset(tx, call.tenant_id, request.Id, request.ProjectName))
    await _delete_upstream(call, asset.channel_id, "DeleteAsset", asset.id, asset.project_name)
    await rt.db.write(lambda tx: remove_asset(tx, call.tenant_id, asset.id))
    return results.Empty()


async def delete_group(call: Call, request: requests.DeleteAssetGroup) -> results.Empty:
    """Delete the group upstream, then our records of its assets in small transactions, then its own."""
    rt = call.rt
    group = await rt.db.read(lambda tx: get_group(tx, call.tenant_id, request.Id, request.ProjectName))
    await _delete_upstream(call, group.channel_id, "DeleteAssetGroup", group.id, group.project_name)
    while await rt.db.write(lambda tx: remove_assets_of_group(tx, call.tenant_id, group.id, at_most=CHUNK)):
        pass
    counters = counters_of_group(group.id, group.group_type)
    await rt.db.write(lambda tx: remove_group(tx, call.tenant_id, group, counters))
    return results.Empty()


async def _delete_upstream(call: Call, channel_id: str, action: str, object_id: str, project_name: str) -> None:
    try:
        await call.ask(channel_id, action, {"Id": object_id, "ProjectName": project_name})
    except NotFound:
        return
