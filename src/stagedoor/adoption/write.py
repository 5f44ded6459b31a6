"""Write a page of what was listed, each in one transaction that looks again whose it is."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from stagedoor.adoption.records import Home, asset_of, mark_of
from stagedoor.assets.store import TRACK, add_asset, list_asset_owners
from stagedoor.assets.track import FIRST_LOOK
from stagedoor.assets.upload import upload_job
from stagedoor.audit.store import OPERATOR, record
from stagedoor.db.database import Tx
from stagedoor.groups.store import FIRST_SWEEP, AssetGroup, add_group, list_group_owners, list_groups_by_id
from stagedoor.jobs.store import add_job, has_job
from stagedoor.runtime import Runtime
from stagedoor.validation.store import find_first_unresolved

SLACK = timedelta(seconds=5)
"""By how much the library's clock and ours may differ."""


class PageOfGroups(msgspec.Struct, frozen=True):
    """A page of groups, by what is to be done with them."""

    fresh: list[AssetGroup]
    owned: list[AssetGroup]
    """The tenant's already, on this channel: their assets are looked through once more."""
    known: int
    foreign: list[str]
    held_back: list[str]
    """Real people's groups that a face check of another tenant may have earned just now."""


async def sort_groups(tx: Tx, home: Home, groups: Sequence[AssetGroup]) -> PageOfGroups:
    """Tell which groups are nobody's, the tenant's own, or another's."""
    owners = await list_group_owners(tx, [group.id for group in groups])
    unresolved_since = await find_first_unresolved(tx, home.channel_id, not_of=home.tenant_id)
    fresh: list[AssetGroup] = []
    foreign: list[str] = []
    held_back: list[str] = []
    known: list[str] = []
    for group in groups:
        owner = owners.get(group.id)
        if owner == home.tenant_id:
            known.append(group.id)
        elif owner is not None:
            foreign.append(group.id)
        elif _may_be_earned(group, unresolved_since):
            held_back.append(group.id)
        else:
            fresh.append(group)
    owned = await list_groups_by_id(tx, home.tenant_id, known)
    return PageOfGroups(
        fresh=fresh,
        owned=[group for group in owned if group.channel_id == home.channel_id],
        known=len(known),
        foreign=foreign,
        held_back=held_back,
    )


def _may_be_earned(group: AssetGroup, unresolved_since: datetime | None) -> bool:
    if group.group_type != "LivenessFace" or unresolved_since is None:
        return False
    return group.created_at >= unresolved_since - SLACK


async def write_groups(tx: Tx, *, rt: Runtime, home: Home, groups: Sequence[AssetGroup]) -> PageOfGroups:
    """Record the groups that are nobody's as the tenant's.

    Raises:
        AlreadyThere: another transaction is writing one of them; once more, and it is there.

    """
    page = await sort_groups(tx, home, groups)
    now = rt.clock.now()
    for group in page.fresh:
        await add_group(tx, home.tenant_id, group, sweep_at=now + FIRST_SWEEP + _spread(group.id))
        details = {"channel_id": group.channel_id}
        await record(tx, home.tenant_id, OPERATOR, "group.adopted", group.id, details, now=now)
    return page


def _spread(group_id: str) -> timedelta:
    """Return a time of up to a day, so that what is adopted at once is not compared with Ark's list at once."""
    return timedelta(days=int.from_bytes(sha256(group_id.encode()).digest()[:4]) / (1 << 32))


class PageOfAssets(msgspec.Struct):
    """What became of a page of assets."""

    adopted: int = 0
    known: int = 0
    held_back: int = 0
    unreadable: int = 0
    foreign: list[str] = []


async def write_assets(
    tx: Tx, *, rt: Runtime, home: Home, groups: Mapping[str, AssetGroup], items: Sequence[Mapping[str, Any]], dry: bool
) -> PageOfAssets:
    """Record the assets that are nobody's as the tenant's; one that is still processed gets its job. ``dry``: only count.

    Raises:
        AlreadyThere: another transaction is writing one of them; once more, and it is there.

    """
    page = PageOfAssets(foreign=[])
    owners = await list_asset_owners(tx, [str(item["Id"]) for item in items])
    # A group that was deleted meanwhile has taken its assets with it.
    alive = groups.keys() if dry else (await list_group_owners(tx, list(groups))).keys()
    for item in items:
        owner = owners.get(str(item["Id"]))
        if owner == home.tenant_id:
            page.known += 1
        elif owner is not None:
            page.foreign.append(str(item["Id"]))
        else:
            await _write_asset(tx, rt, groups, alive, item, page, dry=dry)
    return page


async def _write_asset(
    tx: Tx,
    rt: Runtime,
    groups: Mapping[str, AssetGroup],
    alive: AbstractSet[str],
    item: Mapping[str, Any],
    page: PageOfAssets,
    *,
    dry: bool,
) -> None:
    group = groups.get(str(item.get("GroupId")))
    asset = None if group is None else asset_of(rt, group, item)
    if group is None or asset is None:
        page.unreadable += 1
        return
    mark = mark_of(item)
    if group.id not in alive or (mark is not None and await has_job(tx, *upload_job(group, mark))):
        # ⑥ is about to record it itself.
        page.held_back += 1
        return
    page.adopted += 1
    if dry:
        return
    now = rt.clock.now()
    await add_asset(tx, asset.tenant_id, asset)
    await record(tx, asset.tenant_id, OPERATOR, "asset.adopted", asset.id, {"group_id": asset.group_id}, now=now)
    if asset.status == "Processing":
        await add_job(tx, asset.tenant_id, TRACK, asset.id, now=now, due_at=now + FIRST_LOOK)
