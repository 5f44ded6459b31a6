"""Fetch the file an asset is made from, without becoming a way into the network the emulator runs in."""

import asyncio
import ipaddress
import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import aiohttp
import msgspec
from aiohttp import hdrs
from aiohttp.abc import AbstractResolver
from yarl import URL

MAX_REDIRECTS = 3
CHUNK_BYTES = 64 * 1024

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# ``localhost`` is never looked up: whatever a resolver says, it means this machine (RFC 6761 §6.3).
LOOPBACK: Sequence[Address] = (ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv6Address("::1"))

# Where even an allowed host name must not lead. Private ranges are absent on purpose: naming a host of one's own
# network is what allowing is for. ``is_global`` would not do: it passes multicast and the translated forms.
FORBIDDEN = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, where some clouds keep their metadata service
        "169.254.0.0/16",  # link-local, where the others keep it
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "64:ff9b::/96",  # IPv4 behind NAT64, then Teredo and 6to4: a detour to an address that was not checked
        "2001::/32",
        "2002::/16",
        "fd00:ec2::/32",  # a metadata service on IPv6
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)


class DownloadFailed(Exception):
    """The file could not be fetched."""

    def __init__(self, reason: str) -> None:
        """Say why, for the person who set the emulator up; no part of a URL but the host is ever in it."""
        self.reason = reason
        super().__init__(reason)


class DownloadTooLarge(DownloadFailed):
    """The file has more bytes than are wanted."""


class Download(msgspec.Struct, frozen=True):
    """A fetched file: where it lies until the caller moves or deletes it, its bytes, and what the server called it."""

    path: Path
    size: int
    content_type: str | None


async def download(
    url: str,
    *,
    http: aiohttp.ClientSession,
    allowed_hosts: frozenset[str],
    max_bytes: int,
    timeout: timedelta,  # noqa: ASYNC109 - one limit for look-up, redirects and body together, applied with asyncio.timeout
    resolver: AbstractResolver | None = None,
) -> Download:
    """Fetch a file from this machine or from an allowed host into a temporary file.

    Args:
        url: http or https, without user information.
        http: a session that uses no proxy; connections go to the very address that was checked.
        allowed_hosts: exact host names in lower case (or addresses) that may be asked besides loopback.
        max_bytes: the most bytes a file may have; also held while it arrives.
        timeout: for everything together.
        resolver: looks the allowed names up; the system's by default.

    Raises:
        DownloadTooLarge: the file has more than ``max_bytes``.
        DownloadFailed: for every other reason.

    """
    guard = _Guard(allowed_hosts, resolver or aiohttp.ThreadedResolver())
    try:
        async with asyncio.timeout(timeout.total_seconds()):
            return await _follow(url, http, guard, max_bytes)
    except TimeoutError as error:
        raise DownloadFailed(f"the download took longer than {timeout.total_seconds():g} s") from error
    except aiohttp.ClientError as error:
        raise DownloadFailed(f"the transfer broke off: {type(error).__name__}") from error


async def _follow(text: str, http: aiohttp.ClientSession, guard: "_Guard", max_bytes: int) -> Download:
    url = _parse(text)
    for _ in range(1 + MAX_REDIRECTS):
        addresses = await guard.addresses_of(url)
        async with await _get(url, addresses, http) as response:
            if response.status not in {301, 302, 303, 307, 308}:
                return await _save(response, max_bytes)
            url = _parse(response.headers.get(hdrs.LOCATION, ""), base=url)
    raise DownloadFailed(f"more than {MAX_REDIRECTS} redirects")


def _parse(text: str, base: URL | None = None) -> URL:
    try:
        url = base.join(URL(text)) if base and text else URL(text)
        usable = url.scheme in {"http", "https"} and url.raw_host and url.port
    except ValueError as error:
        raise DownloadFailed("the address is not a URL") from error
    if not usable:
        raise DownloadFailed("only http and https addresses with a host can be fetched")
    if "@" in url.raw_authority:
        raise DownloadFailed("the address holds user information")
    return url


async def _get(url: URL, addresses: Sequence[Address], http: aiohttp.ClientSession) -> aiohttp.ClientResponse:
    # The name is gone from the URL, so nothing can look it up a second time; Host and TLS still go by it.
    for address in addresses:
        with suppress(aiohttp.ClientConnectorError):
            return await http.get(
                url.with_host(str(address)),
                headers={hdrs.HOST: url.host_port_subcomponent or "", hdrs.ACCEPT_ENCODING: "identity"},
                server_hostname=url.raw_host,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None),
            )
    raise DownloadFailed(f"no connection to {url.raw_host}")


async def _save(response: aiohttp.ClientResponse, max_bytes: int) -> Download:
    if response.status != 200:
        raise DownloadFailed(f"the server answered {response.status}")
    if (response.content_length or 0) > max_bytes:
        raise DownloadTooLarge(f"the file has more than {max_bytes} bytes")
    with _temporary_file() as (path, file):
        size = await _copy(response.content, file, max_bytes)
    content_type = response.content_type if hdrs.CONTENT_TYPE in response.headers else None
    return Download(path, size, content_type)


@contextmanager
def _temporary_file() -> Iterator[tuple[Path, BinaryIO]]:
    """Open a new file that stays only when the block succeeds."""
    descriptor, name = tempfile.mkstemp(prefix="stagedoor-", suffix=".download")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield Path(name), file
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


async def _copy(body: aiohttp.StreamReader, file: BinaryIO, max_bytes: int) -> int:
    size = 0
    async for chunk in body.iter_chunked(CHUNK_BYTES):
        size += len(chunk)
        if size > max_bytes:
            raise DownloadTooLarge(f"the file has more than {max_bytes} bytes")
        file.write(chunk)
    return size


class _Guard:
    """Knows which hosts may be asked, and at which addresses."""

    def __init__(self, allowed_hosts: frozenset[str], resolver: AbstractResolver) -> None:
        self._allowed_hosts = allowed_hosts
        self._resolver = resolver

    async def addresses_of(self, url: URL) -> Sequence[Address]:
        """Look the host up, once, and check every address it has."""
        host = (url.raw_host or "").lower()
        if host == "localhost" or host.endswith(".localhost"):
            return LOOPBACK
        literal = _address(host)
        if literal and literal.is_loopback:
            return [literal]
        if host not in self._allowed_hosts:
            raise DownloadFailed(f"{host} is neither this machine nor an allowed host")
        addresses = [literal] if literal else await self._look_up(host, url.port or 0)
        if not addresses or any(address in network for address in addresses for network in FORBIDDEN):
            raise DownloadFailed(f"{host} leads to an address that is never fetched from")
        return addresses

    async def _look_up(self, host: str, port: int) -> list[Address]:
        try:
            found = await self._resolver.resolve(host, port, family=socket.AF_UNSPEC)
        except OSError as error:
            raise DownloadFailed(f"{host} cannot be looked up") from error
        return [address for one in found if (address := _address(one["host"]))]


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
