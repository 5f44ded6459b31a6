"""When a request is sent again, and after how long."""

import random
from dataclasses import dataclass

from stagedoor_client.errors import ConnectionFailed, GatewayError, StagedoorError, ValidatePending
from stagedoor_client.operations import Kind

_BUSY = {408, 429, 502, 503, 504}
_REFUSED = {429, 503}
"""What says that nothing was done."""


@dataclass(frozen=True, kw_only=True)
class Retries:
    """How patient the client is: ``most`` further tries, with pauses that double and are drawn at random below their limit."""

    most: int = 2
    first_pause: float = 0.5
    longest_pause: float = 8.0
    longest_retry_after: float = 60.0
    """A gateway that asks for a longer wait is not waited for: the error says how long it would be."""

    def pause(self, number: int, error: StagedoorError) -> float | None:
        """Return the seconds before another try, of which ``number`` have been; None when there is none."""
        if number >= self.most:
            return None
        if error.retry_after is None:
            return self.backoff(number)
        if error.retry_after > self.longest_retry_after:
            return None
        # Those who were sent away together do not come back together.
        return error.retry_after + random.random() * self.first_pause  # noqa: S311 - no secret

    def backoff(self, number: int) -> float:
        """Return a pause drawn at random, longer the more tries there have been."""
        limit = min(self.longest_pause, self.first_pause * 2.0 ** min(number, 30))
        return random.random() * limit  # noqa: S311 - no secret


def may_repeat(kind: Kind, error: StagedoorError, *, keys_are_kept: bool) -> bool:
    """Tell whether the very same request may be sent again without doing anything twice."""
    if isinstance(error, ConnectionFailed):
        return not error.sent or kind in {"reads", "settles"} or (kind == "creates" and keys_are_kept)
    if not isinstance(error, GatewayError) or isinstance(error, ValidatePending):
        return False
    status = error.status or 0
    if kind == "once" and status not in _REFUSED:
        return False
    if error.told:
        # Where no time is said, waiting a moment helps a server in trouble, not an allowance that is used up.
        waiting_helps = status >= 500 or error.retry_after is not None
        return error.retry == "same_request" or (error.retry == "later" and waiting_helps)
    refused = status in _REFUSED and error.retry_after is not None
    return refused or (kind == "reads" and status in _BUSY)
