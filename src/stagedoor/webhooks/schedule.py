"""When a delivery that failed is tried again."""

import random
from datetime import datetime, timedelta

PAUSES = (
    timedelta(),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Before each attempt, counted from the end of the one before it. There is no eleventh."""
JITTER = 0.1
_RANDOM = random.Random()  # noqa: S311 - pauses are no secret
LONGEST_WAIT = timedelta(days=1)
"""However long an endpoint asks us to wait."""
FAILING_FOR = timedelta(days=5)
"""An endpoint where nothing has been delivered for so long is disabled."""
SHORTEST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=1)


def next_attempt(attempts: int, now: datetime, wanted: timedelta | None = None) -> datetime | None:
    """Return when to try again after so many attempts; None when that was the last one.

    Args:
        attempts: how many there were.
        now: when the last one ended.
        wanted: how long the endpoint asked us to wait.

    """
    if attempts >= len(PAUSES):
        return None
    pause = PAUSES[attempts] * _RANDOM.uniform(1 - JITTER, 1 + JITTER)
    return now + max(pause, min(wanted or timedelta(), LONGEST_WAIT))


def rest(first_failed_at: datetime, now: datetime, wanted: timedelta | None = None) -> timedelta:
    """Return how long an endpoint is left alone that did not answer, or that asked to be."""
    if wanted is not None:
        return min(wanted, LONGEST_WAIT)
    return min(max((now - first_failed_at) / 4, SHORTEST_REST), LONGEST_REST)
