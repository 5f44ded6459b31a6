"""The program that opens a file of a stranger: run by ``look.py`` in a process of its own, which may come to any end.

It prints one JSON object a line: what the file says of itself, and then whether its beginning decodes. A file that takes too much
time or memory ends the process by the limits that it has set itself; a bug of a decoder that somebody makes use of finds a process
that can write no file and holds no secret.
"""

import json
import resource
import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from fractions import Fraction
from typing import Any

UNREADABLE, UNDECODABLE, TOO_MUCH = "unreadable", "undecodable", "too much"
Facts = dict[str, Any]
Opened = tuple[AbstractContextManager[Any], Facts, Callable[[], object]]
Opener = Callable[[str, str], Opened]


def main(path: str, name: str, seconds: str, memory: str, most_pixels: str) -> None:
    """Look at a file.

    Args:
        path: of the file.
        name: what kind it is, by its first bytes.
        seconds: of processor time it may take.
        memory: bytes it may take.
        most_pixels: an image that promises more is not decoded.

    """
    opener: Opener = _open_image if name in _IMAGES else _open_stream
    _load_libraries(opener)
    _confine(int(seconds), int(memory))
    try:
        held, facts, decode = opener(path, name)
    except MemoryError:
        return _tell({"trouble": TOO_MUCH})
    except Exception:  # noqa: BLE001 - whatever a decoder makes of hostile bytes
        return _tell({"trouble": UNREADABLE})
    with held:
        _tell(facts)
        if facts.get("width", 0) * facts.get("height", 0) > int(most_pixels):
            return None
        try:
            decode()
        except MemoryError:
            return _tell({"trouble": TOO_MUCH})
        except Exception:  # noqa: BLE001
            return _tell({"trouble": UNDECODABLE})
    return _tell({"decodes": True})


def _tell(said: Facts) -> None:
    print(json.dumps(said), flush=True)  # noqa: T201 - this is what the program is for


def _load_libraries(opener: Opener) -> None:
    """Load what is needed before there are limits: loading is no work of the file's."""
    if opener is _open_image:
        import pillow_heif
        from PIL import Image

        pillow_heif.options.DECODE_THREADS = 1
        pillow_heif.register_heif_opener()
        Image.MAX_IMAGE_PIXELS = None  # the caller says how many
        Image.preinit()
    else:
        import av  # noqa: F401


def _confine(seconds: int, memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


_IMAGES = {
    "jpeg": "JPEG",
    "png": "PNG",
    "webp": "WEBP",
    "bmp": "BMP",
    "tiff": "TIFF",
    "gif": "GIF",
    "heic": "HEIF",
    "heif": "HEIF",
}


def _open_image(path: str, name: str) -> Opened:
    from PIL import Image

    warnings.simplefilter("ignore")  # on standard error nobody reads
    image = Image.open(path, formats=[_IMAGES[name]])
    width, height = image.size
    return image, {"width": width, "height": height}, image.load


def _open_stream(path: str, name: str) -> Opened:
    import av
    from av.stream import Disposition

    # The container is given and only files may be opened: a play list would lead to other files and addresses.
    demuxer = "mov" if name == "mp4" else name
    container = av.open(
        f"file:{path}", format=demuxer, options={"protocol_whitelist": "file"}, metadata_errors="replace"
    )
    sounds = container.streams.audio
    # The cover of a song is a film of one picture to FFmpeg alone.
    films = [film for film in container.streams.video if not film.disposition & Disposition.attached_pic]
    facts: Facts = {"films": len(films), "sounds": len(sounds)}
    track: Any = films[0] if films else sounds[0] if sounds else None
    if track is None:
        return container, facts, nullcontext
    if films:
        # Two decimals: the clock of a container makes 60.0004 frames of 60.
        fps = round(float(films[0].average_rate or 0), 2)
        facts |= {"width": films[0].width, "height": films[0].height, "fps": fps}
    if container.duration is not None:
        facts["seconds"] = container.duration / 1_000_000
    else:
        facts["seconds"] = float((track.duration or 0) * (track.time_base or Fraction(0)))
    track.codec_context.thread_count = 1
    return container, facts, lambda: next(container.decode(track))


if __name__ == "__main__":
    main(*sys.argv[1:])
