"""What `stagedoor doctor` looks at: the machine and the settings here, the rest in the files beside."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from stagedoor.app import load_vault, open_runtime
from stagedoor.ark.transport import AiohttpTransport, Answer, Transport, TransportError
from stagedoor.cli.examine_channels import DatedTransport, examine_channels
from stagedoor.cli.examine_database import examine_database
from stagedoor.cli.examine_media import examine_media
from stagedoor.cli.examine_uploads import examine_uploads
from stagedoor.cli.findings import Finding, check, untried
from stagedoor.errors import StagedoorError
from stagedoor.runtime import new_looker
from stagedoor.settings import Settings, SettingsError

ROOM = 1 << 30
PATIENCE = timedelta(seconds=10)
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
UNTRUSTED = ("Certificate", "SSL")


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Yield what there is to say about an installation, the basic things first."""
    yield check(sys.version_info >= (3, 11), f"Python {sys.version.split()[0]}", "Install Python 3.11 or newer.")
    for folder in _folders(settings):
        yield _disk(folder)
        yield _writable(folder)
    if settings.upload_store:
        yield await examine_uploads(settings)
    yield await examine_media(new_looker(settings))
    yield _public_url(settings)
    if settings.address_rate:
        yield _proxies(settings)
    transport = DatedTransport(AiohttpTransport())
    try:
        yield await _callback(settings, transport)
        async for finding in _examine_data(settings, transport):
            yield finding
    finally:
        await transport.close()


async def _examine_data(settings: Settings, transport: DatedTransport) -> AsyncIterator[Finding]:
    try:
        load_vault(settings)
    except SettingsError as error:
        yield Finding("fail", f"secret key: {error}", "Put the right key there; no other opens the data.")
        return
    yield _secret_key(settings)
    try:
        rt = await open_runtime(settings, transport=transport)
    except (StagedoorError, SettingsError, OSError) as error:
        yield Finding("fail", f"database: {error}", "Check STAGEDOOR_DATABASE_URL.")
        return
    try:
        async for finding in examine_database(rt):
            yield finding
            if finding.state == "fail" and "schema" in finding.subject:
                return
        async for finding in examine_channels(rt, transport):
            yield finding
    finally:
        await rt.close()


def _folders(settings: Settings) -> list[Path]:
    """Return the folders that are written to: of the data, and of the SQLite file if that lies elsewhere."""
    folders = {settings.data_path.resolve()}
    if settings.database.startswith("sqlite:///"):
        folders.add(Path(settings.database.removeprefix("sqlite:///")).parent.resolve())
    return sorted(folder for folder in folders if folder.exists())


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    return check(
        free > ROOM, f"disk: {free >> 20} MiB free in {folder}", "Free some space: below 1 GiB writes may soon fail."
    )


def _writable(folder: Path) -> Finding:
    """Write something there the way a commit is written, and say how long the disk took."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix="doctor-") as file:
            file.write(bytes(4096))
            file.flush()
            begun = time.perf_counter()
            os.fsync(file.fileno())
            took = time.perf_counter() - begun
    except OSError as error:
        remedy = "Give the user that runs stagedoor a folder it may write to, on a disk that is not read-only."
        return Finding("fail", f"disk: {folder} cannot be written: {error.strerror}", remedy)
    return Finding("ok", f"disk: {folder} can be written; it took {took * 1000:.1f} ms until the disk had it")


def _public_url(settings: Settings) -> Finding:
    parts = urlsplit(settings.public_url)
    if not settings.public_url:
        return Finding(
            "fail",
            "public URL: not set, so callbacks do not come here and early queries may burn tokens",
            "Set STAGEDOOR_PUBLIC_URL to https://… of this gateway.",
        )
    return check(
        parts.scheme == "https" or parts.hostname in LOCAL,
        f"public URL: {settings.public_url}",
        "Actors' phones need https://. Put a TLS proxy in front and set STAGEDOOR_PUBLIC_URL.",
    )


def _proxies(settings: Settings) -> Finding:
    fine = bool(settings.trusted_proxies) or urlsplit(settings.public_url).scheme != "https"
    return check(
        fine,
        f"rate of addresses: {settings.address_rate}, " + ("each client's own" if fine else "which all clients share"),
        "Something ends TLS in front of this gateway. Name it in STAGEDOOR_TRUSTED_PROXIES: else all calls come from its address.",
    )


async def _callback(settings: Settings, transport: Transport) -> Finding:
    """Open an address below the public URL as a phone would."""
    if not settings.public_url:
        return untried("callback: there is no public URL to try", "Set STAGEDOOR_PUBLIC_URL.")
    url = f"{settings.public_url.rstrip('/')}/healthz"
    try:
        answer = await transport.send("GET", url, headers={}, body=b"", timeout=PATIENCE)
    except (TransportError, ValueError) as error:
        reason = str(error)
        if any(word in reason for word in UNTRUSTED):
            remedy = "Renew the certificate, or install the whole chain: phones will refuse this address."
            return Finding("fail", f"callback: the certificate of {url} is not trusted", remedy)
        return untried(
            f"callback: {url} does not answer here ({reason})",
            "Start the gateway and its proxy, then look again; or open the address from outside, if this machine cannot reach its own.",
        )
    return check(
        _is_ours(answer),
        f"callback: {url} answers {answer.status}",
        "Something else answers there. Let the proxy pass everything below the public URL on to stagedoor.",
    )


def _is_ours(answer: Answer) -> bool:
    return answer.status == 200 and answer.body == b'{"status":"ok"}'


def _secret_key(settings: Settings) -> Finding:
    if settings.secret_key:
        return Finding("ok", "secret key: from the settings")
    open_to_others = (settings.data_path / "secret.key").stat().st_mode & 0o077
    return check(not open_to_others, "secret key: a file in the data folder", "chmod 600 the file secret.key.")
