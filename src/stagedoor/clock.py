"""The time, as an argument."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Anything that tells the time as an aware UTC datetime."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class MovableClock:
    """The machine's clock, moved by hand: tests say ``clock.advance(...)``."""

    def __init__(self) -> None:
        self._shift = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._shift

    def advance(self, duration: timedelta) -> None:
        self._shift += duration


def to_microseconds(moment: datetime) -> int:
    """Return a moment as whole microseconds since 1970, the form it has in the database."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_microseconds(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)


def to_iso(moment: datetime) -> str:
    """Return a moment the way Ark prints it: ISO 8601, UTC, whole seconds, ``2026-03-18T03:57:10Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def from_iso(text: str) -> datetime | None:
    """Read an ISO 8601 time with an offset; None when it is none (Ark's odd nanoseconds are cut)."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
