"""Images, read with Pillow."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pillow_heif
from PIL import Image

from stagedoor.emulator.media.facts import UNDETECTABLE, Facts, Media, Problem, Refused, refusing
from stagedoor.emulator.media.formats import Format

pillow_heif.register_heif_opener()

BOMB = Problem("PixelCountTooLarge", "The image has too many pixels.")


@contextmanager
def open_image(path: Path, found: Format) -> Iterator[Media]:
    """Read the header; decoding is left to the caller and means the whole (first) picture.

    Raises:
        Refused: the header cannot be read, or promises more pixels than Pillow's ``MAX_IMAGE_PIXELS``.

    """
    with _header(path, found) as image:
        width, height = image.size
        # Pillow itself only warns between once and twice this number.
        if Image.MAX_IMAGE_PIXELS is not None and width * height > Image.MAX_IMAGE_PIXELS:
            raise Refused(BOMB)
        facts = Facts(
            content_type=found.content_type,
            extension=found.extension,
            size=path.stat().st_size,
            width=width,
            height=height,
        )
        yield Media(facts, image.load)


def _header(path: Path, found: Format) -> Image.Image:
    with refusing(UNDETECTABLE):
        try:
            return Image.open(path, formats=[found.reader])
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise Refused(BOMB) from error
