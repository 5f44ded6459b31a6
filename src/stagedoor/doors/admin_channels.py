"""What operators see and change of the channels."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from stagedoor.channels.book import ChannelBook
from stagedoor.channels.conditions import blocks
from stagedoor.channels.edit import ChannelChange, Limits, NewChannel, change_channel, create_channel
from stagedoor.channels.live import LiveChannel, Standing
from stagedoor.channels.status import remedy
from stagedoor.channels.store import Channel, ChannelKind, ChannelState, Condition, get_channel_by_name
from stagedoor.clock import to_iso
from stagedoor.media.rules import MediaRules
from stagedoor.runtime import Runtime

HealthStatus = Literal["fit", "doubtful", "down", "refuses"]
STATUSES: dict[Standing, HealthStatus] = {
    Standing.FIT: "fit",
    Standing.DOUBTFUL: "doubtful",
    Standing.DOWN: "down",
    Standing.REFUSES: "refuses",
}


class _View(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """What is shown to an operator; never a secret that was shown before."""


class ConditionView(_View, frozen=True, kw_only=True):
    kind: str
    action: str
    code: str
    blocks: bool
    remedy: str
    since_time: str
    last_seen_time: str


class HealthView(_View, frozen=True, kw_only=True):
    status: HealthStatus
    breaker: Literal["closed", "open"]
    conditions: list[ConditionView]


class ChannelView(_View, frozen=True, kw_only=True):
    id: str
    name: str
    kind: ChannelKind
    endpoint: str
    region: str
    project_name: str
    models: tuple[str, ...]
    priority: int
    weight: int
    tenants: tuple[str, ...] | UnsetType = UNSET
    limits: Limits
    media_rules: MediaRules
    state: ChannelState
    disabled: bool
    health: HealthView
    create_time: str
    update_time: str


class ChannelList(_View, frozen=True, kw_only=True):
    items: list[ChannelView]


def _condition(condition: Condition) -> ConditionView:
    return ConditionView(
        kind=condition.kind,
        action=condition.action,
        code=condition.code,
        blocks=blocks(condition),
        remedy=remedy(condition),
        since_time=to_iso(condition.since),
        last_seen_time=to_iso(condition.last_seen_at),
    )


def _health(live: LiveChannel, now: datetime) -> HealthView:
    return HealthView(
        status=STATUSES[live.standing(now)],
        breaker="open" if live.upstream.is_down else "closed",
        conditions=[_condition(condition) for condition in live.conditions],
    )


def _channel(live: LiveChannel, now: datetime) -> ChannelView:
    channel = live.channel
    return ChannelView(
        id=channel.id,
        name=channel.name,
        kind=channel.kind,
        endpoint=channel.endpoint,
        region=channel.region,
        project_name=channel.project_name,
        models=channel.models,
        priority=channel.priority,
        weight=channel.weight,
        tenants=UNSET if channel.tenants is None else channel.tenants,
        limits=msgspec.json.decode(channel.limits, type=Limits),
        media_rules=msgspec.json.decode(channel.media_rules, type=MediaRules),
        state=channel.state,
        disabled=channel.disabled_at is not None,
        health=_health(live, now),
        create_time=to_iso(channel.created_at),
        update_time=to_iso(channel.updated_at),
    )


async def _show(rt: Runtime, book: ChannelBook, channel: Channel) -> ChannelView:
    return next(_channel(live, rt.clock.now()) for live in await book.list_live() if live.channel.id == channel.id)


async def add_channel(rt: Runtime, book: ChannelBook, _: str, new: NewChannel, *, by: str) -> ChannelView:
    return await _show(rt, book, await create_channel(rt, new, by=by))


async def show_channels(rt: Runtime, book: ChannelBook, _: str) -> ChannelList:
    return ChannelList(items=[_channel(live, rt.clock.now()) for live in await book.list_live()])


async def show_channel(rt: Runtime, book: ChannelBook, name: str) -> ChannelView:
    return await _show(rt, book, await rt.db.read(lambda tx: get_channel_by_name(tx, name)))


async def edit_channel(rt: Runtime, book: ChannelBook, name: str, change: ChannelChange, *, by: str) -> ChannelView:
    return await _show(rt, book, await change_channel(rt, name, change, by=by))
