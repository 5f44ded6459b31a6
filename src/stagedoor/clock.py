"""The time, as an argument."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Anything that tells the time."""

    def now(self) -> datetime:
        """Return the moment as an aware UTC datetime."""
        ...

    def microseconds(self) -> int:
        """Return the same as whole microseconds since 1970, which costs an eighth of it."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def microseconds(self) -> int:
        return time.time_ns() // 1000


class MovableClock:
    """The machine's clock, moved by hand: tests say ``clock.advance(...)``."""

    def __init__(self) -> None:
        self._shift = timedelta()
        self._stopped_at: datetime | None = None

    def now(self) -> datetime:
        return (self._stopped_at or datetime.now(UTC)) + self._shift

    def microseconds(self) -> int:
        return to_microseconds(self.now())

    def advance(self, duration: timedelta) -> None:
        self._shift += duration

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Keep one time, so that nothing becomes due by itself."""
        self._stopped_at = datetime.now(UTC)
        try:
            yield
        finally:
            self._stopped_at = None


def to_microseconds(moment: datetime) -> int:
    """Return a moment as whole microseconds since 1970, the form it has in the database."""
    return (moment - EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    # A float holds every microsecond of the centuries in question, and this is three times as fast as adding to EPOCH.
    return datetime.fromtimestamp(value / 1e6, UTC)


def to_iso(moment: datetime) -> str:
    """Return a moment the way Ark prints it: ISO 8601, UTC, whole seconds, ``2026-03-18T03:57:10Z``."""
    days, seconds = divmod(int(moment.timestamp()), 86_400)
    minutes, seconds = divmod(seconds, 60)
    # Lists print dozens of times: put together of parts, one costs half of what isoformat() does.
    return f"{_date(days)}T{_MINUTES[minutes]}:{_SECONDS[seconds]}Z"


_MINUTES = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in range(60)]
_SECONDS = [f"{second:02}" for second in range(60)]


@lru_cache(maxsize=4096)
def _date(days: int) -> str:
    return (EPOCH + timedelta(days=days)).date().isoformat()


def from_iso(text: str) -> datetime | None:
    """Read an ISO 8601 time with an offset; None when it is none (Ark's odd nanoseconds are cut)."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
