"""Recording a new asset: the row, the job that looks after it, and the event, in one transaction."""

from stagedoor.assets.store import TRACK, Asset, add_asset
from stagedoor.assets.track import FIRST_LOOK
from stagedoor.audit.store import record
from stagedoor.db.database import Tx
from stagedoor.events.store import emit
from stagedoor.groups.store import check_group
from stagedoor.jobs.store import add_job, turn_job
from stagedoor.runtime import Runtime


async def add_new_asset(
    tx: Tx, rt: Runtime, asset: Asset, *, by: str, upload: tuple[str, str] | None = None
) -> bytes | None:
    """Write down an asset that Ark has just made, and return the answer's JSON of it; None when the consent was taken back meanwhile.

    Args:
        tx: the transaction.
        rt: the runtime.
        asset: the asset.
        by: who has uploaded it, or found it.
        upload: kind and key of the job that stood for its upload, owed no more.

    Raises:
        NotFound: its group was deleted meanwhile, and the asset with it, over there as well.
        AlreadyThere: it is recorded.

    """
    tenant_id, now = asset.tenant_id, rt.clock.now()
    takes_more = await check_group(tx, tenant_id, asset.group_id)
    shown = await add_asset(tx, tenant_id, asset)
    if upload is None:
        await add_job(tx, tenant_id, TRACK, asset.id, now=now, due_at=now + FIRST_LOOK)
    else:
        await turn_job(tx, tenant_id, upload, (TRACK, asset.id), now=now, due_at=now + FIRST_LOOK)
    await record(tx, tenant_id, by, "asset.created", asset.id, {"group_id": asset.group_id}, now=now)
    data = {"group_id": asset.group_id, "asset_type": asset.asset_type}
    await emit(tx, tenant_id, "asset.created", asset.id, data, event_id=rt.new_id("evt"), now=now)
    return shown if takes_more else None
