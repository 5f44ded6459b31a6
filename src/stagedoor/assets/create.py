"""⑥ Upload an asset by URL."""

import msgspec

from stagedoor.assets.address import check_url
from stagedoor.assets.shown import show_written
from stagedoor.assets.store import Asset, add_asset
from stagedoor.call import Call
from stagedoor.contract import requests
from stagedoor.db.database import AlreadyThere, Tx
from stagedoor.errors import DatabaseUnavailable, OutcomeUnknown, UpstreamMalformed
from stagedoor.groups.store import AssetGroup, get_group


async def create_asset(call: Call, request: requests.CreateAsset) -> msgspec.Raw:
    """Hand the URL to the upstream once and record who owns the asset it made."""
    rt = call.rt
    group = await rt.db.read(lambda tx: get_group(tx, call.tenant_id, request.GroupId, request.ProjectName))
    channel = await call.book.get(group.channel_id)
    check_url(request.URL, local=channel.kind == "emulator")
    answer = await call.ask(group.channel_id, "CreateAsset", _body(request, group))
    asset = _asset(call, str(answer["Id"]), group, request)

    async def work(tx: Tx) -> None:
        # A group deleted meanwhile has taken the new asset with it, over there as well.
        await get_group(tx, call.tenant_id, group.id)
        await add_asset(tx, call.tenant_id, asset)

    try:
        await rt.db.write(work)
    except AlreadyThere:
        raise UpstreamMalformed("The asset library answered with the id of an asset that exists already.") from None
    except DatabaseUnavailable as error:
        raise OutcomeUnknown(f"The asset {asset.id} was created but could not be recorded.") from error
    return show_written(rt, asset)


def _body(request: requests.CreateAsset, group: AssetGroup) -> dict[str, object]:
    body: dict[str, object] = {
        "GroupId": group.id,
        "URL": request.URL,
        "AssetType": request.AssetType,
        "ProjectName": group.project_name,
    }
    if request.Name is not None:
        body["Name"] = request.Name
    if request.Moderation is not None:
        body["Moderation"] = {"Strategy": request.Moderation.Strategy}
    return body


def _asset(call: Call, asset_id: str, group: AssetGroup, request: requests.CreateAsset) -> Asset:
    now = call.rt.clock.now()
    name = request.Name or ""
    return Asset(
        id=asset_id,
        tenant_id=call.tenant_id,
        channel_id=group.channel_id,
        group_id=group.id,
        group_type=group.group_type,
        asset_type=request.AssetType,
        name=name,
        name_folded=name.casefold(),
        moderation=request.Moderation.Strategy if request.Moderation else "Default",
        project_name=group.project_name,
        status="Processing",
        error_code=None,
        error_message=None,
        url=None,
        url_expires_at=None,
        last_inference_at=None,
        created_at=now,
        updated_at=now,
        looked_at=None,
    )
