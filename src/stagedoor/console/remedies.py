"""What to change when an asset has failed: one sentence for each code that is known. The set is open."""

from collections.abc import Mapping

_PICTURE = "Take a picture of 300 to 6000 pixels each way, between 2:5 and 5:2."
_LENGTH = "Cut it to between 2 and 30 seconds."
_RATE = "Export it with 24 to 60 frames a second."
_PIXELS = "Scale it to between 640×640 and 4K."
_CONTENT = "The asset library's moderation refuses what it shows or says. Choose other material; appeal to the library's support."

REMEDIES: Mapping[str, str] = {
    "DownloadFailed": "The library could not load the file. Make sure its address is public, and good for at least an hour.",
    "TypeMismatch": "The file is not what AssetType says. Upload it as what it is.",
    "FormatUnsupported": "Convert it: JPEG or PNG for pictures, MP4 for videos, MP3 or WAV for recordings.",
    "FormatUndetectable": "The file is damaged or is none. Export it anew.",
    "DurationTooShort": _LENGTH,
    "DurationTooLong": _LENGTH,
    "WidthTooSmall": _PICTURE,
    "WidthTooLarge": _PICTURE,
    "HeightTooSmall": _PICTURE,
    "HeightTooLarge": _PICTURE,
    "AspectRatioTooSmall": _PICTURE,
    "AspectRatioTooLarge": _PICTURE,
    "FileSizeTooLarge": "Compress it more, or make it shorter.",
    "PixelCountTooSmall": _PIXELS,
    "PixelCountTooLarge": _PIXELS,
    "FpsTooLow": _RATE,
    "FpsTooHigh": _RATE,
    "AudioTrackRequired": "Export it with a sound track.",
    "AudioTrackForbidden": "Export it without a sound track.",
    "FaceMismatch": "This is not the face of the person who passed the check. Upload that person, alone, from the front and in good light.",
    "TranscodingFailed": "The library could not convert it. Export it anew in a common format.",
    "ModerationServiceErrorUploadFailed": "The library's moderation was away. Upload it once more.",
    "InternalError": "The library failed by itself. Upload it once more.",
    "ContentRestricted": _CONTENT,
}
_SENSITIVE = ("SensitiveContentDetected", "PolicyViolation")
_UNKNOWN = "This code is not known here. Ask the asset library's support what it means."


def remedy_of(code: str) -> str:
    """Return what to change when an asset has failed with a code."""
    return REMEDIES.get(code) or (_CONTENT if any(part in code for part in _SENSITIVE) else _UNKNOWN)


SENTENCES = frozenset({*REMEDIES.values(), _UNKNOWN})
"""All there are, for whoever translates them."""
