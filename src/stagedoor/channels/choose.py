"""Which of several channels something new is born on: the fittest, of these the preferred, of these by weight."""

import math
import random as randomness
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256

from stagedoor.channels.live import LiveChannel, Standing

Lot = Callable[[str], float]
"""Gives each channel, by its id, a number above 0 and up to 1."""

_LOTS = randomness.Random()  # noqa: S311 - which account something lands on is no secret


def random_lot(_: str) -> float:
    """Draw anew each time."""
    return 1.0 - _LOTS.random()


def steady_lot(seed: str) -> Lot:
    """Return a draw that comes out the same for the same seed, and moves only what it must when channels come and go."""

    def draw(channel_id: str) -> float:
        digest = sha256(f"{seed}/{channel_id}".encode()).digest()
        return (int.from_bytes(digest[:6]) + 1) / (1 << 48)

    return draw


def choose(
    ranked: Sequence[LiveChannel], lot: Lot, now: datetime, may_try: Callable[[LiveChannel], bool]
) -> LiveChannel:
    """Return the channel something new is born on. When none is fit, the one that may soonest be: what it answers is the truth.

    Args:
        ranked: at least one channel that may take it, the preferred first.
        lot: decides among equals.
        now: the time.
        may_try: tells whether something new may find out if a doubtful channel is fit again.

    """
    if len(ranked) == 1:
        return ranked[0]
    standings = [fitness(live, now, may_try) for live in ranked]
    best = min(standings)
    fittest = [live for live, standing in zip(ranked, standings, strict=True) if standing == best]
    highest = fittest[0].channel.priority
    equals = [live for live in fittest if live.channel.priority == highest]
    if len(equals) == 1:
        return equals[0]
    # The smallest of exponential variables: each wins with the probability of its weight, independently of the others' number.
    return min(equals, key=lambda live: -math.log(lot(live.channel.id)) / live.channel.weight)


def fitness(live: LiveChannel, now: datetime, may_try: Callable[[LiveChannel], bool]) -> Standing:
    """Return how fit a channel is, a doubtful one that may be tried like a fit one."""
    standing = live.standing(now)
    return Standing.FIT if standing is Standing.DOUBTFUL and may_try(live) else standing
