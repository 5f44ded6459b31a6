"""What `stagedoor doctor` looks at."""

import shutil
import sys
from collections.abc import AsyncIterator
from typing import NamedTuple
from urllib.parse import urlsplit

from stagedoor.app import load_vault, open_runtime
from stagedoor.channels.book import ChannelBook
from stagedoor.channels.store import Channel, list_channels
from stagedoor.contract.operations import BY_ACTION
from stagedoor.errors import StagedoorError
from stagedoor.runtime import Runtime
from stagedoor.settings import Settings, SettingsError


class Finding(NamedTuple):
    """One line: fine or not, what was looked at, and what to do."""

    fine: bool
    subject: str
    remedy: str = ""


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Yield what there is to say about an installation, the basic things first."""
    yield Finding(sys.version_info >= (3, 11), f"Python {sys.version.split()[0]}", "Install Python 3.11 or newer.")
    yield _disk(settings)
    yield _public_url(settings)
    try:
        load_vault(settings)
    except SettingsError as error:
        yield Finding(
            fine=False, subject=f"secret key: {error}", remedy="Put the right key there; no other opens the data."
        )
        return
    yield _secret_key(settings)
    try:
        rt = await open_runtime(settings)
    except (StagedoorError, SettingsError, OSError) as error:
        yield Finding(fine=False, subject=f"database: {error}", remedy="Check STAGEDOOR_DATABASE_URL.")
        return
    try:
        async for finding in _examine_database(rt):
            yield finding
    finally:
        await rt.close()


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.data_path).free
    return Finding(free > 1 << 30, f"disk: {free >> 20} MiB free", "Free some space: below 1 GiB writes may soon fail.")


def _public_url(settings: Settings) -> Finding:
    parts = urlsplit(settings.public_url)
    if not settings.public_url:
        return Finding(
            fine=False,
            subject="public URL: not set, so callbacks do not come here and early queries may burn tokens",
            remedy="Set STAGEDOOR_PUBLIC_URL to https://… of this gateway.",
        )
    local = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    return Finding(
        parts.scheme == "https" or local,
        f"public URL: {settings.public_url}",
        "Actors' phones need https://. Put a TLS proxy in front and set STAGEDOOR_PUBLIC_URL.",
    )


def _secret_key(settings: Settings) -> Finding:
    if settings.secret_key:
        return Finding(fine=True, subject="secret key: from the settings")
    open_to_others = (settings.data_path / "secret.key").stat().st_mode & 0o077
    return Finding(not open_to_others, "secret key: a file in the data folder", "chmod 600 the file secret.key.")


async def _examine_database(rt: Runtime) -> AsyncIterator[Finding]:
    kind = "SQLite" if rt.settings.database.startswith("sqlite") else "PostgreSQL"
    try:
        channels = await rt.db.read(list_channels)
    except Exception as error:  # noqa: BLE001 - whatever the driver says about a missing table
        yield Finding(fine=False, subject=f"{kind}: {type(error).__name__}", remedy="Run `stagedoor migrate`.")
        return
    yield Finding(fine=True, subject=f"{kind}: readable, schema present")
    if not channels:
        yield Finding(fine=False, subject="channels: none", remedy="Run `stagedoor channels add …`.")
    for channel in channels:
        yield await _examine_channel(rt, channel)


async def _examine_channel(rt: Runtime, channel: Channel) -> Finding:
    subject = f"channel {channel.name} ({channel.kind} at {urlsplit(channel.endpoint).hostname})"
    if channel.kind == "emulator":
        subject += ", a SIMULATION"
    body = {"Filter": {"GroupType": "AIGC"}, "PageNumber": 1, "PageSize": 1, "ProjectName": channel.project_name}
    try:
        await ChannelBook(rt).ask(channel.id, BY_ACTION["ListAssetGroups"], body)
    except StagedoorError as error:
        said = f" ({error.upstream.Code})" if error.upstream else ""
        return Finding(
            fine=False,
            subject=f"{subject}: {error.full_code}{said}",
            remedy="Check its endpoint, keys and rights; change them with `stagedoor channels change`.",
        )
    return Finding(fine=True, subject=f"{subject}: answers a list call")
