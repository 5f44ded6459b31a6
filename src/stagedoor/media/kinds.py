"""What a file is by its first bytes. Its name, and what its sender calls it, play no part."""

from typing import NamedTuple

from stagedoor.contract.fields import AssetType

HEAD_BYTES = 512
"""As many as any signature here needs; an MPEG transport stream shows itself by its second packet, 188 bytes on."""
_BRANDS_FROM, _BRAND = 16, 4


class Kind(NamedTuple):
    """What a file is called, and the asset type such files are uploaded as."""

    name: str
    asset_type: AssetType


# Where a beginning is a special case of another, it stands before it.
_BEGINNINGS = (
    (b"\xff\xd8\xff", Kind("jpeg", "Image")),
    (b"\x89PNG\r\n\x1a\n", Kind("png", "Image")),
    (b"GIF87a", Kind("gif", "Image")),
    (b"GIF89a", Kind("gif", "Image")),
    (b"II*\0", Kind("tiff", "Image")),
    (b"II+\0", Kind("tiff", "Image")),
    (b"MM\0*", Kind("tiff", "Image")),
    (b"MM\0+", Kind("tiff", "Image")),
    (b"\xff\x0a", Kind("jxl", "Image")),
    (b"\0\0\0\x0cJXL ", Kind("jxl", "Image")),
    (b"\0\0\0\x0cjP  ", Kind("jp2", "Image")),
    (b"8BPS", Kind("psd", "Image")),
    (b"\0\0\x01\0", Kind("ico", "Image")),
    (b"OggS", Kind("ogg", "Audio")),
    (b"fLaC", Kind("flac", "Audio")),
    (b"#!AMR", Kind("amr", "Audio")),
    (b"ID3", Kind("mp3", "Audio")),
    (b"\x1aE\xdf\xa3", Kind("matroska", "Video")),
    (b"FLV\x01", Kind("flv", "Video")),
    (b"\0\0\x01\xba", Kind("mpeg", "Video")),
    (b"0&\xb2u\x8ef\xcf\x11", Kind("asf", "Video")),
)
_RIFF = {b"WEBP": Kind("webp", "Image"), b"WAVE": Kind("wav", "Audio"), b"AVI ": Kind("avi", "Video")}
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_AVIF, _HEIF = frozenset({b"avif", b"avis"}), frozenset({b"mif1", b"msf1"})
_M4A = frozenset({b"M4A ", b"M4B ", b"M4P "})
_QUICKTIME_ATOMS = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_BMP_HEADERS = frozenset({12, 40, 52, 56, 64, 108, 124})
_MPEG_AUDIO, _AAC = frozenset(b"\xe2\xe3\xf2\xf3\xfa\xfb"), frozenset(b"\xf0\xf1\xf8\xf9")


def find_kind(head: bytes) -> Kind | None:
    """Recognise a file by its beginning: what the asset library takes, and what people send by mistake."""
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _of_brand(head)
    if head[4:8] in _QUICKTIME_ATOMS:
        return Kind("mov", "Video")
    return _of_bits(head) or _of_text(head)


def _of_brand(head: bytes) -> Kind:
    """Tell the members of the ISO media family apart by the brand they name first."""
    brand = head[8:12]
    if brand in _HEIC:
        return Kind("heic", "Image")
    if brand in _AVIF | _HEIF:
        end = min(int.from_bytes(head[:4]), len(head))
        others = {head[at : at + _BRAND] for at in range(_BRANDS_FROM, end, _BRAND)}
        return Kind("heif", "Image") if brand in _HEIF and not others & _AVIF else Kind("avif", "Image")
    if brand in _M4A:
        return Kind("m4a", "Audio")
    if brand.startswith(b"3g"):
        return Kind("3gp", "Video")
    return Kind("mov", "Video") if brand == b"qt  " else Kind("mp4", "Video")


def _of_bits(head: bytes) -> Kind | None:
    """Recognise what begins with so few fixed bits that more has to fit."""
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return Kind("bmp", "Image")
    if head.startswith(b"FORM") and head[8:12] in {b"AIFF", b"AIFC"}:
        return Kind("aiff", "Audio")
    if head.startswith(b"\xff") and len(head) > 1:
        if head[1] in _MPEG_AUDIO:
            return Kind("mp3", "Audio")
        if head[1] in _AAC:
            return Kind("aac", "Audio")
    if head.startswith(b"G") and head[188:189] == b"G":
        return Kind("mpegts", "Video")
    return None


def _of_text(head: bytes) -> Kind | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return (
        Kind("svg", "Image")
        if text.startswith(b"<svg") or (text.startswith((b"<?", b"<!")) and b"<svg" in text)
        else None
    )
