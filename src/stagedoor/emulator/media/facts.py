"""What is known of a file, and what can be wrong with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import msgspec


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a file is: ``None`` where its kind has no such property.

    Args:
        content_type: the media type its bytes show, whatever the server that sent it said.
        extension: the usual file name ending, with its dot.
        size: bytes.
        width: pixels, as stored (a rotation mark is not applied).
        height: pixels, as stored.
        duration: how long it plays.
        fps: average frames a second, to two decimals.
        has_audio: whether a sound track is inside.

    """

    content_type: str
    extension: str
    size: int
    width: int | None = None
    height: int | None = None
    duration: timedelta | None = None
    fps: float | None = None
    has_audio: bool = False

    @property
    def pixels(self) -> int | None:
        return self.width * self.height if self.width and self.height else None

    @property
    def aspect_ratio(self) -> float | None:
        return self.width / self.height if self.width and self.height else None

    @property
    def seconds(self) -> float | None:
        return None if self.duration is None else self.duration.total_seconds()


class Problem(msgspec.Struct, frozen=True):
    """Why a file is refused.

    Args:
        code: one of the codes of a failed asset (``WidthTooSmall``, ``TypeMismatch``, …).
        message: what Ark would say about it.
        synchronous: true where CreateAsset itself answers 400 ``InvalidParameter.<code>``, false where
            the asset is created and ends as ``Failed``.

    """

    code: str
    message: str
    synchronous: bool = False


class Refused(Exception):
    """The inspection ends here; carries the problem that ended it."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.code)


class Media(msgspec.Struct, frozen=True):
    """An opened file: what its header says, and how to decode what the header promises."""

    facts: Facts
    decode: Callable[[], object]


UNDETECTABLE = Problem("FormatUndetectable", "The format of the file cannot be detected.")
UNSUPPORTED = Problem("FormatUnsupported", "The format of the file is not supported.")
TYPE_MISMATCH = Problem("TypeMismatch", "The file is not of the declared AssetType.")
TRANSCODING_FAILED = Problem("TranscodingFailed", "The content of the file cannot be decoded.")
AUDIO_TRACK_REQUIRED = Problem("AudioTrackRequired", "The file has no audio track.")


@contextmanager
def refusing(problem: Problem) -> Iterator[None]:
    """Turn whatever a decoder raises on hostile bytes into the given problem.

    Raises:
        Refused: the block raised anything.

    """
    try:
        yield
    except Refused:
        raise
    except Exception as error:
        raise Refused(problem) from error
