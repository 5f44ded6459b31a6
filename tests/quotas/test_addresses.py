"""Counting by address: exact in its period, in bounded memory, whoever claims to be whom."""

import gc
import time
import tracemalloc
from ipaddress import ip_network

import pytest

from stagedoor.http.client import Proxies, one_client
from stagedoor.quotas.addresses import REMEMBERED, AddressCounts
from stagedoor.quotas.door import RateLimited
from stagedoor.quotas.rates import rate_of

SECOND = 1_000_000
PROXIES = Proxies([ip_network("10.0.0.0/8"), ip_network("fd00::/8"), ip_network("192.0.2.1")])


class Counts:
    """Counts under a clock that is set by hand."""

    def __init__(self, rate: str, *, remembered: int = REMEMBERED) -> None:
        self.now = 0
        [limit] = rate_of("address", "", rate, "")
        self.counts = AddressCounts(limit, remembered=remembered, now=lambda: self.now)

    def takes(self, address: str, count: int = 1) -> int:
        """Return how many of so many calls pass."""
        return sum(self._takes(address) for _ in range(count))

    def _takes(self, address: str) -> bool:
        try:
            self.counts.take(address)
        except RateLimited:
            return False
        return True


def test_an_address_has_its_rate_in_each_period_and_the_others_have_theirs() -> None:
    counts = Counts("20/s")
    for second in range(60):
        counts.now = second * SECOND
        assert counts.takes("192.0.2.7", 30) == 20
        assert counts.takes("192.0.2.8", 5) == 5
        counts.now += SECOND - 1
        assert counts.takes("192.0.2.7") == 0


def test_who_is_refused_is_told_until_when() -> None:
    counts = Counts("2/m")
    assert counts.takes("a", 2) == 2
    counts.now = 18 * SECOND + 1
    with pytest.raises(RateLimited) as refused:
        counts.counts.take("a")
    assert refused.value.error.retry_after is not None
    assert 41 < refused.value.error.retry_after.total_seconds() < 42
    assert dict(refused.value.headers) == {
        b"ratelimit-policy": b'"address";q=2;w=60',
        b"ratelimit": b'"address";r=0;t=42',
    }


def test_who_has_not_called_for_longest_is_forgotten_first() -> None:
    counts = Counts("1/d", remembered=3)
    assert [counts.takes(address) for address in "abcadabc"] == [1, 1, 1, 0, 1, 0, 1, 1]


def test_eighty_thousand_addresses_take_no_more_room_than_twenty_thousand() -> None:
    counts = Counts("1/d")
    tracemalloc.start()
    for number in range(REMEMBERED):
        counts.takes(f"2001:db8:{number:x}::/64")
    gc.collect()
    full, _ = tracemalloc.get_traced_memory()
    for number in range(3 * REMEMBERED):
        counts.takes(f"2001:db8:1:{number:x}::/64")
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after < 1.5 * full < 9_000_000
    begun = time.process_time()
    for number in range(10_000):
        counts.takes(f"2001:db8:2:{number:x}::/64")
    assert time.process_time() - begun < 1  # 100 µs each, where it takes some


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),  # no proxy of ours: what it says is its own
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.9, 198.51.100.1"], "198.51.100.1"),  # the left one is the client's invention
        ("10.0.0.1", ["198.51.100.1, 10.2.3.4,192.0.2.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.9", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.9, 10.0.0.8"], "10.0.0.9"),
        ("10.0.0.1", ["198.51.100.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, , 10.0.0.7"], "10.0.0.7"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("fd00::1", ["[2001:db8::5]:4711"], "2001:db8::5"),
        ("::ffff:10.0.0.1", ["2001:db8::5"], "2001:db8::5"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_the_nearest_address_that_is_no_trusted_proxy_is_the_clients(
    peer: str, forwarded: list[str], client: str
) -> None:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    assert PROXIES.client_of({"client": (peer, 1), "headers": headers}) == client


@pytest.mark.parametrize(
    ("address", "shared"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("nobody", ""),
    ],
)
def test_sixty_four_bits_of_ipv6_are_one_client(address: str, shared: str) -> None:
    assert one_client(address) == shared
