"""A clock that stands still, for tests in which a second more or less decides."""

from datetime import UTC, datetime, timedelta

from stagedoor.clock import MovableClock


class StoppedClock(MovableClock):
    """Tells the moment it was made at until it is moved by hand."""

    def __init__(self) -> None:
        super().__init__()
        self._moment = datetime.now(UTC)

    def now(self) -> datetime:
        return self._moment + self._shift

    def pass_seconds(self, seconds: float) -> None:
        self.advance(timedelta(seconds=seconds))
