"""What `stagedoor doctor` says about the decoders that uploaded files are looked at with."""

import asyncio
import tempfile
from pathlib import Path

from stagedoor.cli.findings import Finding, untried
from stagedoor.media.look import Looker, can_look

PICTURE = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
"""One pixel."""


async def examine_media(looker: Looker, *, installed: bool | None = None) -> Finding:
    """Look at a picture as at an uploaded one; ``installed`` is found out when it is left out."""
    if not (can_look() if installed is None else installed):
        return untried(
            "media: the decoders are not installed, so only the size and format of files are looked at",
            "Install stagedoor[media], or leave it so: no file is refused for what nobody looked at.",
        )
    try:
        with tempfile.TemporaryDirectory(prefix="doctor-") as folder:
            path = Path(folder, "picture")
            await asyncio.to_thread(path.write_bytes, PICTURE)
            seen = await looker.look(path, "gif")
    except OSError as error:
        return untried(f"media: no picture can be written to try them ({error.strerror})", "Set TMPDIR to a folder.")
    if seen is None or not seen.decodes:
        return Finding("fail", "media: the decoders cannot open a picture", "Install stagedoor[media] anew.")
    return Finding("ok", "media: the decoders look into uploaded files")
