"""How the channels do, for operators: their conditions with a remedy each."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from stagedoor.channels.conditions import REMEDIES, blocks
from stagedoor.channels.live import FRESH_FOR
from stagedoor.channels.store import Channel, Condition, list_channels, list_conditions
from stagedoor.db.database import Tx
from stagedoor.runtime import Runtime

ASK = "Ask the asset library's support what the code means."
"""What to do about a condition of a kind that is not known here."""


class ChannelStatus(msgspec.Struct, frozen=True):
    """A channel and what is known against it, whichever process found it out."""

    channel: Channel
    conditions: tuple[Condition, ...]
    passed_over: bool
    """Something new goes to another channel for the moment, if there is one."""


def remedy(condition: Condition) -> str:
    """Return what an operator does about a condition."""
    return REMEDIES.get(condition.kind, ASK)


def is_passed_over(conditions: tuple[Condition, ...], now: datetime) -> bool:
    """Tell whether something new goes to another channel because of these."""
    return any(blocks(condition) and now - condition.last_seen_at < FRESH_FOR for condition in conditions)


async def list_statuses(rt: Runtime) -> list[ChannelStatus]:
    """Return how every channel does, the preferred first: for `stagedoor channels` and `stagedoor doctor`."""

    async def work(tx: Tx) -> tuple[list[Channel], list[Condition]]:
        return await list_channels(tx), await list_conditions(tx)

    channels, conditions = await rt.db.read(work)
    by_channel: Mapping[str, list[Condition]] = {channel.id: [] for channel in channels}
    for condition in conditions:
        by_channel[condition.channel_id].append(condition)
    now = rt.clock.now()
    return [
        ChannelStatus(channel, known := tuple(by_channel[channel.id]), is_passed_over(known, now))
        for channel in channels
    ]
