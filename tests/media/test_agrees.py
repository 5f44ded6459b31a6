"""The check and the emulator read the contract each for itself: at every limit, just below and just above it, they agree."""

import asyncio
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.contract.fields import AssetType
from stagedoor.emulator.media import NEWEST, Facts, inspect
from stagedoor.emulator.media.facts import Refused
from stagedoor.emulator.media.limits import check as check_like_ark
from stagedoor.media.check import Media, examine, find_broken_ranges, judge
from stagedoor.media.look import Bounds, Looker
from stagedoor.media.rules import MB, MediaRules, rules_for
from tests.support import media

image, video, audio = cache(media.image), cache(media.video), cache(media.audio)
BOUNDS = Bounds(seconds=20, memory=2 << 30, at_once=2)


def pictures() -> Iterator[bytes]:
    for short, long in ((300, 301), (301, 301), (2450, 5999), (2450, 6000)):
        yield image("jpeg", short, long)
        yield image("jpeg", long, short)
    for width, height in ((500, 1250), (501, 1250), (1250, 500), (1249, 500), (299, 5000), (6001, 300)):
        yield image("jpeg", width, height)
    for name in ("webp", "bmp", "tiff", "gif", "heic", "jpeg2000"):
        yield image(name, 400, 600)
    plain = image("bmp", 400, 600)
    yield from (plain.ljust(size, b"\0") for size in (30 * MB - 1, 30 * MB))
    yield from (
        b"",
        b"\0" * 64,
        b"plain text",
        image("jpeg", 400, 600)[:700],
        image("png", 400, 600)[:40],
        audio("wav", 2),
    )


def films() -> Iterator[bytes]:
    for frames in (44, 45, 755, 756):
        yield video("mp4", 720, 720, frames / 25, 25)
    for fps in (23, 24, 60, 61):
        yield video("mov", 720, 720, 2, fps, audio=True)
    # Around both numbers of pixels and both ratios; sides of films are even.
    for width, height in (
        (640, 636),
        (638, 640),
        (2880, 2880),
        (2880, 2882),
        (640, 1600),
        (640, 1602),
        (1600, 640),
        (1602, 640),
    ):
        yield video("mp4", width, height, 2, 25)
    for width, height in ((300, 750), (298, 750)):
        yield video("mp4", width, height, 1, 20)
    yield from (video("webm", 720, 720, 2, 25), video("avi", 720, 720, 2, 25), video("mp4", 720, 720, 2, 25)[:300])
    yield from (audio("mp4", 2), audio("mp3", 2))


def sounds() -> Iterator[bytes]:
    for seconds in (1.75, 1.8, 30.2, 30.25):
        yield audio("wav", seconds)
    yield from (audio("mp3", 3), audio("flac", 3), audio("ogg", 3), audio("mp4", 3))
    yield from (video("mp4", 640, 640, 2, 25, audio=True), video("mp4", 640, 640, 2, 25), image("png", 400, 400))
    plain = audio("wav", 3)
    yield from (plain.ljust(size, b"\0") for size in (15 * MB, 15 * MB + 1))
    yield b"ID3" + bytes(100)


FILES = {"Image": pictures, "Video": films, "Audio": sounds}


@pytest.mark.parametrize("asset_type", get_args(AssetType))
async def test_what_the_asset_library_has_against_a_file_is_the_first_thing_that_is_said_here(
    asset_type: AssetType, tmp_path: Path
) -> None:
    looker, rules = Looker(BOUNDS), rules_for(asset_type, MediaRules())
    accepted = refused = 0

    async def compare(number: int, content: bytes) -> None:
        nonlocal accepted, refused
        path = tmp_path / str(number)
        path.write_bytes(content)
        there = await asyncio.to_thread(inspect, path, asset_type)
        report = judge(await examine(looker, path), asset_type, rules)
        codes = [found.code for found in report.problems]
        if isinstance(there, Facts):
            accepted += 1
            assert (codes, report.unchecked) == ([], []), (number, codes)
            found = report.media
            assert (found.width, found.height, found.seconds, found.fps) == (
                there.width,
                there.height,
                there.seconds,
                there.fps,
            )
        else:
            refused += 1
            assert there.code == codes[0], (number, there, report)

    async with asyncio.TaskGroup() as group:
        for number, content in enumerate(FILES[asset_type]()):
            group.create_task(compare(number, content))
    assert accepted >= 4
    assert refused >= 7


SIDES = st.integers(1, 7000)


@given(
    asset_type=st.sampled_from(["Image", "Video"]),
    width=SIDES,
    height=SIDES,
    fps=st.floats(0, 120).map(lambda fps: round(fps, 2)) | st.sampled_from([24.0, 60.0]),
)
def test_the_same_numbers_are_too_small_and_too_large_for_both(
    asset_type: AssetType, width: int, height: int, fps: float
) -> None:
    is_film = asset_type == "Video"
    there = set()
    limits = NEWEST[asset_type]
    facts = Facts(content_type="", extension="", size=1, width=width, height=height, fps=fps if is_film else None)
    for fact in limits.bounds:
        alone = type(limits)(limits.max_bytes, {fact: limits.bounds[fact]})
        try:
            check_like_ark(facts, alone)
        except Refused as refusal:
            there.add(refusal.problem.code)
    seen = Media(format="", asset_type=asset_type, size=1, width=width, height=height, fps=fps if is_film else None)
    here = {found.code for found in find_broken_ranges(seen, rules_for(asset_type, MediaRules()))}
    assert here == there
