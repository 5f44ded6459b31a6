"""Video and audio, read with FFmpeg."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from stagedoor.emulator.media.facts import (
    AUDIO_TRACK_REQUIRED,
    TYPE_MISMATCH,
    UNDETECTABLE,
    UNSUPPORTED,
    Facts,
    Media,
    Refused,
    refusing,
)
from stagedoor.emulator.media.formats import Format


@contextmanager
def open_stream(path: Path, found: Format, asset_type: str) -> Iterator[Media]:
    """Read the container's header; decoding is left to the caller and means the first frame.

    Raises:
        Refused: the container cannot be read, or does not hold the tracks its asset type needs.

    """
    with _container(path, found) as container:
        with refusing(UNDETECTABLE):
            track = _track(container, found, asset_type)
            facts = _facts(container, track, found, path.stat().st_size)
        yield Media(facts, lambda: next(container.decode(track)))


def _container(path: Path, found: Format) -> InputContainer:
    # The demuxer is given and only files may be opened: FFmpeg would otherwise take a play list for a video and
    # follow the addresses in it.
    with refusing(UNDETECTABLE):
        return av.open(
            f"file:{path}", format=found.reader, options={"protocol_whitelist": "file"}, metadata_errors="replace"
        )


def _track(container: InputContainer, found: Format, asset_type: str) -> VideoStream | AudioStream:
    # The cover picture of an MP3 is a video stream to FFmpeg, but not to anybody else.
    films = [one for one in container.streams.video if not one.disposition & Disposition.attached_pic]
    sounds = container.streams.audio
    if asset_type == "Video":
        if not films:
            raise Refused(TYPE_MISMATCH)
        return films[0]
    if not sounds:
        raise Refused(AUDIO_TRACK_REQUIRED)
    if films:
        raise Refused(TYPE_MISMATCH)
    if found.kind != asset_type:
        raise Refused(UNSUPPORTED)
    return sounds[0]


def _facts(container: InputContainer, track: VideoStream | AudioStream, found: Format, size: int) -> Facts:
    film = track if isinstance(track, VideoStream) else None
    return Facts(
        content_type=found.content_type,
        extension=found.extension,
        size=size,
        width=film.width if film else None,
        height=film.height if film else None,
        duration=_duration(container, track),
        fps=_fps(film) if film else None,
        has_audio=bool(container.streams.audio),
    )


def _fps(film: VideoStream) -> float:
    # Two decimals, since a container's time base turns 60 frames a second into 60.0004.
    return round(float(film.average_rate or 0), 2)


def _duration(container: InputContainer, track: VideoStream | AudioStream) -> timedelta:
    if container.duration is not None:
        return timedelta(microseconds=container.duration)
    ticks, tick = track.duration or 0, track.time_base or Fraction(0)
    return timedelta(seconds=float(ticks * tick))
