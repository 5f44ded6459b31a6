"""The limits on calls of this gateway itself. Nobody waits here: who calls too often is told when to come back."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial

from stagedoor.db.database import Database
from stagedoor.errors import FlowLimitExceeded
from stagedoor.ids import random_base62
from stagedoor.quotas.gate import microseconds
from stagedoor.quotas.limits import Limit
from stagedoor.quotas.meter import Meter
from stagedoor.quotas.rates import Rate
from stagedoor.quotas.window import Deal, Report, Window, deal
from stagedoor.quotas.windows import SharedWindows

REMEMBERED = 10_000
NAME = "calls"
Header = tuple[bytes, bytes]


class Door:
    """Counts the calls of keys and tenants that have a limit, in all processes together."""

    def __init__(self, db: Database) -> None:
        self._shared = SharedWindows(db).ask if db.is_shared else None
        self._holder = random_base62(8)
        self._meters: dict[str, Meter] = {}

    async def enter(self, rates: Sequence[Rate]) -> list[Header]:
        """Count a call and return the ``RateLimit`` headers of its answer.

        Args:
            rates: the limits it counts under.

        Raises:
            RateLimited: one of them is used up.
            DatabaseUnavailable: nobody knows whether it is.

        """
        for rate in rates:
            meter = self._meter(rate)
            try:
                place = meter.take(rate.limit) or await meter.wait(rate.owner, timedelta())
            except FlowLimitExceeded as error:
                raise RateLimited(rate, self._headers(rates), error.retry_after) from None
            meter.leave(place)
        return self._headers(rates)

    async def close(self) -> None:
        """Give back what is in hand."""
        for meter in self._meters.values():
            await meter.close()

    def _meter(self, rate: Rate) -> Meter:
        meter = self._meters.get(rate.owner)
        if meter is None:
            if len(self._meters) >= REMEMBERED:
                self._meters.clear()
            ask = partial(_alone, Window()) if self._shared is None else partial(self._shared, rate.owner, NAME)
            meter = Meter(ask, self._holder, rate.limit, microseconds, patient=False)
            self._meters[rate.owner] = meter
        return meter

    def _headers(self, rates: Sequence[Rate]) -> list[Header]:
        return rate_headers([(rate, *self._meter(rate).left()) for rate in rates])


class RateLimited(Exception):
    """A limit is used up: the error that answers the call, and the headers of the answer."""

    def __init__(self, rate: Rate, headers: list[Header], retry_after: timedelta | None) -> None:
        """Say whose limit it is."""
        super().__init__(rate.policy)
        self.headers = headers
        self.error = FlowLimitExceeded(
            f"The limit of this {rate.policy}, {rate.text}, is used up. Wait as long as `Retry-After` says.",
            retry_after=retry_after,
        )


def rate_headers(states: Iterable[tuple[Rate, int, int]]) -> list[Header]:
    """Return the headers that tell of limits: each with how many calls are left, and microseconds until all of them are."""
    policies, lefts = [], []
    for rate, left, until_full in states:
        seconds = round(rate.limit.period.total_seconds())
        policies.append(f'"{rate.policy}";q={rate.limit.calls};w={seconds}')
        lefts.append(f'"{rate.policy}";r={left};t={min(seconds, -(-until_full // 1_000_000))}')
    return [
        (b"ratelimit-policy", ", ".join(policies).encode("ascii")),
        (b"ratelimit", ", ".join(lefts).encode("ascii")),
    ]


async def _alone(window: Window, limit: Limit, report: Report) -> Deal:
    """Deal without a database, for what one process decides alone and may forget when it ends."""
    return deal(window, limit, microseconds(), report)
