import tempfile
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from stagedoor.emulator.media import Facts, Problem, inspect
from tests.support import media

CODES = {
    "TypeMismatch",
    "FormatUnsupported",
    "FormatUndetectable",
    "DurationTooShort",
    "DurationTooLong",
    "WidthTooSmall",
    "WidthTooLarge",
    "HeightTooSmall",
    "HeightTooLarge",
    "AspectRatioTooSmall",
    "AspectRatioTooLarge",
    "FileSizeTooLarge",
    "PixelCountTooSmall",
    "PixelCountTooLarge",
    "FpsTooLow",
    "FpsTooHigh",
    "AudioTrackRequired",
    "TranscodingFailed",
}
# Most of what a parser believes stands at the beginning or at the end of a file.
EDGE_BYTES = 1500


@cache
def originals() -> list[tuple[str, bytes]]:
    pictures = [media.image(name, 320, 320) for name in ("jpeg", "png", "webp", "bmp", "tiff", "gif", "heic")]
    films = [media.video(name, 640, 640, 2, 24, audio=True) for name in ("mp4", "mov")]
    sounds = [media.audio(name, 2) for name in ("wav", "mp3")]
    return [
        *(("Image", content) for content in pictures),
        *(("Video", content) for content in films),
        *(("Audio", content) for content in sounds),
    ]


@st.composite
def mutated_files(draw: st.DrawFn) -> tuple[str, bytes]:
    asset_type, original = draw(st.sampled_from(originals()))
    content = bytearray(original)
    for _ in range(draw(st.integers(1, 12))):
        place = draw(st.integers(0, min(EDGE_BYTES, len(content))))
        if draw(st.booleans()):
            place = len(content) - place
        match draw(st.sampled_from(["overwrite", "insert", "cut", "zero"])):
            case "overwrite":
                piece = draw(st.binary(min_size=1, max_size=8))
                content[place : place + len(piece)] = piece
            case "insert":
                content[place:place] = draw(st.binary(min_size=1, max_size=32))
            case "cut":
                del content[place : place + draw(st.integers(1, 4096))]
            case _:
                content[place : place + 8] = bytes(8)
    return asset_type, bytes(content)


def verdict(content: bytes, asset_type: str) -> Facts | Problem:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content)
        return inspect(path, asset_type)


@settings(max_examples=250, deadline=None)
@given(mutated_files())
def test_no_damage_to_a_file_makes_the_inspection_raise(case: tuple[str, bytes]) -> None:
    asset_type, content = case
    seen = verdict(content, asset_type)
    assert isinstance(seen, Facts) or seen.code in CODES


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(originals()), st.binary(max_size=600), st.sampled_from(["Image", "Video", "Audio"]))
def test_no_junk_behind_a_good_beginning_makes_the_inspection_raise(
    original: tuple[str, bytes], junk: bytes, asset_type: str
) -> None:
    seen = verdict(original[1][:32] + junk, asset_type)
    assert isinstance(seen, Problem)
    assert seen.code in CODES
