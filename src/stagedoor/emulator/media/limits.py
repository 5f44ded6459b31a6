"""The limits on uploaded files, as data, and the order in which they are looked at."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from stagedoor.emulator.media.facts import Facts, Problem, Refused

MB = 1024 * 1024


class Bound(msgspec.Struct, frozen=True):
    """The values from low to high; with ``exclusive`` the two ends themselves are outside."""

    low: float
    high: float
    exclusive: bool = False

    def side(self, value: float) -> Literal["low", "high"] | None:
        """Say on which side of the permitted values this one lies, ``None`` when it is permitted."""
        if value < self.low or (self.exclusive and value == self.low):
            return "low"
        if value > self.high or (self.exclusive and value == self.high):
            return "high"
        return None


class Limits(msgspec.Struct, frozen=True):
    """What a file of one asset type may be: the most bytes, and a bound for each property of Facts that has one."""

    max_bytes: int
    bounds: Mapping[str, Bound]


class Check(msgspec.Struct, frozen=True):
    """How a property outside its bound is reported."""

    fact: str
    too_low: str
    too_high: str
    message: str
    synchronous: bool = False


# Those Ark answers at once come first: an upload it refuses with a 400 never becomes an asset that could fail.
CHECKS = (
    Check("width", "WidthTooSmall", "WidthTooLarge", "Width must be between {low}px and {high}px.", synchronous=True),
    Check(
        "height", "HeightTooSmall", "HeightTooLarge", "Height must be between {low}px and {high}px.", synchronous=True
    ),
    Check(
        "aspect_ratio",
        "AspectRatioTooSmall",
        "AspectRatioTooLarge",
        "Aspect ratio must be between {low} and {high}.",
        synchronous=True,
    ),
    Check(
        "seconds",
        "DurationTooShort",
        "DurationTooLong",
        "Duration must be between {low}s and {high}s",
        synchronous=True,
    ),
    Check("pixels", "PixelCountTooSmall", "PixelCountTooLarge", "Pixel count must be between {low} and {high}."),
    Check("fps", "FpsTooLow", "FpsTooHigh", "Frame rate must be between {low} and {high} fps."),
)

_SIDE = Bound(300, 6000)
_RATIO = Bound(0.4, 2.5)
# The documented 2 to 30 (older: 15) seconds, with the tolerance of 0.2 s that Ark's own messages show.
_SECONDS = Bound(1.8, 30.2)
_OLDER_SECONDS = Bound(1.8, 15.2)

_IMAGE = Limits(
    30 * MB - 1,
    {
        "width": Bound(300, 6000, exclusive=True),
        "height": Bound(300, 6000, exclusive=True),
        "aspect_ratio": Bound(0.4, 2.5, exclusive=True),
    },
)


def _video(max_bytes: int, seconds: Bound, pixels: Bound) -> Limits:
    shape = {"width": _SIDE, "height": _SIDE, "aspect_ratio": _RATIO}
    return Limits(max_bytes, {**shape, "seconds": seconds, "pixels": pixels, "fps": Bound(24, 60)})


NEWEST: Mapping[str, Limits] = {
    "Image": _IMAGE,
    "Video": _video(200 * MB, _SECONDS, Bound(407_696, 8_295_044)),
    "Audio": Limits(15 * MB, {"seconds": _SECONDS}),
}

OLDER: Mapping[str, Limits] = {
    "Image": _IMAGE,
    "Video": _video(50 * MB, _OLDER_SECONDS, Bound(409_600, 2_086_876)),
    "Audio": Limits(15 * MB, {"seconds": _OLDER_SECONDS}),
}


def check_size(size: int, limits: Limits) -> None:
    """Refuse a file of too many bytes.

    Raises:
        Refused: ``FileSizeTooLarge``.

    """
    if size > limits.max_bytes:
        raise Refused(Problem("FileSizeTooLarge", f"The file must not be larger than {limits.max_bytes} bytes."))


def check(facts: Facts, limits: Limits) -> None:
    """Hold the facts against the limits.

    Raises:
        Refused: the first limit that is broken, those that are answered synchronously before the others.

    """
    for rule in CHECKS:
        bound, value = limits.bounds.get(rule.fact), getattr(facts, rule.fact)
        if bound is None or value is None:
            continue
        side = bound.side(value)
        if side is not None:
            code = rule.too_low if side == "low" else rule.too_high
            raise Refused(Problem(code, rule.message.format(low=bound.low, high=bound.high), rule.synchronous))
