"""Take over what exists in an upstream account: page by page, never twice, never what is another tenant's.

A page of groups is the unit of progress. Its groups are written, then their assets, then the place of the next page: a run that
is killed goes on at the page it was at, and finds there what it had written already. Nothing is told to webhooks: what is adopted
is old, and a hundred thousand events would drown what is new.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Any

import msgspec

from stagedoor.adoption.pages import FIRST, Items, Place, read_all, read_page
from stagedoor.adoption.records import Home, group_of
from stagedoor.adoption.store import drop_place, find_place, keep_place
from stagedoor.adoption.write import PageOfGroups, sort_groups, write_assets, write_groups
from stagedoor.channels.book import ChannelBook
from stagedoor.contract.fields import GroupType
from stagedoor.contract.operations import BY_ACTION, Operation
from stagedoor.crash import crash_point
from stagedoor.db.database import AlreadyThere
from stagedoor.errors import Conflict
from stagedoor.groups.store import AssetGroup
from stagedoor.runtime import Runtime

GROUP_TYPES: tuple[GroupType, ...] = ("LivenessFace", "AIGC")
GROUPS_AT_ONCE = 20
"""Groups named in one list call; how many are allowed is not documented."""
SLACK = timedelta(seconds=1)
"""What a call of ① needs at most to record a group, once the upstream's answer is there."""
CLOCKS = timedelta(minutes=1)
"""By how much the library's clock and ours may differ."""
MOST_NAMED = 1000
TRIES = 5


class Wanted(msgspec.Struct, frozen=True):
    """What is adopted for whom. Without a prefix and ids: everything in the project."""

    home: Home
    name_prefix: str = ""
    group_ids: tuple[str, ...] = ()
    dry_run: bool = False


class Tally(msgspec.Struct):
    """What a run has found so far."""

    groups_adopted: int = 0
    groups_known: int = 0
    groups_foreign: int = 0
    groups_held_back: int = 0
    assets_adopted: int = 0
    assets_known: int = 0
    assets_foreign: int = 0
    assets_held_back: int = 0
    assets_unreadable: int = 0
    foreign: list[str] = []
    """Ids that are another tenant's; the first thousand."""
    held_back: list[str] = []
    """Ids that may be about to become another's; the first thousand."""
    missing: list[str] = []
    """Groups that were asked for by id and are not in the account's project."""
    resumed: bool = False

    def name(self, ids: list[str], more: Sequence[str]) -> None:
        """Add ids to a list of the tally, as long as there is room."""
        ids.extend(more[: MOST_NAMED - len(ids)])


class _Part(msgspec.Struct, frozen=True):
    group_type: GroupType
    group_ids: tuple[str, ...]


class _Progress(msgspec.Struct, frozen=True):
    part: int = 0
    place: Place = FIRST


async def adopt(rt: Runtime, book: ChannelBook, wanted: Wanted, tell: Callable[[Tally], None]) -> Tally:
    """Adopt everything that is wanted and return what was found. Safe to repeat, and to interrupt.

    Args:
        rt: the runtime.
        book: the channels.
        wanted: what is adopted for whom.
        tell: is told the tally after every page.

    Raises:
        StagedoorError: the upstream could not be asked; what was adopted so far stays, and the next run goes on there.

    """
    run = _Run(rt, book, wanted, tell)
    await run.to_the_end()
    return run.tally


