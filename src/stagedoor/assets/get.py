"""⑧ Get an asset and its status."""

from stagedoor.assets.look import is_due, look
from stagedoor.assets.result import to_result
from stagedoor.assets.store import Asset, get_asset
from stagedoor.call import Call
from stagedoor.contract import requests, results
from stagedoor.errors import FlowLimitExceeded, UpstreamError


async def answer_get_asset(call: Call, request: requests.GetAsset) -> results.Asset:
    """Answer from our record when it is final or a second old at most, else after a look at Ark."""
    rt = call.rt
    asset = await rt.db.read(lambda tx: get_asset(tx, call.tenant_id, request.Id, request.ProjectName))
    if is_due(rt, asset, fresh=call.fresh):
        asset = await _look(call, asset)
    return to_result(asset, rt.vault, rt.clock.now())


async def _look(call: Call, asset: Asset) -> Asset:
    call.region = (await call.book.get(asset.channel_id)).region
    try:
        return await look(call.rt, call.book, asset)
    except (UpstreamError, FlowLimitExceeded):
        # A final state stays true while Ark is away; only its address may be about to expire.
        if asset.status != "Processing" and not call.fresh:
            return asset
        raise
