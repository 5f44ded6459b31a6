"""The one thing the rest of stagedoor knows about an asset library: it can be called."""

import asyncio
import random as randomness
from collections.abc import Callable, Mapping
from typing import Protocol

from stagedoor.ark.account import Account
from stagedoor.ark.client import ArkDriver
from stagedoor.ark.dialect import DialectDriver
from stagedoor.ark.retry import NO_TOLL, Retrying, Sleep, Toll
from stagedoor.ark.transport import Transport
from stagedoor.clock import Clock
from stagedoor.contract.operations import Operation

__all__ = ["Account", "Upstream", "connect"]

_JITTER = randomness.Random()  # noqa: S311 - pauses are no secret


class Upstream(Protocol):
    """An asset library that can be asked any of the twelve operations."""

    @property
    def is_down(self) -> bool:
        """Whether this process has got no answer from it for a while."""

    def check(self) -> None:
        """Pass when a call would be let out now; costs next to nothing.

        Raises:
            UpstreamUnavailable: it is down, and it is not time to try again.

        """

    async def call(self, operation: Operation, body: Mapping[str, object]) -> dict[str, object]:
        """Return the result in official fields.

        Args:
            operation: which of the twelve.
            body: official fields, without ``model``.

        Raises:
            StagedoorError: there is no result; the class says why.

        """


def connect(
    account: Account,
    *,
    transport: Transport,
    clock: Clock,
    random: Callable[[], float] = _JITTER.random,
    sleep: Sleep = asyncio.sleep,
    toll: Toll = NO_TOLL,
) -> Upstream:
    """Return the upstream of an account, with its retry plan around it. Opens no connection yet.

    Args:
        account: where it is and what opens it.
        transport: carries the requests.
        clock: signs, and tells when the time is up.
        random: gives 0 ≤ x < 1, for the jitter.
        sleep: waits that many seconds between tries.
        toll: the account's limits, under which further tries count; whoever makes the first one has seen to that.

    Raises:
        ValueError: the endpoint is no plain http(s) address.

    """
    driver = DialectDriver(account) if account.kind == "dialect" else ArkDriver(account, clock)
    return Retrying(
        driver,
        transport=transport,
        clock=clock,
        timeout=account.timeout,
        random=random,
        sleep=sleep,
        toll=toll,
    )
