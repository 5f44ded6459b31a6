"""Hold a file against the rules for its asset type and list all that it breaks."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec

from stagedoor.contract.fields import AssetType
from stagedoor.media.kinds import HEAD_BYTES, find_kind
from stagedoor.media.look import Looker, Seen
from stagedoor.media.problems import RULES_IN_ORDER, Problem, problem
from stagedoor.media.rules import RANGES, READABLE, MediaRules, Range, TypeRules, rules_for

_CODES = {
    "width": "Width",
    "height": "Height",
    "aspect_ratio": "AspectRatio",
    "seconds": "Duration",
    "pixels": "PixelCount",
    "fps": "Fps",
}
_ENDINGS = {"seconds": ("TooShort", "TooLong"), "fps": ("TooLow", "TooHigh")}
_SHOWN = dict(zip(RANGES, ("Width", "Height", "AspectRatio", "Seconds", "Pixels", "Fps"), strict=True))
ALWAYS_LOOKED_AT = frozenset({"Formats", "MaxBytes"})


class Findings(msgspec.Struct, frozen=True):
    """What is known of a file, whatever it is uploaded as; ``seen`` is None where nobody could look inside."""

    format: str
    asset_type: AssetType | None
    size: int
    seen: Seen | None = None


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """What a file is; None where its kind has no such property, or nobody could look."""

    format: str
    asset_type: AssetType | None
    size: int
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    fps: float | None = None
    has_audio: bool | None = None

    @property
    def pixels(self) -> int | None:
        return self.width * self.height if self.width and self.height else None

    @property
    def aspect_ratio(self) -> float | None:
        return self.width / self.height if self.width and self.height else None


class Report(msgspec.Struct, frozen=True):
    """What was found, every rule that is broken, and the rules nobody could look at."""

    media: Media
    problems: list[Problem]
    unchecked: list[str]


async def examine(looker: Looker, path: Path) -> Findings:
    """Find out what a file is.

    Raises:
        OSError: it cannot be read.

    """
    head, size = await asyncio.to_thread(_read_head, path)
    kind = find_kind(head)
    if kind is None:
        return Findings("", None, size)
    is_readable = kind.name in READABLE[kind.asset_type]
    return Findings(*kind, size, await looker.look(path, kind.name) if is_readable else None)


def judge(found: Findings, asset_type: AssetType, rules: TypeRules) -> Report:
    """Hold what a file is against every rule that there is for the asset type that it is uploaded as."""
    media = _media(found)
    is_of_type = found.asset_type == asset_type
    problems = [
        *_of_format(found, asset_type, rules),
        *_of_size(found.size, rules),
        *(find_broken_ranges(media, rules) if is_of_type else ()),
        *(_of_content(found.seen) if is_of_type else ()),
    ]
    order = {rule: number for number, rule in enumerate(RULES_IN_ORDER)}
    return Report(
        media,
        sorted(problems, key=lambda problem: order[problem.rule]),
        _unchecked(media, rules, found.seen, skipped=not is_of_type),
    )


def keep(found: Findings) -> str:
    """Return what is known of a file as text, to judge it later."""
    return msgspec.json.encode(found).decode()


def judge_kept(kept: str, asset_type: AssetType, own: MediaRules) -> Report:
    """Hold what was kept of a file against the rules of an account."""
    return judge(msgspec.json.decode(kept, type=Findings), asset_type, rules_for(asset_type, own))


def not_looked_at(size: int, asset_type: AssetType, own: MediaRules) -> Report:
    """Say of a file that it was uploaded before files were looked at, by an earlier version."""
    media, rules = Media(format="", asset_type=None, size=size), rules_for(asset_type, own)
    unchecked = _unchecked(media, rules, None, skipped=True)
    return Report(media, [*_of_size(size, rules)], ["Formats", *unchecked])


def _read_head(path: Path) -> tuple[bytes, int]:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES), path.stat().st_size


def _media(found: Findings) -> Media:
    seen = found.seen
    if seen is None:
        return Media(format=found.format, asset_type=found.asset_type, size=found.size)
    is_stream = found.asset_type != "Image" and seen.trouble != "unreadable"
    return Media(
        format=found.format,
        asset_type=found.asset_type,
        size=found.size,
        width=seen.width,
        height=seen.height,
        seconds=seen.seconds,
        fps=seen.fps,
        has_audio=seen.sounds > 0 if is_stream else None,
    )


def _of_format(found: Findings, asset_type: AssetType, rules: TypeRules) -> Iterator[Problem]:
    formats, seen = rules.formats or [], found.seen
    allowed = ", ".join(formats)
    is_film_as_sound = asset_type == "Audio" and found.format in READABLE["Video"]
    if found.asset_type is None or (seen is not None and seen.trouble == "unreadable"):
        yield problem("FormatUndetectable", "Formats", found=found.format, allowed=allowed)
    elif found.asset_type == asset_type:
        if found.format not in formats:
            yield problem("FormatUnsupported", "Formats", found=found.format, allowed=allowed)
        yield from _of_tracks(asset_type, seen)
    elif is_film_as_sound and seen is not None and not seen.sounds:
        yield problem("AudioTrackRequired", "Formats", found="", allowed="")
    elif is_film_as_sound and seen is not None and not seen.films:
        yield problem("FormatUnsupported", "Formats", found=found.format, allowed=allowed)
    else:
        yield problem("TypeMismatch", "Formats", found=found.asset_type, allowed=asset_type)


def _of_tracks(asset_type: AssetType, seen: Seen | None) -> Iterator[Problem]:
    """Look for the track without which a container of the right name is none of this type."""
    if seen is None or seen.trouble is not None:
        return
    if asset_type == "Video" and not seen.films:
        yield problem("TypeMismatch", "Formats", found="Audio", allowed=asset_type)
    if asset_type == "Audio" and not seen.sounds:
        yield problem("AudioTrackRequired", "Formats", found="", allowed="")
    if asset_type == "Audio" and seen.films:
        yield problem("TypeMismatch", "Formats", found="Video", allowed=asset_type)


def _of_size(size: int, rules: TypeRules) -> Iterator[Problem]:
    if rules.max_bytes and size > rules.max_bytes:
        yield problem("FileSizeTooLarge", "MaxBytes", found=str(size), allowed=f"at most {rules.max_bytes}")


def find_broken_ranges(media: Media, rules: TypeRules) -> Iterator[Problem]:
    """Yield a problem for each number of a file that is known and out of its range."""
    for name in RANGES:
        wanted: Range | msgspec.UnsetType = getattr(rules, name)
        value: float | None = getattr(media, name)
        if value is None or isinstance(wanted, msgspec.UnsetType):
            continue
        low, high = wanted
        too_low, too_high = value < low, value > high
        if rules.open_ends is True:
            too_low, too_high = too_low or value == low, too_high or value == high
        if too_low or too_high:
            ending = _ENDINGS.get(name, ("TooSmall", "TooLarge"))[too_high]
            allowed = (
                f"more than {low:.10g} and less than {high:.10g}"
                if rules.open_ends is True
                else f"{low:.10g} to {high:.10g}"
            )
            yield problem(f"{_CODES[name]}{ending}", _SHOWN[name], found=f"{value:.10g}", allowed=allowed)


def _of_content(seen: Seen | None) -> Iterator[Problem]:
    if seen is not None and seen.trouble == "undecodable":
        yield problem("TranscodingFailed", "Decodes", found="it is damaged", allowed="")
    if seen is not None and seen.trouble == "too much":
        yield problem("TranscodingFailed", "Decodes", found="it takes too much time or memory", allowed="")


def _unchecked(media: Media, rules: TypeRules, seen: Seen | None, *, skipped: bool) -> list[str]:
    """Return the rules of which nobody knows whether they are kept."""
    decided = set(ALWAYS_LOOKED_AT)
    if not skipped:
        decided |= {_SHOWN[name] for name in RANGES if getattr(media, name) is not None}
    if seen is not None and (seen.decodes or seen.trouble is not None):
        decided.add("Decodes")
    there_are = {_SHOWN[name] for name in RANGES if not isinstance(getattr(rules, name), msgspec.UnsetType)}
    return [rule for rule in RULES_IN_ORDER if rule in there_are | {"Decodes"} and rule not in decided]
