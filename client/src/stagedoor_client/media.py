"""What the check of a file says: what the file is, and every rule that it breaks."""

import mimetypes
from dataclasses import dataclass
from pathlib import PurePath

from stagedoor_client.reading import Result, decimal, each, flag, nested, number, string, strings

_BY_FAMILY = {"image": "Image", "video": "Video", "audio": "Audio"}
_NOT_KNOWN_EVERYWHERE = {".heic": "Image", ".heif": "Image", ".webp": "Image"}


@dataclass(frozen=True, kw_only=True)
class BrokenRule(Result):
    """A rule that a file breaks, with what to change; ``code`` is the asset library's."""

    code: str = string("Code")
    rule: str = string("Rule")
    found: str = string("Found")
    allowed: str = string("Allowed")
    message: str = string("Message")
    message_zh: str = string("MessageZh")


@dataclass(frozen=True, kw_only=True)
class Media(Result):
    """What a file is, as far as anybody could look."""

    format: str = string("Format")
    asset_type: str = string("AssetType")
    size: int = number("Size", 0)
    width: int | None = number("Width")
    height: int | None = number("Height")
    seconds: float | None = decimal("Seconds")
    fps: float | None = decimal("Fps")
    has_audio: bool = flag("HasAudio")


@dataclass(frozen=True, kw_only=True)
class MediaReport(Result):
    """What is wrong with a file; ``unchecked`` names the rules of which nobody knows."""

    problems: tuple[BrokenRule, ...] = each("Problems", BrokenRule)
    media: Media | None = nested("Media", Media)
    unchecked: tuple[str, ...] = strings("Unchecked")


def guess_asset_type(name: str) -> str:
    """Return what a file is by its name.

    Raises:
        ValueError: its name does not say.

    """
    ending = PurePath(name).suffix.lower()
    family = (mimetypes.types_map.get(ending) or "").partition("/")[0]
    guessed = _NOT_KNOWN_EVERYWHERE.get(ending) or _BY_FAMILY.get(family)
    if guessed is None:
        raise ValueError(f"The name {name!r} does not say whether it is an Image, a Video or Audio: say asset_type.")
    return guessed
