"""When to ask again. Retries live here and nowhere else.

A call that creates something is repeated only when it surely never got there. Everything else is repeated on transient trouble:
up to four tries, full jitter, inside the account's time limit, and out of a budget that keeps an outage from being made worse.
In a long outage a breaker answers at once for the upstream.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Protocol

import structlog

from stagedoor import errors
from stagedoor.ark.attempt import Driver, attempt
from stagedoor.ark.breaker import PROBE_EVERY, Breaker
from stagedoor.ark.errors import EXCHANGE, Failure, Fate
from stagedoor.ark.transport import Transport
from stagedoor.clock import Clock
from stagedoor.contract.operations import Operation

log = structlog.get_logger(__name__)

TRIES = 4
BASE = timedelta(milliseconds=100)
CAP = timedelta(seconds=5)
MOMENT = timedelta(milliseconds=1)

Sleep = Callable[[float], Awaitable[object]]


class Toll(Protocol):
    """The account's limits, under which a further try counts like the first one."""

    async def heed(self, operation: Operation, error: errors.StagedoorError) -> None:
        """Learn what a try has come to."""

    async def pay(self, operation: Operation) -> bool:
        """Return when there is room for another try, or False when there will not be in time."""
        ...


class NoToll:
    """For an account without limits."""

    async def heed(self, operation: Operation, error: errors.StagedoorError) -> None:
        """Do nothing."""

    async def pay(self, operation: Operation) -> bool:  # noqa: ARG002 - all are free
        """Return True."""
        return True


NO_TOLL = NoToll()


class Budget:
    """Pays for retries: every first try brings a tenth of one, at most ten are saved up."""

    CEILING = 100

    def __init__(self) -> None:
        """Start full: a process that has just begun may retry as well."""
        # Counted in tenths, so that ten first tries really make one retry.
        self._tenths = self.CEILING

    def earn(self) -> None:
        self._tenths = min(self._tenths + 1, self.CEILING)

    def spend(self) -> bool:
        """Take one retry out; False when there is none."""
        if self._tenths < 10:
            return False
        self._tenths -= 10
        return True


class Retrying:
    """An upstream that is asked again where that is safe and may help."""

    def __init__(
        self,
        driver: Driver,
        *,
        transport: Transport,
        clock: Clock,
        timeout: timedelta,
        random: Callable[[], float],
        sleep: Sleep,
        toll: Toll = NO_TOLL,
    ) -> None:
        """Put the retry plan around a driver.

        Args:
            driver: how this upstream is spoken to.
            transport: carries the requests.
            clock: tells when the time is up.
            timeout: for a whole call, retries and pauses included.
            random: gives 0 ≤ x < 1, for the jitter.
            sleep: waits that many seconds.
            toll: the limits under which further tries count.

        """
        self._toll = toll
        self._driver = driver
        self._transport = transport
        self._clock = clock
        self._timeout = timeout
        self._random = random
        self._sleep = sleep
        self._budget = Budget()
        self._breaker = Breaker(clock)

    @property
    def is_down(self) -> bool:
        """Whether nothing has answered for a while: the breaker is open."""
        return self._breaker.is_open

    def check(self) -> None:
        """Pass when a call would be let out now.

        Raises:
            UpstreamUnavailable: the breaker is open and the next probe is not due.

        """
        if self._breaker.holds_back:
            raise errors.UpstreamUnavailable(retry_after=PROBE_EVERY)

    async def call(self, operation: Operation, body: Mapping[str, object]) -> dict[str, object]:
        """Return the upstream's result in official fields.

        Args:
            operation: which of the twelve.
            body: official fields, without ``model``.

        Raises:
            StagedoorError: what the last try came to.

        """
        if not self._breaker.admits():
            raise errors.UpstreamUnavailable(retry_after=PROBE_EVERY)
        self._budget.earn()
        deadline = self._clock.now() + self._timeout
        remaining, uncertain = self._timeout, False
        for number in range(1, TRIES + 1):
            try:
                result = await attempt(self._driver, self._transport, self._clock, operation, body, remaining)
            except Failure as failure:
                self._breaker.note(answered=failure.fate is Fate.REFUSED)
                await self._toll.heed(operation, failure.error)
                pause = self._pause(number, failure)
                remaining = deadline - self._clock.now() - pause
                last = number == TRIES or not self._may_repeat(operation, failure) or remaining <= timedelta()
                if last or not self._budget.spend() or not await self._has_room(operation, pause):
                    raise _verdict(operation, failure, uncertain=uncertain) from failure
                remaining = max(min(remaining, deadline - self._clock.now()), MOMENT)
                uncertain = uncertain or failure.fate is Fate.UNCERTAIN
                log.info("upstream_retry", action=operation.action, number=number, code=failure.error.full_code)
            else:
                self._breaker.note(answered=True)
                return result
        raise AssertionError("The last try returns or raises.")

    async def _has_room(self, operation: Operation, pause: timedelta) -> bool:
        await self._sleep(pause.total_seconds())
        return await self._toll.pay(operation)

    def _may_repeat(self, operation: Operation, failure: Failure) -> bool:
        safe = failure.fate is Fate.UNSENT or not operation.creates
        return safe and failure.transient and not self._breaker.is_open

    def _pause(self, number: int, failure: Failure) -> timedelta:
        longest = min(BASE * (1 << (number - 1)), CAP)
        return max(longest * self._random(), failure.error.retry_after or timedelta())


def _verdict(operation: Operation, failure: Failure, *, uncertain: bool) -> errors.StagedoorError:
    """Return the error to raise; ``uncertain`` says that an earlier try of the same call was perhaps sent."""
    error = failure.error
    if operation.reads:
        return error
    harmless = isinstance(error, errors.UpstreamError) and not error.sent
    if operation.action == EXCHANGE:
        # A token that is refused now may have been spent by the very try whose answer was lost: then the group exists.
        harmless = harmless or isinstance(error, errors.BytedTokenRefused | errors.FlowLimitExceeded)
    if not (uncertain and harmless):
        return error
    return errors.UpstreamTimeout(
        "An earlier try of this call got no answer and may have taken effect.",
        upstream=error.upstream,
        retry_after=error.retry_after,
    )
