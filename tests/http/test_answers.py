"""Answers on the wire: in order, whole, and as the version and the method want them."""

import asyncio

from tests.support.gateway import RunningGateway
from tests.support.rawclient import head, talk

MANY = 4_000


def kept(line: str, *fields: str) -> bytes:
    """Return a request head that leaves the connection open."""
    return head(line, *fields).replace(b"Connection: close\r\n", b"")


def numbered(number: int) -> bytes:
    return kept("GET /v1/nothing-here HTTP/1.1", f"X-Request-Id: r{number}")


async def test_who_reads_only_after_thousands_of_requests_gets_every_answer_in_order(gateway: RunningGateway) -> None:
    """So much waits for the reader that the server has to wait for them, too."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.settings.port, limit=1 << 16)
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport of asyncio's reads
    writer.write(b"".join(numbered(number) for number in range(MANY)))
    await asyncio.sleep(1)
    writer.transport.resume_reading()  # type: ignore[attr-defined]  # as above
    for number in range(MANY):
        fields = await reader.readuntil(b"\r\n\r\n")
        assert fields.startswith(b"HTTP/1.1 404 Not Found\r\n")
        assert b"\r\nx-request-id: r%d\r\n" % number in fields
        length = int(fields.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        assert b'"r%d"' % number in await reader.readexactly(length)
    writer.close()


async def test_the_answer_to_head_has_the_length_and_nothing_more(gateway: RunningGateway) -> None:
    get, asked = await talk(gateway, kept("GET /healthz HTTP/1.1") + head("HEAD /healthz HTTP/1.1"))
    assert get.body == b'{"status":"ok"}'
    assert (asked.status, asked.body) == (200, b"")
    assert asked.headers["content-length"] == get.headers["content-length"]


async def test_an_old_client_and_one_that_says_close_are_told_that_the_connection_ends(gateway: RunningGateway) -> None:
    for request in (kept("GET /healthz HTTP/1.0"), head("GET /healthz HTTP/1.1")):
        [answer] = await talk(gateway, request + head("GET /readyz HTTP/1.1"))
        assert (answer.status, answer.headers["connection"]) == (200, "close")
