import os
import struct
import zlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import BinaryIO, Protocol

import pytest

from stagedoor.emulator.media import NEWEST, OLDER, Facts, Limits, Problem, inspect
from stagedoor.emulator.media.limits import CHECKS
from tests.support import media

image = cache(media.image)
video = cache(media.video)
audio = cache(media.audio)


class Look(Protocol):
    def __call__(self, content: bytes, asset_type: str, limits: Mapping[str, Limits] = NEWEST) -> Facts | Problem: ...


@pytest.fixture
def look(tmp_path: Path) -> Look:
    def look(content: bytes, asset_type: str, limits: Mapping[str, Limits] = NEWEST) -> Facts | Problem:
        path = tmp_path / "upload"
        path.write_bytes(content)
        return inspect(path, asset_type, limits=limits)

    return look


def code_of(seen: Facts | Problem) -> str | None:
    return seen.code if isinstance(seen, Problem) else None


def outcome(seen: Facts | Problem) -> tuple[str | None, bool | None]:
    """Return the code of a refusal and whether it is synchronous, nothing twice for a file that is accepted."""
    return (seen.code, seen.synchronous) if isinstance(seen, Problem) else (None, None)


@pytest.mark.parametrize(
    ("format_name", "content_type", "extension"),
    [
        ("jpeg", "image/jpeg", ".jpg"),
        ("png", "image/png", ".png"),
        ("webp", "image/webp", ".webp"),
        ("bmp", "image/bmp", ".bmp"),
        ("tiff", "image/tiff", ".tiff"),
        ("gif", "image/gif", ".gif"),
        ("heic", "image/heic", ".heic"),
    ],
)
def test_every_documented_image_format_is_accepted(
    look: Look, format_name: str, content_type: str, extension: str
) -> None:
    content = image(format_name, 400, 600)
    assert look(content, "Image") == Facts(
        content_type=content_type, extension=extension, size=len(content), width=400, height=600
    )


@pytest.mark.parametrize(("container", "content_type"), [("mp4", "video/mp4"), ("mov", "video/quicktime")])
@pytest.mark.parametrize("sound", [False, True])
def test_every_documented_video_format_is_accepted_with_and_without_sound(
    look: Look, container: str, content_type: str, sound: bool
) -> None:
    content = video(container, 720, 1280, 3, 25, audio=sound)
    assert look(content, "Video") == Facts(
        content_type=content_type,
        extension=f".{container}",
        size=len(content),
        width=720,
        height=1280,
        duration=timedelta(seconds=3),
        fps=25.0,
        has_audio=sound,
    )


@pytest.mark.parametrize(("container", "content_type"), [("wav", "audio/wav"), ("mp3", "audio/mpeg")])
def test_every_documented_audio_format_is_accepted(look: Look, container: str, content_type: str) -> None:
    content = audio(container, 3)
    assert look(content, "Audio") == Facts(
        content_type=content_type,
        extension=f".{container}",
        size=len(content),
        duration=timedelta(seconds=3),
        has_audio=True,
    )


@pytest.mark.parametrize(
    ("make", "asset_type"),
    [
        (partial(image, "avif", 400, 600), "Image"),
        (partial(image, "ico", 256, 256), "Image"),
        (partial(image, "jpeg2000", 400, 600), "Image"),
        (lambda: b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "Image"),
        (partial(video, "webm", 320, 320, 2, 24), "Video"),
        (partial(video, "matroska", 640, 640, 2, 24), "Video"),
        (partial(video, "avi", 640, 640, 2, 24), "Video"),
        (partial(video, "3gp", 640, 640, 2, 24), "Video"),
        (partial(audio, "flac", 3), "Audio"),
        (partial(audio, "ogg", 3), "Audio"),
        (partial(audio, "mp4", 3), "Audio"),
    ],
)
def test_a_format_of_the_right_kind_that_is_not_on_the_list_is_unsupported(
    look: Look, make: Callable[[], bytes], asset_type: str
) -> None:
    assert code_of(look(make(), asset_type)) == "FormatUnsupported"


@pytest.mark.parametrize(
    ("make", "asset_type"),
    [
        (partial(video, "mp4", 640, 640, 2, 24), "Image"),
        (partial(audio, "wav", 3), "Image"),
        (partial(audio, "mp3", 3), "Image"),
        (partial(image, "jpeg", 400, 600), "Video"),
        (partial(image, "heic", 400, 600), "Video"),
        (partial(audio, "mp3", 3), "Video"),
        (partial(audio, "mp4", 3), "Video"),
        (partial(image, "png", 400, 600), "Audio"),
        (partial(image, "avif", 400, 600), "Audio"),
        (partial(video, "mp4", 640, 640, 2, 24, audio=True), "Audio"),
    ],
)
def test_a_file_of_another_kind_than_declared_is_a_mismatch(
    look: Look, make: Callable[[], bytes], asset_type: str
) -> None:
    assert code_of(look(make(), asset_type)) == "TypeMismatch"


@pytest.mark.parametrize("container", ["mp4", "mov"])
def test_a_silent_film_sent_as_audio_lacks_the_audio_track(look: Look, container: str) -> None:
    assert code_of(look(video(container, 640, 640, 2, 24), "Audio")) == "AudioTrackRequired"


