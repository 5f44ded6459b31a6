"""The arithmetic of a limit: never more than so many calls in any period, however many processes deal with them.

A call is counted by the upstream at some moment between its start and its answer; nobody here knows which. So a place is taken from
the start, and free again one period after the answer came (or after ``MARGIN``, when the answer takes longer). Processes hold
places that they have not used yet, or whose calls are still under way, for at most ``LEASE``; who does not come back has used them all.

Nothing here knows a clock or a database: all times are whole microseconds that are handed in.
"""

from bisect import bisect_right, insort
from datetime import timedelta

import msgspec

from stagedoor.quotas.limits import LONGEST_PERIOD, Limit

LEASE = 500_000
"""How long a process may begin calls in the places it was dealt."""
MARGIN = 2_000_000
"""A call is taken to have reached the upstream this long after its start, even if its answer takes longer."""
LONGEST_CLOSURE = 60_000_000
"""The upstream's wish for patience is respected for so long, whatever it says."""
POLL = 100_000
"""Others hold all places and may give some back: when to ask again."""
LONG, MANY = timedelta(seconds=10), 40
"""What a limit must be like to keep a part of its places back."""
FINEST = 100
"""How many ends are remembered one by one; more are rounded up to so many in a period."""


class Held(msgspec.Struct, array_like=True):
    """Places in the hands of a process: how many, and until when it may begin calls in them or report on them."""

    count: int
    until: int


class Window(msgspec.Struct, array_like=True):
    """What is known of one limit."""

    held: dict[str, Held] = {}
    ended: list[tuple[int, int]] = []
    """When calls can last have been counted, and how many at that moment; oldest first."""
    closed_until: int = 0
    """The upstream said that it wants no calls before."""
    dealt_at: int = 0
    """When places were last dealt."""


class Report(msgspec.Struct, frozen=True):
    """What a process tells and wants: ``ended`` is how long ago calls ended, ``kept`` the places it still needs."""

    holder: str
    ended: tuple[tuple[int, int], ...] = ()
    kept: int = 0
    wanted: int = 0
    quiet: bool = False
    """It is background work that asks: half of the limit is not for it."""
    closed_for: int = 0
    """The upstream has asked for so much patience."""


class Deal(msgspec.Struct, frozen=True):
    """The answer: how many places, and when it is worth while to ask for more."""

    now: int
    dealt: int
    next_at: int
    taken: int
    """Places that are taken, those dealt now included."""
    closed_until: int
    frees: tuple[tuple[int, int], ...]
    """When places become free, and how many."""


def span(limit: Limit) -> int:
    """Return the length of the limit's period, and a thousandth more: two clocks never run at quite the same speed."""
    period = round(limit.period.total_seconds() * 1e6)
    return period + period // 1000 + 1


def share(limit: Limit, *, quiet: bool) -> int:
    """Return how many places may be taken: background work leaves half of them to people."""
    return max(1, limit.calls // 2) if quiet else limit.calls


def kept_back(limit: Limit) -> int:
    """Return how many places of a long limit are dealt out evenly, so that never all of a minute is gone in its first second."""
    return limit.calls // 4 if limit.calls >= MANY and limit.period >= LONG else 0


def deal(window: Window, limit: Limit, now: int, report: Report) -> Deal:
    """Take a report in, and deal places out.

    Args:
        window: what is known; it is changed.
        limit: how often something may be called.
        now: the moment.
        report: what the process tells and wants.

    """
    length = span(limit)
    mine = window.held.pop(report.holder, None)
    if mine is not None and mine.until <= now:
        # It was away for too long and cannot know what has become of these.
        _add(window, mine.until, mine.count)
    for ago, count in report.ended:
        _add(window, now - ago, count)
    _settle(window, now, length)
    if report.closed_for:
        window.closed_until = max(window.closed_until, now + min(report.closed_for, LONGEST_CLOSURE))
    taken = report.kept + _count(window)
    most, next_at = _most(window, limit, now, taken, quiet=report.quiet)
    dealt = min(report.wanted, most)
    if dealt:
        window.dealt_at = now
    if report.kept + dealt:
        window.held[report.holder] = Held(report.kept + dealt, now + LEASE + MARGIN)
    return Deal(
        now=now,
        dealt=dealt,
        next_at=next_at,
        taken=taken + dealt,
        closed_until=window.closed_until,
        frees=tuple((moment + length, count) for moment, count in window.ended),
    )


def count_places(window: Window, limit: Limit, now: int) -> int:
    """Return how many places are taken, held ones included; the window is changed."""
    _settle(window, now, span(limit))
    return _count(window)


def _count(window: Window) -> int:
    return sum(held.count for held in window.held.values()) + sum(count for _, count in window.ended)


def is_idle(window: Window, now: int) -> bool:
    """Tell whether a window says nothing that an empty one would not say, whatever its limit's period."""
    last = max((held.until for held in window.held.values()), default=0)
    last = max([last, window.closed_until, window.dealt_at, *(moment for moment, _ in window.ended)])
    return last <= now - LONGEST_PERIOD * 1_000_000 - MARGIN


def _settle(window: Window, now: int, length: int) -> None:
    """Count what was never reported as used, forget what is over, and keep the rest small."""
    for holder, held in list(window.held.items()):
        if held.until <= now:
            del window.held[holder]
            _add(window, held.until, held.count)
    # After the clock was set back nothing may seem to end in a future that never comes.
    window.closed_until = min(window.closed_until, now + LONGEST_CLOSURE)
    latest = now + LEASE + MARGIN
    if window.ended and window.ended[-1][0] > latest:
        window.ended = sorted((min(moment, latest), count) for moment, count in window.ended)
    for holder, held in window.held.items():
        window.held[holder] = Held(held.count, min(held.until, latest))
    window.ended = window.ended[bisect_right(window.ended, now - length, key=lambda end: end[0]) :]
    if len(window.ended) > FINEST:
        window.ended = _rounded(window.ended, length // FINEST)


def _add(window: Window, moment: int, count: int) -> None:
    insort(window.ended, (moment, count))


def _rounded(ended: list[tuple[int, int]], grain: int) -> list[tuple[int, int]]:
    counts: dict[int, int] = {}
    for moment, count in ended:
        up = -(-moment // grain) * grain
        counts[up] = counts.get(up, 0) + count
    return list(counts.items())


def _most(window: Window, limit: Limit, now: int, taken: int, *, quiet: bool) -> tuple[int, int]:
    """Return how many places can be dealt now, and when it is worth while to ask for more."""
    if now < window.closed_until:
        return 0, window.closed_until
    room = share(limit, quiet=quiet)
    if taken >= room:
        return 0, _next_end(window, now, taken - room, span(limit))
    back = 0 if quiet else kept_back(limit)
    if not back or taken < room - back:
        return room - back - taken, now
    # The part that was kept back goes out evenly, one place after the other.
    pause = span(limit) // back
    if now >= window.dealt_at + pause:
        return 1, now + pause
    return 0, min(window.dealt_at, now) + pause


def _next_end(window: Window, now: int, too_many: int, length: int) -> int:
    """Return when more than ``too_many`` places will have become free."""
    soon = now + min(POLL, length // 4)
    for moment, count in window.ended:
        too_many -= count
        if too_many < 0:
            at = moment + length
            return min(at, soon) if window.held else at
    return soon
