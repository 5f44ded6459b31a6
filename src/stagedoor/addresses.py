"""Addresses that others tell us to call: which are allowed, and calling none but those that were checked.

A name is resolved once per connection, every address it has is looked at, and the connection goes to one of those; the name
stays for TLS and the Host header. So there is no moment between the check and the use in which a name could change.
"""

import re
import socket
from asyncio import Future, get_running_loop
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import BoundedSemaphore, Thread
from typing import Any, NamedTuple

from aiohttp.abc import AbstractResolver, ResolveResult

LookUp = Callable[[str, int], Awaitable[list[str]]]
"""From a name and a port to its addresses; raises OSError when there are none."""

_WEB_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9._-]{1,253}|\[(?=[^\]]*:)[0-9a-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?(?:[/?][!\"$-\[\]-~]*)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DEFAULT_PORTS = {"http": 80, "https": 443}
LOWEST_PORT = 1024
"""Below it are the ports of mail, of shells, of databases of old: nothing there answers webhooks but 443 and 80."""

_NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # carrier-grade NAT; clouds keep their metadata there
            "127.0.0.0/8",
            "168.63.129.16/32",  # a cloud's host, as seen by its guests
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "2001::/23",  # Teredo and other protocols' own
            "2001:db8::/32",
            "2002::/16",  # 6to4
            "3fff::/20",
        ),
    )
)
_GLOBAL_UNICAST = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")
_LOOK_UPS = BoundedSemaphore(256)


class AddressRefused(ValueError):
    """This address must not be called."""


class Target(NamedTuple):
    """Where an address leads: the host is in lower case, an IPv6 one without its brackets."""

    scheme: str
    host: str
    port: int


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address belongs to the public internet.

    ``ipaddress`` alone does not: on Python 3.11 ``is_global`` holds for multicast, site-local, NAT64 and 6to4.
    """
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not any(
        address in network for network in _NOT_PUBLIC if network.version == address.version
    )


def read_web_address(url: str) -> Target:
    """Take an address apart, if all parsers would do it alike.

    Raises:
        AddressRefused: it is no http(s) address, or has a user, a fragment, a backslash, a letter beyond ASCII, or a host
            that some would take for a number.

    """
    match = _WEB_ADDRESS.fullmatch(url)
    if match is None:
        raise AddressRefused(
            "It must be an http(s) address in plain ASCII, without a user name and without a fragment."
        )
    scheme, host = match["scheme"].lower(), match["host"].lower().strip("[]")
    port = int(match["port"] or _DEFAULT_PORTS[scheme])
    if not 0 < port < 65_536:
        raise AddressRefused("It has a port that does not exist.")
    if find_literal(host) is None and not _is_name(host):
        raise AddressRefused("Its host is neither a name nor a well-formed IP address.")
    return Target(scheme, host, port)


def _is_name(host: str) -> bool:
    labels = host.removesuffix(".").split(".")
    return all(0 < len(label) < 64 for label in labels) and ":" not in host and not _NUMBER.fullmatch(labels[-1])


def check_target(target: Target, *, plain_http: bool = False, private: bool = False) -> None:
    """Refuse what must not be called, as far as it can be seen without asking for the name's addresses.

    Args:
        target: where a call would go.
        plain_http: whether it may go unencrypted.
        private: whether it may go anywhere: to this machine, to the neighbours, unencrypted.

    Raises:
        AddressRefused: it must not.

    """
    if private:
        return
    if target.scheme != "https" and not plain_http:
        raise AddressRefused("It must begin with https://.")
    if target.port != _DEFAULT_PORTS[target.scheme] and target.port < LOWEST_PORT:
        raise AddressRefused(f"Its port must be {_DEFAULT_PORTS[target.scheme]} or at least {LOWEST_PORT}.")
    literal = find_literal(target.host)
    if literal is not None and not is_public(literal):
        raise AddressRefused("It must be reachable from the public internet.")


def find_literal(host: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address that a host is; None when it is a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


class CheckedResolver(AbstractResolver):
    """Resolves names for aiohttp's connector, and knows none that has an address which must not be called."""

    def __init__(self, *, private: bool = False, look_up: LookUp | None = None) -> None:
        """Prepare.

        Args:
            private: whether every address may be called.
            look_up: who is asked; the system by default.

        """
        self._private = private
        self._look_up = look_up or ask_the_system

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return every address of a name.

        Raises:
            OSError: there is none, or one of them must not be called; the same words for both.

        """
        addresses = [ip_address(text) for text in await self._look_up(host, port)]
        if not addresses or not (self._private or all(map(is_public, addresses))):
            raise OSError("The name leads nowhere.")
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
            if family == socket.AF_UNSPEC or (family == socket.AF_INET) == (address.version == 4)
        ]

    async def close(self) -> None:
        """Nothing is kept open."""


async def ask_the_system(host: str, port: int, *, ask: Callable[..., Iterable[Any]] = socket.getaddrinfo) -> list[str]:
    """Look a name up in a thread of its own.

    Names that others gave us can hang for as long as a resolver is patient. In the loop's own pool a handful of them would hold
    up everything else that needs it, and the end of the process, too.

    Args:
        host: the name.
        port: the port it is wanted for.
        ask: what blocks until there is an answer, with the arguments and the answer of ``socket.getaddrinfo``.

    Raises:
        OSError: the name has no address, or too many names are being looked up.

    """
    if not _LOOK_UPS.acquire(blocking=False):
        raise OSError("Too many names are being looked up.")
    loop = get_running_loop()
    answer: Future[list[str]] = loop.create_future()

    def tell(found: list[str] | None) -> None:
        if answer.done():
            return
        if found is None:
            answer.set_exception(OSError("The name cannot be looked up."))
        else:
            answer.set_result(found)

    def work() -> None:
        try:
            addresses = ask(host, port, type=socket.SOCK_STREAM)
            found = list(dict.fromkeys(str(address[0]) for *_, address in addresses))
        except (OSError, UnicodeError):
            found = None
        finally:
            _LOOK_UPS.release()
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(tell, found)

    Thread(target=work, name="look-up", daemon=True).start()
    return await answer
