"""Which address a request comes from, seen through the proxies that are trusted."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import Scope

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
FORWARDED = b"x-forwarded-for"
OF_ONE_CLIENT = 64
"""Bits of an IPv6 address that a network has in common which one client may have to itself."""


class Proxies:
    """The networks whose proxies are believed when they say who called them."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks

    def client_of(self, scope: Scope) -> str:
        """Return the nearest address that is no trusted proxy's; what stands further left, anybody may have written."""
        shown = str((scope.get("client") or ("",))[0])
        if not self._trusts(shown):
            return shown
        for told in _forwarded(scope):
            if read_address(told) is None:
                break
            shown = told
            if not self._trusts(told):
                break
        return shown

    def _trusts(self, text: str) -> bool:
        address = read_address(text)
        return address is not None and any(address in network for network in self._networks)


def _forwarded(scope: Scope) -> Iterator[str]:
    """Yield the addresses of X-Forwarded-For, the last one first, without ports and brackets."""
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == FORWARDED]
    for part in reversed(",".join(values).split(",")):
        text = part.strip()
        if text.startswith("["):
            yield text[1:].partition("]")[0]
        else:
            yield text.partition(":")[0] if text.count(":") == 1 else text


def read_address(text: str) -> Address | None:
    """Return an address, an IPv4 one that is wrapped in IPv6 as what it is, or None for what is none."""
    with suppress(ValueError):
        address = ip_address(text.partition("%")[0])
        return getattr(address, "ipv4_mapped", None) or address
    return None


def one_client(text: str) -> str:
    """Return what stands for everything that one client can call from: an IPv4 address, or 64 bits of IPv6."""
    address = read_address(text)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, OF_ONE_CLIENT), strict=False))
    return str(address or "")


def network_of(text: str) -> str | None:
    """Return a public address without its last part, for people to recognise; others say nothing about where somebody was."""
    address = read_address(text)
    if address is None or not address.is_global:
        return None
    return str(ip_network((address, 24 if address.version == 4 else 48), strict=False))
