"""Notice what was changed behind our back: a group's assets are compared with Ark's list of them, once a day.

One list call shows a hundred assets, so that this stays far inside the quotas; it leaves half of them to people at any moment.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from functools import partial

import structlog

from stagedoor.assets.delete import forget_asset, forget_group
from stagedoor.assets.look import look
from stagedoor.assets.store import Known, find_asset, list_known_assets
from stagedoor.channels.book import ChannelBook
from stagedoor.contract.fields import AssetStatus
from stagedoor.contract.operations import BY_ACTION
from stagedoor.errors import NotFound
from stagedoor.groups.store import AssetGroup, find_group
from stagedoor.jobs.runner import Again, Taken
from stagedoor.runtime import Runtime

log = structlog.get_logger()

LIST_ASSETS, GET_GROUP = BY_ACTION["ListAssets"], BY_ACTION["GetAssetGroup"]
PAGE_SIZE = 100
AT_ONCE = 500
FINAL: tuple[AssetStatus, ...] = ("Active", "Failed")
YOUNG = timedelta(minutes=5)
"""An asset that Ark has just made may not be in its list yet."""


async def sweep_group(rt: Runtime, book: ChannelBook, taken: Taken) -> Again | None:
    """Bring our records of a group's assets in line with what Ark has, and come back tomorrow."""
    tenant_id, group_id = taken.job.tenant_id or "", taken.job.key
    group = await rt.db.read(lambda tx: find_group(tx, tenant_id, group_id))
    if group is None:
        return None
    begun = rt.clock.now()
    listed = await _list_at_ark(book, group)
    if not listed and not await _exists(book, group):
        log.warning("group_vanished", group_id=group.id)
        await forget_group(rt, group)
        return None
    await _compare(rt, book, group, listed, begun)
    return Again(rt.clock.now() + timedelta(hours=rt.settings.sweep_hours))


async def _list_at_ark(book: ChannelBook, group: AssetGroup) -> dict[str, str]:
    """Return every asset of the group at Ark with its status."""
    listed: dict[str, str] = {}
    for page in range(1, 1_000_000):
        body = {
            "Filter": {"GroupType": group.group_type, "GroupIds": [group.id]},
            "SortBy": "CreateTime",
            "SortOrder": "Asc",
            "PageNumber": page,
            "PageSize": PAGE_SIZE,
            "ProjectName": group.project_name,
        }
        answer = await book.ask(group.channel_id, LIST_ASSETS, body, in_background=True)
        items = answer.get("Items")
        items = items if isinstance(items, list) else []
        listed |= {str(item["Id"]): str(item.get("Status", "")) for item in items}
        if len(items) < PAGE_SIZE:
            break
    return listed


async def _exists(book: ChannelBook, group: AssetGroup) -> bool:
    body = {"Id": group.id, "ProjectName": group.project_name}
    try:
        await book.ask(group.channel_id, GET_GROUP, body, in_background=True)
    except NotFound:
        return False
    return True


async def _compare(
    rt: Runtime, book: ChannelBook, group: AssetGroup, listed: Mapping[str, str], begun: datetime
) -> None:
    """Look at what Ark's list lacks or shows in another state. What is Processing has a job of its own."""
    for status in FINAL:
        async for known in _known(rt, group, status):
            await _settle(rt, book, group.tenant_id, known, listed.get(known.id), begun)


async def _known(rt: Runtime, group: AssetGroup, status: AssetStatus) -> AsyncIterator[Known]:
    page = partial(list_known_assets, tenant_id=group.tenant_id, group=group, status=status, at_most=AT_ONCE)
    after = ""
    while known := await rt.db.read(partial(page, after=after)):
        for asset in known:
            yield asset
        after = known[-1].id


async def _settle(
    rt: Runtime, book: ChannelBook, tenant_id: str, known: Known, status: str | None, begun: datetime
) -> None:
    if status == known.status or (status is None and known.created_at > begun - YOUNG):
        return
    asset = await rt.db.read(lambda tx: find_asset(tx, tenant_id, known.id))
    if asset is None:
        return
    try:
        # A list may be short of something; nothing is forgotten before Ark says of the very asset that it is gone.
        await look(rt, book, asset, fresh=True)
    except NotFound:
        log.warning("asset_vanished", asset_id=asset.id)
        await forget_asset(rt, asset)
