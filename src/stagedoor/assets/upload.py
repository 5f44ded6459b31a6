"""What becomes of an upload whose answer was lost.

Before Ark is asked for an asset, a job is written, and its mark goes over with the asset's name. When the answer is lost, or
the process dies, the asset is looked for by that mark: so it is recorded once, and nobody has to upload it again to be sure.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from stagedoor.assets.record import add_new_asset
from stagedoor.assets.store import Asset
from stagedoor.audit.store import GATEWAY
from stagedoor.channels.book import ChannelBook
from stagedoor.clock import from_iso
from stagedoor.contract.operations import BY_ACTION
from stagedoor.db.database import AlreadyThere, Tx
from stagedoor.groups.store import AssetGroup, find_group
from stagedoor.ids import random_base62
from stagedoor.jobs.runner import Again, Taken
from stagedoor.jobs.store import add_job
from stagedoor.runtime import Runtime

UPLOAD = "upload"
"""The kind of the job; its key is the group's id and the mark."""
LIST_ASSETS = BY_ACTION["ListAssets"]
MARK_LENGTH = 7
LONGEST_NAME = 64
JOINT = " ~"
LOOK_AGAIN, LOOK_FOR = timedelta(seconds=15), timedelta(minutes=2)
SLACK = timedelta(seconds=5)


def new_mark() -> str:
    """Return a mark that no other upload to the group has: 41 bits."""
    return random_base62(MARK_LENGTH)


def marked_name(name: str, mark: str) -> str:
    """Return the name that goes to Ark: as much of it as there is room for, and the mark."""
    return f"{name[: LONGEST_NAME - MARK_LENGTH - len(JOINT)]}{JOINT}{mark}"


def _unmarked(name: str) -> str:
    return name[: -(MARK_LENGTH + len(JOINT))]


def upload_job(group: AssetGroup, mark: str) -> tuple[str, str]:
    """Return kind and key of the job that stands for an upload."""
    return UPLOAD, f"{group.id}/{mark}"


async def intend_upload(tx: Tx, rt: Runtime, group: AssetGroup, mark: str) -> None:
    """Write down that an upload is about to begin, and see to it when there should have been an answer."""
    now = rt.clock.now()
    due_at = now + timedelta(seconds=rt.settings.upstream_timeout + rt.settings.quota_wait) + SLACK
    await add_job(tx, group.tenant_id, *upload_job(group, mark), now=now, due_at=due_at)


async def find_marked(
    book: ChannelBook, group: AssetGroup, mark: str, *, in_background: bool = False
) -> Mapping[str, object] | None:
    """Return the asset with this mark, as Ark lists it.

    Raises:
        StagedoorError: Ark could not be asked.

    """
    body = {
        "Filter": {"GroupType": group.group_type, "GroupIds": [group.id], "Name": mark},
        "PageNumber": 1,
        "PageSize": 10,
        "ProjectName": group.project_name,
    }
    answer = await book.ask(group.channel_id, LIST_ASSETS, body, tenant_id=group.tenant_id, in_background=in_background)
    items = answer.get("Items")
    found = (
        [item for item in items if str(item.get("Name", "")).endswith(JOINT + mark)] if isinstance(items, list) else []
    )
    return found[0] if found else None


async def resume_upload(rt: Runtime, book: ChannelBook, taken: Taken) -> Again | None:
    """Record the asset of an upload whose answer was lost, if Ark has it."""
    tenant_id = taken.job.tenant_id or ""
    group_id, _, mark = taken.job.key.partition("/")
    group = await rt.db.read(lambda tx: find_group(tx, tenant_id, group_id))
    if group is None:
        return None
    item = await find_marked(book, group, mark, in_background=True)
    if item is None:
        now = rt.clock.now()
        return Again(now + LOOK_AGAIN) if now - taken.job.created_at < LOOK_FOR else None

    async def work(tx: Tx) -> None:
        await taken.finish(tx)
        await add_new_asset(tx, rt, listed_asset(group, item, rt.clock.now()), by=GATEWAY)

    try:
        await rt.db.write(work)
    except AlreadyThere:
        return None
    return None


def listed_asset(group: AssetGroup, item: Mapping[str, object], now: datetime) -> Asset:
    """Return the record of an asset that is known from Ark's list alone."""
    name, created = _unmarked(str(item.get("Name", ""))), item.get("CreateTime")
    moderation = item.get("Moderation")
    strategy = moderation.get("Strategy") if isinstance(moderation, dict) else None
    asset_type = item.get("AssetType")
    return Asset(
        id=str(item["Id"]),
        tenant_id=group.tenant_id,
        channel_id=group.channel_id,
        group_id=group.id,
        group_type=group.group_type,
        asset_type=asset_type if asset_type in {"Video", "Audio"} else "Image",
        name=name,
        name_folded=name.casefold(),
        moderation="Skip" if strategy == "Skip" else "Default",
        project_name=group.project_name,
        status="Processing",
        error_code=None,
        error_message=None,
        url=None,
        url_expires_at=None,
        last_inference_at=None,
        created_at=(from_iso(created) if isinstance(created, str) else None) or now,
        updated_at=now,
        looked_at=None,
    )
