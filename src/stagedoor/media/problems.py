"""What is said of a broken rule: the code that the asset library has for it, and a sentence that says what to change."""

from collections.abc import Mapping

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A rule that a file breaks."""

    code: str
    rule: str
    found: str
    allowed: str
    message: str
    message_zh: str


# In each: what was found, and what is allowed.
_SENTENCES: Mapping[str, tuple[str, str]] = {
    "FormatUndetectable": (
        "This is no file of a known format, or it is damaged. Send one of: {allowed}.",
        "无法识别文件格式，或文件已损坏。请发送以下格式之一：{allowed}。",
    ),
    "FormatUnsupported": (
        "The format {found} is not taken. Save the file as one of: {allowed}.",
        "不支持 {found} 格式。请另存为以下格式之一：{allowed}。",
    ),
    "TypeMismatch": (
        "The file is {found}, but the AssetType says {allowed}. Name the right AssetType, or send another file.",
        "文件是 {found}，而 AssetType 是 {allowed}。请填写正确的 AssetType，或换一个文件。",
    ),
    "FileSizeTooLarge": (
        "The file has {found} bytes; {allowed} are allowed. Compress it.",
        "文件大小为 {found} 字节，允许 {allowed} 字节。请压缩文件。",
    ),
    "WidthTooSmall": (
        "The width is {found} pixels; it must be {allowed}. Take a larger picture.",
        "宽度为 {found} 像素，允许范围：{allowed}。请使用更大的画面。",
    ),
    "WidthTooLarge": (
        "The width is {found} pixels; it must be {allowed}. Make the picture smaller.",
        "宽度为 {found} 像素，允许范围：{allowed}。请缩小画面。",
    ),
    "HeightTooSmall": (
        "The height is {found} pixels; it must be {allowed}. Take a larger picture.",
        "高度为 {found} 像素，允许范围：{allowed}。请使用更大的画面。",
    ),
    "HeightTooLarge": (
        "The height is {found} pixels; it must be {allowed}. Make the picture smaller.",
        "高度为 {found} 像素，允许范围：{allowed}。请缩小画面。",
    ),
    "AspectRatioTooSmall": (
        "Width divided by height is {found}; it must be {allowed}. Crop the picture: it is too tall.",
        "宽高比为 {found}，允许范围：{allowed}。画面过高，请裁剪。",
    ),
    "AspectRatioTooLarge": (
        "Width divided by height is {found}; it must be {allowed}. Crop the picture: it is too wide.",
        "宽高比为 {found}，允许范围：{allowed}。画面过宽，请裁剪。",
    ),
    "DurationTooShort": (
        "It lasts {found} seconds; it must last {allowed}. Send a longer piece.",
        "时长为 {found} 秒，允许范围：{allowed}。请使用更长的片段。",
    ),
    "DurationTooLong": (
        "It lasts {found} seconds; it must last {allowed}. Cut it.",
        "时长为 {found} 秒，允许范围：{allowed}。请剪短。",
    ),
    "PixelCountTooSmall": (
        "A picture of the video has {found} pixels; it must have {allowed}. Export it at a higher resolution.",
        "视频画面为 {found} 像素，允许范围：{allowed}。请以更高分辨率导出。",
    ),
    "PixelCountTooLarge": (
        "A picture of the video has {found} pixels; it must have {allowed}. Export it at a lower resolution.",
        "视频画面为 {found} 像素，允许范围：{allowed}。请以更低分辨率导出。",
    ),
    "FpsTooLow": (
        "The video has {found} frames a second; it must have {allowed}. Export it with a higher frame rate.",
        "帧率为每秒 {found} 帧，允许范围：{allowed}。请以更高帧率导出。",
    ),
    "FpsTooHigh": (
        "The video has {found} frames a second; it must have {allowed}. Export it with a lower frame rate.",
        "帧率为每秒 {found} 帧，允许范围：{allowed}。请以更低帧率导出。",
    ),
    "AudioTrackRequired": (
        "The file has no sound. Send a recording.",
        "文件没有声音。请发送录音。",
    ),
    "TranscodingFailed": (
        "The content cannot be decoded: {found}. Export the file anew.",
        "内容无法解码：{found}。请重新导出文件。",
    ),
}
CODES = tuple(_SENTENCES)
RULES_IN_ORDER = ("Formats", "MaxBytes", "Width", "Height", "AspectRatio", "Seconds", "Pixels", "Fps", "Decodes")
"""What a file is held against, in the order in which problems are listed."""


def problem(code: str, rule: str, *, found: str, allowed: str) -> Problem:
    """Return what is said of a broken rule."""
    english, chinese = _SENTENCES[code]
    return Problem(
        code=code,
        rule=rule,
        found=found,
        allowed=allowed,
        message=english.format(found=found, allowed=allowed),
        message_zh=chinese.format(found=_IN_CHINESE.get(found, found), allowed=_in_chinese(allowed)),
    )


_IN_CHINESE: Mapping[str, str] = {
    "it is damaged": "内容已损坏",
    "it takes too much time or memory": "解码所需时间或内存过多",
}


def _in_chinese(allowed: str) -> str:
    for english, chinese in (
        ("more than ", "大于 "),
        (" and less than ", " 且小于 "),
        (" to ", " 至 "),
        ("at most ", "最多 "),
    ):
        allowed = allowed.replace(english, chinese)
    return allowed
