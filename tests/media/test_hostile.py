"""Files made to hurt: the gateway lives, says what is wrong, and what it cannot know it does not claim."""

import asyncio
import struct
import tempfile
import zlib
from pathlib import Path

from hypothesis import given, settings

from stagedoor.contract.fields import AssetType
from stagedoor.media.check import Report, examine, judge
from stagedoor.media.look import Bounds, Looker, Seen, read_said
from stagedoor.media.problems import CODES
from stagedoor.media.rules import READABLE, MediaRules, rules_for
from tests.emulator.test_media_hostile import mutated_files
from tests.support import media

BOUNDS = Bounds(seconds=20, memory=2 << 30, at_once=2)


async def look(path: Path, content: bytes, asset_type: AssetType = "Image", bounds: Bounds = BOUNDS) -> Report:
    await asyncio.to_thread(path.write_bytes, content)
    return judge(await examine(Looker(bounds), path), asset_type, rules_for(asset_type, MediaRules()))


def png(width: int, height: int, rows: bytes) -> bytes:
    """Make a picture whose header promises what nobody has checked."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


async def test_a_picture_that_would_unfold_to_gigabytes_is_not_unfolded(tmp_path: Path) -> None:
    report = await look(tmp_path / "bomb", png(60_000, 60_000, bytes(50_000_000)))
    assert [found.code for found in report.problems] == ["WidthTooLarge", "HeightTooLarge"]
    assert report.unchecked == ["Decodes"]


async def test_a_file_that_takes_more_memory_than_it_may_is_refused(tmp_path: Path) -> None:
    scarce = Bounds(seconds=20, memory=120 << 20, at_once=1)
    report = await look(tmp_path / "large", png(5900, 5900, bytes(5900 * (1 + 3 * 5900))), bounds=scarce)
    assert [found.code for found in report.problems] == ["TranscodingFailed"]
    assert "too much" in report.problems[0].found


async def test_a_file_that_lies_about_its_kind_or_ends_early_is_told_by_what_it_is(tmp_path: Path) -> None:
    film = media.video("mp4", 720, 720, 2, 25)
    cases: tuple[tuple[bytes, AssetType, list[str]], ...] = (
        (film[:200], "Video", ["FormatUndetectable"]),
        (media.image("jpeg", 600, 800)[:3000], "Image", ["TranscodingFailed"]),
        (b"\x89PNG\r\n\x1a\n" + film, "Image", ["FormatUndetectable"]),
        (b"#EXTM3U\nfile:///etc/passwd\n", "Video", ["FormatUndetectable"]),
        (b"\0\0\0\x18ftypisom" + b"#EXTM3U\nfile:///etc/passwd\n" * 9, "Video", ["FormatUndetectable"]),
        (b"", "Audio", ["FormatUndetectable"]),
    )
    for content, asset_type, codes in cases:
        report = await look(tmp_path / "file", content, asset_type)
        assert [found.code for found in report.problems] == codes, (content[:20], report)


async def test_without_decoders_what_nobody_looked_at_is_named_and_refuses_nothing(tmp_path: Path) -> None:
    path, blind = tmp_path / "file", Looker(BOUNDS, is_able=False)
    cases: tuple[tuple[bytes, list[str]], ...] = (
        (media.image("png", 10, 10), []),
        (media.audio("wav", 1), ["TypeMismatch"]),
        (media.image("jpeg2000", 10, 10), ["FormatUnsupported"]),
    )
    for content, codes in cases:
        await asyncio.to_thread(path.write_bytes, content)
        report = judge(await examine(blind, path), "Image", rules_for("Image", MediaRules()))
        assert ([found.code for found in report.problems], report.unchecked) == (
            codes,
            ["Width", "Height", "AspectRatio", "Decodes"],
        )


def test_whatever_a_decoder_prints_that_somebody_got_hold_of_is_no_trouble_here() -> None:
    unreadable = Seen(trouble="unreadable")
    for said in (b'{"width": "x"}', b'{"trouble": "mine"}', b'{"films": null}\n{"decodes": true}', b'{"seconds": {}}'):
        assert read_said(said, 0) == unreadable
    for said in (
        b"",
        b"\xff\xfe",
        b'["width"]',
        b'{"width": NaN}',
        b'{"fps": 1e999}',
        b'{"unknown": 1}',
        b'{"width": 3',
    ):
        assert read_said(said, 0) == Seen()
    assert read_said(b'{"width": 3}\n{"decodes":', -9) == Seen(width=3, trouble="too much")
    assert read_said(b"Traceback", 1) is None


@settings(max_examples=8, deadline=None)
@given(mutated=mutated_files())
def test_whatever_the_bytes_are_there_is_a_report(mutated: tuple[str, bytes]) -> None:
    named, content = mutated
    asset_type = next(one for one in READABLE if one == named)
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(look(Path(folder, "file"), content, asset_type))
    assert {found.code for found in report.problems} <= set(CODES)