@pytest.mark.parametrize("asset_type", ["Image", "Video", "Audio"])
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 4096, b"<!doctype html><p>Not found", b"#EXTM3U\nhttp://127.0.0.1/a.ts\n"]
)
def test_bytes_of_no_known_format_are_undetectable(look: Look, content: bytes, asset_type: str) -> None:
    assert code_of(look(content, asset_type)) == "FormatUndetectable"


@pytest.mark.parametrize(
    ("content", "asset_type"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"junk" * 50, "Image"),
        (b"\0\0\0\x18ftypisom" + b"junk" * 50, "Video"),
        (b"RIFF\xff\0\0\0WAVE" + b"junk" * 50, "Audio"),
    ],
)
def test_a_good_beginning_before_an_unreadable_header_is_undetectable(
    look: Look, content: bytes, asset_type: str
) -> None:
    assert code_of(look(content, asset_type)) == "FormatUndetectable"


IMAGE_EDGES = [
    (301, 301, None),
    (300, 301, "WidthTooSmall"),
    (301, 300, "HeightTooSmall"),
    (5999, 2400, None),
    (6000, 2401, "WidthTooLarge"),
    (2400, 5999, None),
    (2401, 6000, "HeightTooLarge"),
    (400, 1000, "AspectRatioTooSmall"),
    (401, 1000, None),
    (1000, 400, "AspectRatioTooLarge"),
    (1000, 401, None),
]


@pytest.mark.parametrize(("width", "height", "code"), IMAGE_EDGES)
def test_the_ends_of_the_image_limits_are_outside(look: Look, width: int, height: int, code: str | None) -> None:
    assert outcome(look(image("gif", width, height), "Image")) == (code, True if code else None)


VIDEO_EDGES = [
    # width, height, seconds, fps, code, answered synchronously
    (300, 750, 2, 24, "PixelCountTooSmall", False),
    (298, 700, 2, 24, "WidthTooSmall", True),
    (700, 298, 2, 24, "HeightTooSmall", True),
    (6000, 2400, 2, 24, "PixelCountTooLarge", False),
    (6002, 2402, 2, 24, "WidthTooLarge", True),
    (2402, 6002, 2, 24, "HeightTooLarge", True),
    (600, 1500, 2, 24, None, None),
    (600, 1502, 2, 24, "AspectRatioTooSmall", True),
    (1500, 600, 2, 24, None, None),
    (1502, 600, 2, 24, "AspectRatioTooLarge", True),
    (664, 614, 2, 24, None, None),
    (662, 614, 2, 24, "PixelCountTooSmall", False),
    (2494, 3326, 2, 24, None, None),
    (2496, 3326, 2, 24, "PixelCountTooLarge", False),
    (640, 640, 1.8, 25, None, None),
    (640, 640, 1.76, 25, "DurationTooShort", True),
    (640, 640, 30.2, 25, None, None),
    (640, 640, 30.24, 25, "DurationTooLong", True),
    (640, 640, 2, 23.976, "FpsTooLow", False),
    (640, 640, 2, 60, None, None),
    (640, 640, 2, 61, "FpsTooHigh", False),
]


@pytest.mark.parametrize(("width", "height", "seconds", "fps", "code", "synchronous"), VIDEO_EDGES)
def test_the_ends_of_the_video_limits_are_inside(
    look: Look, width: int, height: int, seconds: float, fps: float, code: str | None, synchronous: bool | None
) -> None:
    assert outcome(look(video("mp4", width, height, seconds, fps), "Video")) == (code, synchronous)


def test_the_duration_of_a_fragmented_film_is_found(look: Look) -> None:
    content = media.video("mp4", 640, 640, 3, 24, options={"movflags": "frag_keyframe+empty_moov"})
    seen = look(content, "Video")
    assert isinstance(seen, Facts)
    assert seen.duration == timedelta(seconds=3)


AUDIO_EDGES = [(1.8, None), (1.79, "DurationTooShort"), (30.2, None), (30.21, "DurationTooLong")]


@pytest.mark.parametrize(("seconds", "code"), AUDIO_EDGES)
def test_audio_has_the_documented_two_to_thirty_seconds_and_two_tenths_more(
    look: Look, seconds: float, code: str | None
) -> None:
    assert outcome(look(audio("wav", seconds), "Audio")) == (code, True if code else None)


def test_the_cover_picture_of_a_song_does_not_make_it_a_film(look: Look) -> None:
    cover = b"\0image/png\0\x03\0" + image("png", 32, 32)
    frame = b"APIC" + struct.pack(">IH", len(cover), 0) + cover
    length = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    seen = look(b"ID3\x03\0\0" + length + frame + audio("mp3", 3), "Audio")
    assert isinstance(seen, Facts)
    assert (seen.content_type, seen.width) == ("audio/mpeg", None)


def test_a_sound_file_without_a_single_sample_is_too_short(look: Look) -> None:
    sample_format = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    content = b"WAVE" + sample_format + b"data" + bytes(4)
    riff = b"RIFF" + struct.pack("<I", len(content)) + content
    assert code_of(look(riff, "Audio")) == "DurationTooShort"


