"""What the tests of the upstream drivers share."""

from collections.abc import Callable
from datetime import timedelta

from stagedoor.ark.upstream import Upstream
from stagedoor.clock import MovableClock

Connect = Callable[..., Upstream]
"""Takes an endpoint, and fields of the account by name."""


class Pauses(list[float]):
    """Sleeps by moving the clock, and remembers how long."""

    def __init__(self, clock: MovableClock) -> None:
        super().__init__()
        self._clock = clock

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)
        self._clock.advance(timedelta(seconds=seconds))
