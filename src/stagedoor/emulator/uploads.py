"""What becomes of an upload: fetch it, look into it, and decide its fate, magic words first."""

import asyncio
import contextlib
import re
import secrets
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from stagedoor.emulator.errors import invalid
from stagedoor.emulator.failures import FAILURE_MESSAGES, FORCED_MESSAGE
from stagedoor.emulator.fetch import DownloadFailed, DownloadTooLarge, download
from stagedoor.emulator.media import Problem, inspect
from stagedoor.emulator.world import World

FORCED_FAILURE = re.compile(r"fail:([A-Za-z]+(?:\.[A-Za-z]+)*)")
LONGEST_URL = 4096


class Fate(Struct, frozen=True, kw_only=True):
    """How an asset will end, and the file it leaves. ``code`` is empty when it will be Active."""

    code: str = ""
    message: str = ""
    file: Path | None = None
    extension: str = ""
    content_type: str = ""

    @property
    def status(self) -> str:
        return "Failed" if self.code else "Active"


def check_url(url: str) -> None:
    """Accept an absolute http(s) address.

    Raises:
        ArkError: ``InvalidParameter.URL`` for any other text, ``data:`` addresses included.

    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or len(url) > LONGEST_URL or re.search(r"[\x00-\x20\x7f]", url):
        raise invalid("URL", "The URL must be a publicly reachable http or https address of one file.")


async def decide_fate(world: World, *, url: str, asset_type: str, name: str, group_type: str) -> Fate:
    """Download and inspect an upload.

    Raises:
        ArkError: ``InvalidParameter.<Code>`` for the checks that Ark makes before it answers.

    """
    ordered = magic_failure(url=url, name=name, group_type=group_type)
    if ordered is None:
        return await _examine(world, url, asset_type)
    # An ordered failure happens whatever the file is, but a good file is kept and shown as it would be.
    examined = Fate()
    with contextlib.suppress(Exception):
        examined = await _examine(world, url, asset_type)
    return Fate(
        code=ordered[0],
        message=ordered[1],
        file=examined.file,
        extension=examined.extension,
        content_type=examined.content_type,
    )


def magic_failure(*, url: str, name: str, group_type: str) -> tuple[str, str] | None:
    """Return the code and message that a magic word in the name or the address orders."""
    forced = FORCED_FAILURE.search(name)
    if forced is not None:
        return forced[1], FAILURE_MESSAGES.get(forced[1], FORCED_MESSAGE)
    if group_type == "LivenessFace" and "mismatch" in f"{unquote(urlsplit(url).path)}\n{name}".lower():
        return "FaceMismatch", FAILURE_MESSAGES["FaceMismatch"]
    return None


async def _examine(world: World, url: str, asset_type: str) -> Fate:
    settings = world.settings
    try:
        fetched = await download(
            url,
            http=world.http(),
            allowed_hosts=settings.allowed_hosts,
            max_bytes=settings.max_download_bytes,
            timeout=settings.download_timeout,
        )
    except DownloadFailed as failed:
        code = "FileSizeTooLarge" if isinstance(failed, DownloadTooLarge) else "DownloadFailed"
        if world.rules.download_failure == "synchronous":
            raise invalid(code, FAILURE_MESSAGES[code]) from failed
        return Fate(code=code, message=FAILURE_MESSAGES[code])
    found = await asyncio.to_thread(inspect, fetched.path, asset_type)
    if isinstance(found, Problem):
        await asyncio.to_thread(fetched.path.unlink, missing_ok=True)
        if found.synchronous:
            raise invalid(found.code, found.message)
        return Fate(code=found.code, message=found.message)
    return Fate(file=fetched.path, extension=found.extension, content_type=found.content_type)


async def keep_file(world: World, fate: Fate) -> str:
    """Move a downloaded file to where it is served from and return its new name, empty when there is none."""
    if fate.file is None:
        return ""
    file_name = f"{secrets.token_hex(16)}{safe_extension(fate.extension)}"
    await asyncio.to_thread(shutil.move, fate.file, world.media_dir / file_name)
    return file_name


def safe_extension(extension: str) -> str:
    """Return a file name ending that cannot lead anywhere else."""
    return re.sub(r"[^.a-z0-9]", "", extension.lower())
