"""The file formats that are known by their first bytes: those Ark takes, and those people send by mistake."""

import re
from pathlib import Path
from typing import Literal

import msgspec

# Enough for every signature below; the farthest looks one MPEG transport packet (188 bytes) ahead.
HEAD_BYTES = 512

Kind = Literal["Image", "Video", "Audio"]


class Format(msgspec.Struct, frozen=True):
    """A file format; one without a reader is recognised, but not supported.

    Args:
        kind: the AssetType such a file is uploaded as.
        signature: matches the beginning of the file.
        reader: what Pillow (images) or FFmpeg (the others) calls it.
        content_type: its media type.
        extension: the usual file name ending, with its dot.

    """

    kind: Kind
    signature: re.Pattern[bytes]
    reader: str = ""
    content_type: str = ""
    extension: str = ""


def _format(kind: Kind, signature: bytes, reader: str = "", content_type: str = "", extension: str = "") -> Format:
    return Format(kind, re.compile(signature, re.DOTALL), reader, content_type, extension)


# The order matters where one signature is a special case of a later one.
FORMATS = (
    _format("Image", rb"\xff\xd8\xff", "JPEG", "image/jpeg", ".jpg"),
    _format("Image", rb"\x89PNG\r\n\x1a\n", "PNG", "image/png", ".png"),
    _format("Image", rb"RIFF.{4}WEBP", "WEBP", "image/webp", ".webp"),
    _format("Image", rb"GIF8[79]a", "GIF", "image/gif", ".gif"),
    _format("Image", rb"II[*+]\0|MM\0[*+]", "TIFF", "image/tiff", ".tiff"),
    # "BM" alone is too little; the size of the second header has one of a few values.
    _format("Image", rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", "BMP", "image/bmp", ".bmp"),
    # AVIF (also behind the neutral brand mif1), JPEG XL, JPEG 2000, Photoshop, icon, SVG
    _format("Image", rb".{4}ftyp(?:avi[fs]|(?:mif1|msf1).{4}(?:.{4}){0,10}avi[fs])"),
    _format("Image", rb".{4}ftyphe(?:ic|ix|im|is|vc|vx|vm|vs)", "HEIF", "image/heic", ".heic"),
    _format("Image", rb".{4}ftyp(?:mif1|msf1)", "HEIF", "image/heif", ".heif"),
    _format("Image", rb"\xff\x0a|\0\0\0\x0c(?:JXL |jP  )|8BPS|\0\0\x01\0"),
    _format("Image", rb"(?:\xef\xbb\xbf)?\s*(?:<[?!].{0,400})?<svg[\s>]"),
    # audio in an MPEG-4 container, Ogg, FLAC, AIFF, AMR, bare AAC
    _format("Audio", rb".{4}ftypM4[ABP] |OggS|fLaC|FORM.{4}AIF[CF]|#!AMR|\xff[\xf0\xf1\xf8\xf9]"),
    _format("Audio", rb"RIFF.{4}WAVE", "wav", "audio/wav", ".wav"),
    _format("Audio", rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]", "mp3", "audio/mpeg", ".mp3"),
    # 3GPP, AVI, Matroska and WebM, Flash, MPEG programme and transport streams, Windows Media
    _format("Video", rb".{4}ftyp3g|RIFF.{4}AVI |\x1aE\xdf\xa3|FLV\x01|\0\0\x01\xba|G.{187}G|0&\xb2u\x8ef\xcf\x11"),
    _format("Video", rb".{4}(?:ftypqt  |moov|mdat|wide|free|skip|pnot)", "mov", "video/quicktime", ".mov"),
    _format("Video", rb".{4}ftyp", "mov", "video/mp4", ".mp4"),
)


def find_format(path: Path) -> Format | None:
    """Recognise the file by its first bytes; its name and the sender's Content-Type play no part."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return next((known for known in FORMATS if known.signature.match(head)), None)
