"""Nothing but the public internet is ever called on somebody's word."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from ipaddress import ip_address, ip_network
from random import Random
from typing import Any

import pytest
from aiohappyeyeballs import AddrInfoType
from aiohttp import ClientConnectorError, ClientSession, DummyCookieJar, TCPConnector
from aiohttp.abc import ResolveResult

from stagedoor.addresses import (
    AddressRefused,
    CheckedResolver,
    ask_the_system,
    check_target,
    is_public,
    read_web_address,
)


def words(text: str) -> list[str]:
    return text.split()


INSIDE = words("""
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.96.0.96 100.127.255.255 127.0.0.1 127.255.255.254
168.63.129.16 169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.8 192.0.0.170
192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1
233.252.0.1 239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:10.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:8.8.8.8 64:ff9b::a00:1
64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 64:ff9b:1::808:808 100::1 2001::1 2001:0:7f00:1:: 2001:2::1 2001:10::1
2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a00:1:: 2002:808:808:: 3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fd12:3456::1
fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
""")
OUTSIDE = words("""
1.1.1.1 8.8.8.8 9.9.9.9 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 172.15.255.255 172.32.0.0 180.76.76.76
192.1.0.1 223.255.255.254 2400:3200::1 2606:4700:4700::1111 2a00:1450:4001::1 64:ff9b::808:808
""")
REFUSED = words("""
http://a.example/ https://10.0.0.1/ https://127.0.0.1/hook https://[::1]/ https://[::ffff:127.0.0.1]/ https://[fe80::1]/
https://2130706433/ https://0x7f000001/ https://0x7f.1/ https://0177.0.0.1/ https://127.1/ https://127.0.1/ https://0/
https://127.0.0.1./ https://127.0.0.01/ https://1.2.3.4.5/ https://256.0.0.1/ https://a.0x10/ https://a.7/ https://[::1%25lo]/
https://[fe80::1%25eth0]/ https://user@a.example/ https://user:pw@a.example/ https://@a.example/ https://8.8.8.8@127.0.0.1/
https://a.example:22/ https://a.example:25/ https://a.example:80/ https://a.example:0/ https://a.example:65536/
https://a.example:99999/ https://a.example:/ https://a.example:443x/ https://a.example#@127.0.0.1/ https://a.example/#top
https://a.example\\@127.0.0.1/ https://a.example/\\x https:\\\\a.example/ https:/a.example/ https:///a.example/ https://
https://./ https://a..b/ https://.a.example/ https://１２７.０.０.１/ https://ⓛocalhost/ https://例.example/ https://a。example/
https://a.example/é https://a%2eexample/ https://%31%32%37.0.0.1/ https://[::1 https://::1/ https://[1.2.3.4]/ https://[]/
ftp://a.example/ gopher://a.example/ file:///etc/passwd javascript:alert(1) //a.example/ a.example data:,x
""")
ACCEPTED = [
    ("https://a.example", ("https", "a.example", 443)),
    ("https://A.Example/hook?x=1&y=%20", ("https", "a.example", 443)),
    ("HTTPS://a.example:8443/", ("https", "a.example", 8443)),
    ("https://a.example./", ("https", "a.example.", 443)),
    ("https://xn--fsq.example/", ("https", "xn--fsq.example", 443)),
    ("https://8.8.8.8/", ("https", "8.8.8.8", 443)),
    ("https://[2606:4700:4700::1111]:4433/", ("https", "2606:4700:4700::1111", 4433)),
    ("https://a.example/user@host", ("https", "a.example", 443)),
]


def test_the_tables_are_long_enough() -> None:
    assert len(INSIDE) > 60
    assert len(REFUSED) > 50


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_outside_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("prefix", ["64:ff9b::", "::ffff:"])
def test_an_address_that_holds_another_is_no_more_public_than_that(prefix: str) -> None:
    dice = Random(7)
    for _ in range(2000):
        inner = ip_address(dice.getrandbits(32))
        held = ip_address(int(ip_address(f"{prefix}0.0.0.0")) + int(inner))
        assert not is_public(held) or is_public(inner)


def test_whatever_python_calls_private_or_reserved_is_not_public() -> None:
    dice = Random(11)
    for network in map(ip_network, ("0.0.0.0/0", "::/0", "2000::/3")):
        for _ in range(3000):
            address = network[dice.randrange(network.num_addresses)]
            if address.is_private or address.is_multicast or address.is_reserved or address.is_link_local:
                assert not is_public(address)


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_is_private_or_that_parsers_read_differently_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_target(read_web_address(url))


@pytest.mark.parametrize("character", [*map(chr, range(0x21)), "\x7f", "\u200b", "\u2028"])
def test_no_blank_and_no_control_character_is_accepted_anywhere(character: str) -> None:
    for url in (f"{character}https://a.example/", f"https://a{character}.example/", f"https://a.example/{character}"):
        with pytest.raises(AddressRefused):
            read_web_address(url)


@pytest.mark.parametrize(("url", "target"), ACCEPTED)
def test_a_public_address_is_taken_apart(url: str, target: tuple[str, str, int]) -> None:
    check_target(read_web_address(url))
    assert read_web_address(url) == target


def test_plain_http_and_private_addresses_can_be_allowed_apart() -> None:
    check_target(read_web_address("http://a.example/"), plain_http=True)
    with pytest.raises(AddressRefused):
        check_target(read_web_address("http://127.0.0.1/"), plain_http=True)
    check_target(read_web_address("http://127.0.0.1:80/"), private=True)


async def answers(*addresses: str) -> list[str]:
    return [*addresses]


async def test_one_address_inside_among_others_makes_the_name_unknown() -> None:
    resolver = CheckedResolver(look_up=lambda _host, _port: answers("8.8.8.8", "2606:4700::1", "::1"))
    with pytest.raises(OSError, match="leads nowhere"):
        await resolver.resolve("a.example", 443)
    resolver = CheckedResolver(look_up=lambda _host, _port: answers("8.8.8.8", "2606:4700::1"))
    assert [found["host"] for found in await resolver.resolve("a.example", 443)] == ["8.8.8.8", "2606:4700::1"]
    only_v4 = await resolver.resolve("a.example", 443, socket.AF_INET)
    assert [found["host"] for found in only_v4] == ["8.8.8.8"]


async def test_a_name_that_changes_its_address_is_never_connected_to_inside() -> None:
    """Rebinding: the name is public when it is looked at, and leads to this machine a moment later, or the other way round."""
    asked: list[str] = []
    called: list[str] = []

    async def flip(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["8.8.8.8"] if len(asked) % 2 else ["127.0.0.1"]

    def no_socket(address: AddrInfoType) -> socket.socket:
        called.append(str(address[4][0]))
        raise OSError("nothing is really called")

    connector = TCPConnector(resolver=CheckedResolver(look_up=flip), use_dns_cache=False, socket_factory=no_socket)
    async with ClientSession(connector=connector, cookie_jar=DummyCookieJar()) as session:
        for _ in range(1000):
            with pytest.raises(ClientConnectorError):
                await session.get("http://flip.example/")
    assert len(asked) == 1000
    assert called == ["8.8.8.8"] * 500


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """The name is asked for once per connection; the Host header keeps it."""
    asked: list[str] = []
    heads: list[bytes] = []

    async def look_up(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    resolver = CheckedResolver(private=True, look_up=look_up)
    connector = TCPConnector(resolver=resolver, use_dns_cache=False)
    async with ClientSession(connector=connector) as session, session.get(f"http://a.example:{port}/hook") as response:
        assert response.status == 204
    server.close()
    await server.wait_closed()
    assert asked == ["a.example"]
    assert f"Host: a.example:{port}".encode() in heads[0]


async def test_a_name_that_cannot_be_written_down_is_unknown() -> None:
    with pytest.raises(OSError, match="cannot be looked up"):
        await CheckedResolver().resolve("a" * 300, 443)


class SlowNames:
    """A resolver that does not answer for some names until it is released."""

    def __init__(self) -> None:
        self._over = threading.Event()

    def ask(self, host: str, *args: Any, **options: Any) -> list[Any]:
        if host.endswith(".hangs.example"):
            self._over.wait(30)
            raise OSError
        return socket.getaddrinfo(host, *args, **options)

    @asynccontextmanager
    async def hanging(self, count: int) -> AsyncIterator[list[asyncio.Task[list[ResolveResult]]]]:
        """Ask for so many names at once."""
        resolver = CheckedResolver(private=True, look_up=partial(ask_the_system, ask=self.ask))
        tasks = [asyncio.create_task(resolver.resolve(f"{number}.hangs.example", 443)) for number in range(count)]
        await asyncio.sleep(0)
        try:
            yield tasks
        finally:
            self._over.set()
            await asyncio.gather(*tasks, return_exceptions=True)


async def test_names_that_hang_hold_up_nothing_else() -> None:
    """Neither what needs the loop's own threads, nor the look-up of other names."""
    names = SlowNames()
    other = CheckedResolver(private=True, look_up=partial(ask_the_system, ask=names.ask))
    async with names.hanging(100), asyncio.timeout(5):
        assert await asyncio.to_thread(lambda: "done") == "done"
        assert [found["host"] for found in await other.resolve("127.0.0.1", 443)] == ["127.0.0.1"]


async def test_more_names_at_once_than_there_may_be_are_refused_at_once() -> None:
    async with SlowNames().hanging(300) as tasks:
        refused, waiting = await asyncio.wait(tasks, timeout=0.1)
        assert len(waiting) == 256
        for task in refused:
            assert "Too many names" in str(task.exception())
