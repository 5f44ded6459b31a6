"""⑧ Get an asset and its status."""

import msgspec

from stagedoor.assets.look import is_due, look
from stagedoor.assets.shown import show_asset, show_written
from stagedoor.assets.store import get_asset, get_shown_asset
from stagedoor.call import Call
from stagedoor.contract import requests
from stagedoor.errors import FlowLimitExceeded, UpstreamError


async def answer_get_asset(call: Call, request: requests.GetAsset) -> msgspec.Raw:
    """Answer from our record when it is final or a second old at most, else after a look at Ark."""
    rt = call.rt
    asset = await rt.db.read(lambda tx: get_shown_asset(tx, call.tenant_id, request.Id, request.ProjectName))
    now = rt.clock.microseconds()
    if not is_due(asset, now, fresh=call.fresh):
        return show_asset(rt, asset, now)
    try:
        return await _look(call, asset.id)
    except (UpstreamError, FlowLimitExceeded):
        # A final state stays true while Ark is away; only its address may be about to expire.
        if asset.status != "Processing" and not call.fresh:
            return show_asset(rt, asset, now)
        raise


async def _look(call: Call, asset_id: str) -> msgspec.Raw:
    asset = await call.rt.db.read(lambda tx: get_asset(tx, call.tenant_id, asset_id))
    call.region = (await call.book.get(asset.channel_id)).region
    return show_written(call.rt, await look(call.rt, call.book, asset, fresh=call.fresh))
