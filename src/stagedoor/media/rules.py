"""What a file of each asset type may be: the documented limits as data, and what a channel says instead (official-api.md §3)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from stagedoor.contract.fields import AssetType
from stagedoor.errors import InvalidParameter

MB = 1024 * 1024
READABLE: Mapping[AssetType, tuple[str, ...]] = {
    "Image": ("jpeg", "png", "webp", "bmp", "tiff", "gif", "heic", "heif"),
    "Video": ("mp4", "mov"),
    "Audio": ("wav", "mp3"),
}
"""The formats that can be looked into, and those that are taken by default."""
RANGES = ("width", "height", "aspect_ratio", "seconds", "pixels", "fps")
"""The rules that are a range of numbers, in the order in which the asset library looks at them."""

Number = Annotated[float, Meta(gt=0, le=1e12)]
Range = tuple[Number, Number]


class TypeRules(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", forbid_unknown_fields=True):
    """Rules for one asset type; a channel says only those that differ."""

    formats: Annotated[list[str], Meta(min_length=1, max_length=16)] | UnsetType = UNSET
    max_bytes: Annotated[int, Meta(ge=1, le=10**12)] | UnsetType = UNSET
    width: Range | UnsetType = UNSET
    height: Range | UnsetType = UNSET
    aspect_ratio: Range | UnsetType = UNSET
    seconds: Range | UnsetType = UNSET
    pixels: Range | UnsetType = UNSET
    fps: Range | UnsetType = UNSET
    open_ends: bool | UnsetType = UNSET


class MediaRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules for each asset type."""

    Image: TypeRules | UnsetType = UNSET
    Video: TypeRules | UnsetType = UNSET
    Audio: TypeRules | UnsetType = UNSET


_SIDE, _RATIO = (300.0, 6000.0), (0.4, 2.5)
# The documented 2 to 30 seconds with the tolerance that the library's own messages show.
_SECONDS = (1.8, 30.2)

DOCUMENTED: Mapping[AssetType, TypeRules] = MappingProxyType(
    {
        "Image": TypeRules(
            formats=[*READABLE["Image"]],
            max_bytes=30 * MB - 1,
            width=_SIDE,
            height=_SIDE,
            aspect_ratio=_RATIO,
            open_ends=True,
        ),
        "Video": TypeRules(
            formats=[*READABLE["Video"]],
            max_bytes=200 * MB,
            width=_SIDE,
            height=_SIDE,
            aspect_ratio=_RATIO,
            seconds=_SECONDS,
            pixels=(407_696.0, 8_295_044.0),
            fps=(24.0, 60.0),
            open_ends=False,
        ),
        "Audio": TypeRules(formats=[*READABLE["Audio"]], max_bytes=15 * MB, seconds=_SECONDS, open_ends=False),
    }
)


def rules_for(asset_type: AssetType, own: MediaRules) -> TypeRules:
    """Return the rules for an asset type: the documented ones, and what a channel's own say instead."""
    mine = getattr(own, asset_type)
    return DOCUMENTED[asset_type] if mine is UNSET else msgspec.structs.replace(DOCUMENTED[asset_type], **_said(mine))


def check_rules(own: MediaRules) -> None:
    """Refuse rules that cannot be kept.

    Raises:
        InvalidParameter: a range has no room, a format cannot be read, or an asset type has no such property.

    """
    for asset_type, documented in DOCUMENTED.items():
        mine: TypeRules | UnsetType = getattr(own, asset_type)
        if mine is UNSET:
            continue
        for name in _said(mine):
            if getattr(documented, name) is UNSET:
                raise InvalidParameter(f"There is no rule {asset_type}.{_shown(name)}.", field="MediaRules")
        for name in RANGES:
            ends: Range | UnsetType = getattr(mine, name)
            if ends is not UNSET and ends[0] > ends[1]:
                raise InvalidParameter(
                    f"{asset_type}.{_shown(name)} must be two numbers, the lower one first.", field="MediaRules"
                )
        if mine.formats is not UNSET and (unknown := set(mine.formats) - set(READABLE[asset_type])):
            known = ", ".join(READABLE[asset_type])
            raise InvalidParameter(
                f"{asset_type}.Formats can have {known}, but not {', '.join(sorted(unknown))}.", field="MediaRules"
            )


def _said(rules: TypeRules) -> dict[str, object]:
    return {name: value for name in rules.__struct_fields__ if (value := getattr(rules, name)) is not UNSET}


def _shown(name: str) -> str:
    return dict(zip(TypeRules.__struct_fields__, TypeRules.__struct_encode_fields__, strict=True))[name]
