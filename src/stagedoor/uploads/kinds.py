"""What a file is called and what kind of file it is said to be: hints of the caller's, which nothing here trusts."""

import mimetypes
import re
import unicodedata

from stagedoor.contract.fields import AssetType
from stagedoor.errors import InvalidParameter

LONGEST_NAME = 255
UNKNOWN = "application/octet-stream"
_CONTENT_TYPE = re.compile(r"[a-z]{1,32}/[a-z0-9][a-z0-9.+-]{0,95}")
_BY_FAMILY: dict[str, AssetType] = {"image": "Image", "video": "Video", "audio": "Audio"}
_NOT_KNOWN_EVERYWHERE = {".heic": "image/heic", ".heif": "image/heif", ".webp": "image/webp"}


def clean_name(given: str) -> str:
    """Return what a file is called, without the folders some programs send, and without characters that do not show."""
    last = re.split(r"[/\\]", given)[-1]
    shown = "".join(one for one in last if unicodedata.category(one)[0] != "C" and one not in "\u2028\u2029")
    return shown.strip()[:LONGEST_NAME]


def clean_content_type(given: str, name: str) -> str:
    """Return the content type that was said, or else the one that the name's ending says."""
    said = given.partition(";")[0].strip().lower()
    if said and said != UNKNOWN and _CONTENT_TYPE.fullmatch(said):
        return said
    ending = f".{name.rpartition('.')[2].lower()}" if "." in name else ""
    return _NOT_KNOWN_EVERYWHERE.get(ending) or mimetypes.types_map.get(ending, UNKNOWN)


def read_asset_type(given: str, content_type: str) -> AssetType | None:
    """Return the asset type that was said, or else the one of the content type.

    Raises:
        InvalidParameter: there is no such asset type.

    """
    if not given:
        return _BY_FAMILY.get(content_type.partition("/")[0])
    for asset_type in _BY_FAMILY.values():
        if given == asset_type:
            return asset_type
    raise InvalidParameter("The AssetType must be Image, Video or Audio.", field="AssetType")


def is_media(content_type: str) -> bool:
    """Tell whether a browser that is given this content type at most shows or plays it."""
    return content_type.partition("/")[0] in _BY_FAMILY and content_type != "image/svg+xml"
