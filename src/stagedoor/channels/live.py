"""A channel at work: its connection, its limits, and how well it does."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import IntEnum

import msgspec

from stagedoor.ark.upstream import Upstream
from stagedoor.channels.conditions import blocks
from stagedoor.channels.store import Channel, Condition
from stagedoor.quotas.limits import Limit

FRESH_FOR = timedelta(minutes=5)
"""For so long what an account said of itself is believed; then something new finds out whether it still holds."""


class Standing(IntEnum):
    """How fit a channel is for something new; less is better."""

    FIT = 0
    DOUBTFUL = 1
    """It refused something new, but that is a while ago."""
    DOWN = 2
    """It does not answer."""
    REFUSES = 3
    """It has just refused something new, and would do so again."""


class LiveChannel(msgspec.Struct, frozen=True):
    """A channel with its connection, its limits, and what is known against it."""

    channel: Channel
    upstream: Upstream
    limits: Mapping[str, Limit]
    conditions: tuple[Condition, ...] = ()

    def standing(self, now: datetime) -> Standing:
        """Return how fit it is for something new."""
        blocking = [condition for condition in self.conditions if blocks(condition)] if self.conditions else []
        if any(now - condition.last_seen_at < FRESH_FOR for condition in blocking):
            return Standing.REFUSES
        if self.upstream.is_down:
            return Standing.DOWN
        return Standing.DOUBTFUL if blocking else Standing.FIT