class _Run:
    def __init__(self, rt: Runtime, book: ChannelBook, wanted: Wanted, tell: Callable[[Tally], None]) -> None:
        self._rt = rt
        self._book = book
        self._wanted = wanted
        self._tell = tell
        self._parts = _parts(wanted)
        self._seen: set[str] = set()
        self._id = sha256(msgspec.json.encode([wanted.home, wanted.name_prefix, sorted(wanted.group_ids)])).hexdigest()
        self.tally = Tally(foreign=[], held_back=[], missing=[])

    async def to_the_end(self) -> None:
        progress: _Progress | None = await self._begin()
        while progress is not None:
            part = self._parts[progress.part]
            items, after = await read_page(self._asking("ListAssetGroups"), self._groups_query(part), progress.place)
            await self._adopt_page(part, items)
            progress = self._next(progress, after)
            await self._keep(progress)
            self._tell(self.tally)
        if not self.tally.resumed:
            self.tally.missing = [group_id for group_id in self._wanted.group_ids if group_id not in self._seen]

    async def _begin(self) -> _Progress:
        if self._wanted.dry_run:
            return _Progress()
        kept = await self._rt.db.read(lambda tx: find_place(tx, self._id))
        if kept is None:
            return _Progress()
        self.tally.resumed = True
        return msgspec.json.decode(kept, type=_Progress)

    def _next(self, progress: _Progress, after: Place | None) -> _Progress | None:
        if after is not None:
            return _Progress(progress.part, after)
        return _Progress(progress.part + 1) if progress.part + 1 < len(self._parts) else None

    async def _keep(self, progress: _Progress | None) -> None:
        if self._wanted.dry_run:
            return
        if progress is None:
            await self._rt.db.write(lambda tx: drop_place(tx, self._id))
        else:
            place = msgspec.json.encode(progress)
            await self._rt.db.write(lambda tx: keep_place(tx, self._id, place, self._rt.clock.now()))

    def _groups_query(self, part: _Part) -> Mapping[str, object]:
        wanted: dict[str, object] = {"GroupType": part.group_type}
        if part.group_ids:
            wanted["GroupIds"] = list(part.group_ids)
        if self._wanted.name_prefix:
            # The library's own search finds more than the beginning of names; what is too much is left out here.
            wanted["Name"] = self._wanted.name_prefix
        return {"Filter": wanted, "ProjectName": self._wanted.home.project_name}

    def _asking(self, action: str) -> "partial[Any]":
        operation: Operation = BY_ACTION[action]
        return partial(self._book.ask, self._wanted.home.channel_id, operation, in_background=True)

    async def _adopt_page(self, part: _Part, items: Items) -> None:
        now, home = self._rt.clock.now(), self._wanted.home
        groups = [group_of(home, part.group_type, item, now) for item in items]
        groups = [group for group in groups if group.name.startswith(self._wanted.name_prefix)]
        self._seen.update(group.id for group in groups)
        page = await self._sorted(groups)
        if not self._wanted.dry_run:
            page = await self._written(groups, page)
        tally = self.tally
        tally.groups_adopted += len(page.fresh)
        tally.groups_known += page.known
        tally.groups_foreign += len(page.foreign)
        tally.groups_held_back += len(page.held_back)
        tally.name(tally.foreign, page.foreign)
        tally.name(tally.held_back, page.held_back)
        crash_point("A1")
        mine = [*page.fresh, *page.owned]
        for begin in range(0, len(mine), GROUPS_AT_ONCE):
            await self._adopt_assets(part.group_type, mine[begin : begin + GROUPS_AT_ONCE])

    async def _sorted(self, groups: Sequence[AssetGroup]) -> PageOfGroups:
        return await self._rt.db.read(lambda tx: sort_groups(tx, self._wanted.home, groups))

    async def _written(self, groups: Sequence[AssetGroup], page: PageOfGroups) -> PageOfGroups:
        await self._wait_for_creates(page)
        for _ in range(TRIES):
            try:
                return await self._rt.db.write(
                    partial(write_groups, rt=self._rt, home=self._wanted.home, groups=groups)
                )
            except AlreadyThere:
                # Somebody else has just written one of them; now it is seen.
                continue
        raise Conflict("Another adoption is at work on the same groups. Run this one when that has ended.")

    async def _wait_for_creates(self, page: PageOfGroups) -> None:
        """Let calls of ① end that may have made one of these groups and not recorded it yet: then its owner is known."""
        in_flight = timedelta(seconds=self._rt.settings.upstream_timeout) + SLACK
        young_since = self._rt.clock.now() - in_flight - CLOCKS
        if any(group.group_type == "AIGC" and group.created_at >= young_since for group in page.fresh):
            await asyncio.sleep(in_flight.total_seconds())

    async def _adopt_assets(self, group_type: GroupType, groups: Sequence[AssetGroup]) -> None:
        by_id = {group.id: group for group in groups}
        query = {
            "Filter": {"GroupType": group_type, "GroupIds": list(by_id)},
            "ProjectName": self._wanted.home.project_name,
        }
        async for items in read_all(self._asking("ListAssets"), query):
            work = partial(
                write_assets, rt=self._rt, home=self._wanted.home, groups=by_id, items=items, dry=self._wanted.dry_run
            )
            try:
                page = await (self._rt.db.read(work) if self._wanted.dry_run else self._rt.db.write(work))
            except AlreadyThere:
                page = await self._rt.db.write(work)
            self.tally.assets_adopted += page.adopted
            self.tally.assets_known += page.known
            self.tally.assets_held_back += page.held_back
            self.tally.assets_unreadable += page.unreadable
            self.tally.assets_foreign += len(page.foreign)
            self.tally.name(self.tally.foreign, page.foreign)
            self._tell(self.tally)
            crash_point("A2")


def _parts(wanted: Wanted) -> list[_Part]:
    ids = tuple(dict.fromkeys(wanted.group_ids))
    chunks = [ids[begin : begin + GROUPS_AT_ONCE] for begin in range(0, len(ids), GROUPS_AT_ONCE)] or [()]
    return [_Part(group_type, chunk) for group_type in GROUP_TYPES for chunk in chunks]