@pytest.mark.parametrize(
    ("make", "asset_type", "most"),
    [
        (partial(image, "jpeg", 400, 600), "Image", 30 * 1024 * 1024 - 1),
        (partial(video, "mp4", 640, 640, 2, 24), "Video", 200 * 1024 * 1024),
        (partial(audio, "wav", 3), "Audio", 15 * 1024 * 1024),
    ],
)
def test_a_file_may_have_the_most_bytes_and_not_one_more(
    tmp_path: Path, make: Callable[[], bytes], asset_type: str, most: int
) -> None:
    path = tmp_path / "upload"
    path.write_bytes(make())
    with path.open("r+b") as file:
        pad(file, most)
    assert code_of(inspect(path, asset_type)) is None
    os.truncate(path, most + 1)
    assert outcome(inspect(path, asset_type)) == ("FileSizeTooLarge", False)


def pad(file: BinaryIO, size: int) -> None:
    """Make a file longer with a hole; in front of it stands the header of a RIFF chunk that spans the hole.

    Without that header the wav reader would take each eight zeros for an empty chunk, which needs seconds.
    """
    start = file.seek(0, os.SEEK_END)
    file.write(b"JUNK" + struct.pack("<I", size - start - 8))
    file.truncate(size)


def bomb(side: int) -> bytes:
    """Make a PNG of a few bytes whose header promises a square of this many pixels a side."""
    header = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = (
        struct.pack(">I", len(each) - 4) + each + struct.pack(">I", zlib.crc32(each)) for each in (header, b"IDAT")
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("side", [10_000, 20_000, 60_000])
def test_a_decompression_bomb_is_refused_by_its_header(look: Look, side: int) -> None:
    assert outcome(look(bomb(side), "Image")) == ("PixelCountTooLarge", False)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_that_pillow_would_only_warn_of_is_refused_too(look: Look) -> None:
    assert outcome(look(bomb(10_000), "Image")) == ("PixelCountTooLarge", False)


@pytest.mark.parametrize("format_name", ["jpeg", "png", "webp", "bmp", "tiff", "heic"])
def test_a_picture_that_ends_too_early_fails_to_decode(look: Look, format_name: str) -> None:
    content = image(format_name, 400, 600)
    assert code_of(look(content[: len(content) * 9 // 10], "Image")) in {"TranscodingFailed", "FormatUndetectable"}


def test_a_picture_is_decoded_to_its_last_line(look: Look) -> None:
    content = image("bmp", 400, 600)
    assert code_of(look(content[:-1200], "Image")) == "TranscodingFailed"


@pytest.mark.parametrize("container", ["mp4", "mov"])
def test_a_film_whose_frames_are_overwritten_fails_to_decode(look: Look, container: str) -> None:
    content = video(container, 640, 640, 2, 24)
    start = content.index(b"mdat") + 4
    end = content.index(b"moov", start) - 4
    assert code_of(look(content[:start] + bytes(end - start) + content[end:], "Video")) == "TranscodingFailed"


def test_the_messages_are_those_captured_from_ark(look: Look) -> None:
    width = Problem("WidthTooSmall", "Width must be between 300px and 6000px.", synchronous=True)
    assert look(image("gif", 200, 400), "Image") == width
    older = Problem("DurationTooLong", "Duration must be between 1.8s and 15.2s", synchronous=True)
    assert look(audio("wav", 16), "Audio", limits=OLDER) == older
    newer = Problem("DurationTooLong", "Duration must be between 1.8s and 30.2s", synchronous=True)
    assert look(audio("wav", 31), "Audio") == newer


def test_the_older_limits_refuse_what_the_newer_ones_allow(look: Look) -> None:
    content = video("mp4", 1920, 1090, 3, 24)
    assert code_of(look(content, "Video")) is None
    assert code_of(look(content, "Video", limits=OLDER)) == "PixelCountTooLarge"


def test_a_synchronous_refusal_comes_before_one_that_would_need_an_asset(look: Look) -> None:
    too_narrow_and_too_slow = video("mp4", 298, 700, 2, 10)
    assert code_of(look(too_narrow_and_too_slow, "Video")) == "WidthTooSmall"


@pytest.mark.parametrize("limits", [NEWEST, OLDER])
def test_every_limit_has_a_check(limits: dict[str, Limits]) -> None:
    checked = {check.fact for check in CHECKS}
    assert all(set(limit.bounds) <= checked for limit in limits.values())
    assert set(limits) == {"Image", "Video", "Audio"}


def test_a_file_of_too_many_bytes_is_refused_before_it_is_opened(look: Look) -> None:
    tiny = {kind: Limits(100, limits.bounds) for kind, limits in NEWEST.items()}
    assert outcome(look(b"RIFF" + bytes(4) + b"WAVE" + bytes(200), "Audio", limits=tiny)) == ("FileSizeTooLarge", False)


def test_an_unknown_asset_type_is_the_callers_mistake(look: Look) -> None:
    with pytest.raises(KeyError):
        look(image("gif", 400, 600), "image")
