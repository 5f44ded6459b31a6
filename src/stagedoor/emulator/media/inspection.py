"""Look into a file and say what it is, or what Ark would have against it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from stagedoor.emulator.media.facts import (
    TRANSCODING_FAILED,
    TYPE_MISMATCH,
    UNDETECTABLE,
    UNSUPPORTED,
    Facts,
    Media,
    Problem,
    Refused,
    refusing,
)
from stagedoor.emulator.media.formats import Format, find_format
from stagedoor.emulator.media.image import open_image
from stagedoor.emulator.media.limits import NEWEST, Limits, check, check_size
from stagedoor.emulator.media.stream import open_stream


def inspect(path: Path, asset_type: str, *, limits: Mapping[str, Limits] = NEWEST) -> Facts | Problem:
    """Say what the file is, or the first thing that is wrong with it. Blocks: call it in a thread.

    Never raises for what the bytes are. The order is: format, bytes, the limits that Ark
    answers synchronously, the other limits, whether the content decodes.

    Args:
        path: a file on this machine.
        asset_type: ``Image``, ``Video`` or ``Audio``.
        limits: the generation of limits to apply; see official-api.md §3.

    Raises:
        KeyError: the asset type is none of the three.
        OSError: the file is not there or not readable.

    """
    wanted = limits[asset_type]
    try:
        found = _recognise(path, asset_type)
        # Before any parser sees the file: some need seconds for a few megabytes of nothing.
        check_size(path.stat().st_size, wanted)
        with _open(path, found, asset_type) as media:
            check(media.facts, wanted)
            with refusing(TRANSCODING_FAILED):
                media.decode()
            return media.facts
    except Refused as refused:
        return refused.problem


def _recognise(path: Path, asset_type: str) -> Format:
    found = find_format(path)
    if found is None:
        raise Refused(UNDETECTABLE)
    # An MPEG-4 container sent as Audio passes: whether it lacks sound or has a picture too many only its tracks can tell.
    if found.kind != asset_type and not (asset_type == "Audio" and found.reader == "mov"):
        raise Refused(TYPE_MISMATCH)
    if not found.reader:
        raise Refused(UNSUPPORTED)
    return found


def _open(path: Path, found: Format, asset_type: str) -> AbstractContextManager[Media]:
    return open_image(path, found) if found.kind == "Image" else open_stream(path, found, asset_type)
