"""Look after an asset until it is Active or Failed, whether anybody asks for it or not."""

from datetime import timedelta

from stagedoor.assets.delete import forget_asset
from stagedoor.assets.look import look_when_quiet
from stagedoor.assets.store import find_asset
from stagedoor.channels.book import ChannelBook
from stagedoor.errors import NotFound
from stagedoor.jobs.runner import Again, Taken
from stagedoor.runtime import Runtime

FIRST_LOOK = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=30)
LISTED_WITHIN = timedelta(minutes=1)
"""Ark may not know an asset yet that it has just made; one it does not know after this is gone."""


async def track_asset(rt: Runtime, book: ChannelBook, taken: Taken) -> Again | None:
    """Look at Ark, and come back until the asset's state is final: ever less often the longer it takes."""
    tenant_id, asset_id = taken.job.tenant_id or "", taken.job.key
    asset = await rt.db.read(lambda tx: find_asset(tx, tenant_id, asset_id))
    if asset is None or asset.status != "Processing":
        return None
    age = rt.clock.now() - asset.created_at
    pause = min(max(FIRST_LOOK, age / 10), LONGEST_PAUSE)
    try:
        seen = await look_when_quiet(rt, book, asset)
    except NotFound:
        if age < LISTED_WITHIN:
            return Again(rt.clock.now() + pause)
        await forget_asset(rt, asset)
        return None
    if seen.status == "Processing":
        return Again(rt.clock.now() + pause)
    # Whoever recorded the final state has dropped the job in the same transaction.
    taken.finished = True
    return None
