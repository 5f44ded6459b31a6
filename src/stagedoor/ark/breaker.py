"""When an upstream is down for longer, answer for it at once, and let a trickle through to see whether it is back."""

from datetime import datetime, timedelta

from stagedoor.clock import Clock

FAILURES = 20
OUTAGE = timedelta(seconds=5)
PROBE_EVERY = timedelta(seconds=1)


class Breaker:
    """Opens after 20 tries in a row without a proper answer over at least 5 seconds; one answer closes it.

    While it is open, one call a second goes through, so that an exchange whose window is running still has a chance.
    """

    def __init__(self, clock: Clock) -> None:
        """Start closed."""
        self._clock = clock
        self._failures = 0
        self._since: datetime | None = None
        self._next_probe_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        if self._since is None or self._failures < FAILURES:
            return False
        return self._clock.now() - self._since >= OUTAGE

    @property
    def holds_back(self) -> bool:
        """Whether it is open and the next probe is not due: a call would be refused now. Asking takes no probe."""
        return self._next_probe_at is not None and self.is_open and self._clock.now() < self._next_probe_at

    def admits(self) -> bool:
        """Tell whether a call may go out now; while it is open, that call is the probe."""
        if not self.is_open:
            return True
        if self.holds_back:
            return False
        self._next_probe_at = self._clock.now() + PROBE_EVERY
        return True

    def note(self, *, answered: bool) -> None:
        """Remember how a try ended; a refusal is an answer, too."""
        if answered:
            self._failures, self._since, self._next_probe_at = 0, None, None
            return
        self._failures += 1
        if self._since is None:
            self._since = self._clock.now()
