"""Tiny media files, made in memory: a grey picture, one frame shown over and over, silence."""

import io
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import av
import pillow_heif
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from PIL import Image

pillow_heif.register_heif_opener()

SAMPLE_RATE = 8000
SAMPLES_A_FRAME = 1024
_AUDIO_CODECS: Mapping[str, str] = {"wav": "pcm_s16le", "mp3": "libmp3lame", "flac": "flac", "ogg": "libopus"}
_VIDEO_CODECS: Mapping[str, str] = {"webm": "libvpx"}


def image(format: str, width: int, height: int) -> bytes:  # noqa: A002 - the word Pillow uses for it
    """Make a grey picture; the format is Pillow's name for it in any case, or ``heic``."""
    file = io.BytesIO()
    name = "HEIF" if format.lower() == "heic" else format.upper()
    Image.new("RGB", (width, height), (90, 90, 90)).save(file, name)
    return file.getvalue()


def video(
    container: str,
    width: int,
    height: int,
    seconds: float,
    fps: float,
    audio: bool = False,
    options: Mapping[str, str] | None = None,
) -> bytes:
    """Make a film (mp4, mov, 3gp, webm, matroska, avi) of one key frame: encoded once, stored again and again.

    Args:
        container: FFmpeg's name for it.
        width: pixels, even.
        height: pixels, even.
        seconds: how long it plays.
        fps: frames a second.
        audio: whether to add a silent sound track.
        options: for the container (``{"movflags": "frag_keyframe+empty_moov"}``).

    """
    file = io.BytesIO()
    rate = Fraction(fps).limit_denominator(1001)
    with av.open(file, "w", format=container, options=dict(options or {})) as output:
        film = output.add_stream(_VIDEO_CODECS.get(container, "libx264"), rate=rate, width=width, height=height)
        assert isinstance(film, VideoStream)
        film.pix_fmt = "yuv420p"
        film.options = {} if container == "webm" else {"preset": "ultrafast", "crf": "51"}
        sound = output.add_stream("libopus" if container == "webm" else "aac", rate=48_000) if audio else None
        output.mux(list(_repeated(film, round(seconds * fps))))
        if isinstance(sound, AudioStream):
            output.mux(list(_silence(sound, seconds)))
    return file.getvalue()


def audio(container: str, seconds: float) -> bytes:
    """Make silence (wav, mp3, flac, ogg, mp4)."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        sound = output.add_stream(_AUDIO_CODECS.get(container, "aac"), rate=SAMPLE_RATE)
        assert isinstance(sound, AudioStream)
        output.mux(list(_silence(sound, seconds)))
    return file.getvalue()


def _repeated(film: VideoStream, frames: int) -> "Iterator[av.Packet[Any]]":
    frame = av.VideoFrame(film.width, film.height, "yuv420p")
    for plane in frame.planes:
        plane.update(b"\x80" * plane.buffer_size)
    frame.pts = 0
    content = next(bytes(packet) for packet in (*film.encode(frame), *film.encode(None)) if packet.size)
    for number in range(frames):
        packet = av.Packet(content)
        packet.stream, packet.time_base = film, 1 / Fraction(film.codec_context.framerate)
        packet.pts = packet.dts = number
        packet.duration, packet.is_keyframe = 1, True
        yield packet


def _silence(sound: AudioStream, seconds: float) -> "Iterator[av.Packet[Any]]":
    context = sound.codec_context
    if not context.is_open:
        context.open()
    left, step = round(seconds * context.sample_rate), context.frame_size or SAMPLES_A_FRAME
    done = 0
    while left > done:
        frame = av.AudioFrame(context.format.name, context.layout.name, min(step, left - done))
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts, frame.time_base = context.sample_rate, done, Fraction(1, context.sample_rate)
        done += frame.samples
        yield from sound.encode(frame)
    yield from sound.encode(None)
