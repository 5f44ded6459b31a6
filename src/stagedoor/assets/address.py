"""Which addresses an upload may name. Names are not looked up: the upstream does the fetching."""

import ipaddress
import re
import unicodedata
from functools import lru_cache
from urllib.parse import urlsplit

from stagedoor.errors import InvalidParameter

PRIVATE_NAMES = ("localhost", "local", "localdomain", "internal", "intranet", "lan", "home.arpa")
# ``is_global`` of Python 3.11 lets these pass: protocol assignments, and IPv6 that leads back to an IPv4 address.
DETOURS = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("2002::/16"))
_BLANK = re.compile(r"[\x00-\x20\x7f\\]")
_LABELS = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*")


def check_url(url: str, *, local: bool) -> None:
    """Refuse an address that the upstream could not fetch, before a call is spent on it.

    Args:
        url: what the caller sent.
        local: whether addresses of this machine are fine (the emulator runs beside us).

    Raises:
        InvalidParameter: it is not http(s), carries a password, or leads to a private place.

    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise InvalidParameter("The URL cannot be read.", field="URL") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise InvalidParameter("The URL must be http:// or https://, not data: or anything else.", field="URL")
    if parts.username is not None or parts.password is not None:
        raise InvalidParameter("The URL must not carry a user name or password.", field="URL")
    if _BLANK.search(url):
        raise InvalidParameter("The URL must not contain blanks, backslashes or control characters.", field="URL")
    if not _is_host(host):
        raise InvalidParameter("The URL's host is not a host name.", field="URL")
    if not local and is_private(host):
        raise InvalidParameter("The URL must be reachable from the public internet.", field="URL")


def _is_host(host: str) -> bool:
    return ":" in host or _LABELS.fullmatch(_plain(host)) is not None


@lru_cache(maxsize=1024)  # uploads come from the same few places
def is_private(host: str) -> bool:
    """Tell whether a host is by its very name not public."""
    bare = _plain(host)
    try:
        return not _is_public(ipaddress.ip_address(bare))
    except ValueError:
        # Not dotted decimal: a host of digits (2130706433, 0x7f.1) is an address in disguise.
        last = bare.rpartition(".")[2]
        if last.isdigit() or last.startswith("0x"):
            return True
    return "." not in bare or bare.endswith(tuple(f".{name}" for name in PRIVATE_NAMES))


@lru_cache(maxsize=1024)
def _plain(host: str) -> str:
    """Return the host as a resolver would read it: full-width letters, digits and dots are plain ones in disguise."""
    return unicodedata.normalize("NFKC", host).replace("\u3002", ".").lower().removesuffix(".")


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if address.is_multicast or address.is_reserved or any(address in network for network in DETOURS):
        return False
    return address.is_global and not (isinstance(address, ipaddress.IPv6Address) and address.is_site_local)
