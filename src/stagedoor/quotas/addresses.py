"""How often an address may call without a key that is known here. Each process counts for itself, in little memory."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta

import msgspec

from stagedoor.quotas.door import RateLimited, rate_headers
from stagedoor.quotas.gate import microseconds
from stagedoor.quotas.rates import Rate

REMEMBERED = 20_000
"""Addresses that are counted at once: about 4 MB. Who has not called for longest is forgotten first."""


class _Count(msgspec.Struct):
    begun: int
    calls: int = 0


class AddressCounts:
    """Counts the calls of each address in periods that begin with its first call."""

    def __init__(self, rate: Rate, *, remembered: int = REMEMBERED, now: Callable[[], int] = microseconds) -> None:
        """Begin with nobody.

        Args:
            rate: of every address.
            remembered: how many addresses are counted at once.
            now: steadily counts microseconds.

        """
        self._rate = rate
        self._period = rate.limit.period // timedelta(microseconds=1)
        self._remembered = remembered
        self._now = now
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def take(self, address: str) -> None:
        """Count a call.

        Raises:
            RateLimited: there were as many as there may be.

        """
        now = self._now()
        count = self._counts.get(address)
        if count is None or now >= count.begun + self._period:
            count = self._counts[address] = _Count(now)
        self._counts.move_to_end(address)
        if len(self._counts) > self._remembered:
            self._counts.popitem(last=False)
        if count.calls >= self._rate.limit.calls:
            wait = count.begun + self._period - now
            headers = rate_headers([(self._rate, 0, wait)])
            raise RateLimited(self._rate, headers, timedelta(microseconds=wait))
        count.calls += 1
