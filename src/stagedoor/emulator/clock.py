"""The emulator's own time: the machine's, shifted by hand, and the forms Ark prints it in."""

from datetime import UTC, datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CHINA = timezone(timedelta(hours=8))
# Ten years either way: enough for every lifetime there is, and no date overflows.
MAX_SHIFT = timedelta(days=3650)


def machine_now() -> datetime:
    return datetime.now(UTC)


class EmulatorClock:
    """The machine's time plus a shift that tests move through ``/_emulator/clock``."""

    def __init__(self, shift: timedelta = timedelta()) -> None:
        self.shift = shift

    def now(self) -> datetime:
        return machine_now() + self.shift


def to_microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_microseconds(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)


def to_iso(moment: datetime) -> str:
    """Return RFC 3339 in UTC with whole seconds, as every time in an answer has it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_precise_iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def id_stamp(moment: datetime) -> str:
    """Return the 14 digits inside ids, which captures show in UTC+8."""
    return moment.astimezone(CHINA).strftime("%Y%m%d%H%M%S")
