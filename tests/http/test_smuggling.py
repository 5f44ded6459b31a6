"""Heads that two programs in a row might read in two ways: what the server beneath refuses, what it settles, what we refuse.

docs/explanation/limits.md tells the same; the rows about the server hold it to what it does today.
"""

import pytest

from tests.support.gateway import MODEL, Api, RunningGateway
from tests.support.rawclient import JSON, head, talk

LIST = "POST /v1/private-avatar/groups/list HTTP/1.1"
HEALTH = "GET /healthz HTTP/1.1"
STOWAWAY = b"GET /readyz HTTP/1.1\r\nHost: gateway\r\n\r\n"


@pytest.mark.parametrize(
    ("fields", "rest"),
    [
        (["Content-Length: 2", "Content-Length: 4"], b"{}  "),
        (["Content-Length: 2, 4"], b"{}  "),
        (["Content-Length: +2"], b"{}"),
        (["Content-Length: -2"], b"{}"),
        (["Content-Length: 0x2"], b"{}"),
        (["Content-Length: 99999999999999999999999"], b"{}"),
        (["Content-Length:"], b"{}"),
        (["Transfer-Encoding: identity"], b"{}"),
        (["Transfer-Encoding: chunked, gzip"], b"2\r\n{}\r\n0\r\n\r\n"),
        (["Transfer-Encoding : chunked"], b"2\r\n{}\r\n0\r\n\r\n"),
        (["X-Request-Id: a", " b"], b""),
        (["X-Request-Id: a\rb"], b""),
        (["X-Request-Id: a\0b"], b""),
        (["X Request Id: a"], b""),
        ([": a"], b""),
        (["no colon"], b""),
    ],
)
async def test_the_server_refuses_and_closes(gateway: RunningGateway, fields: list[str], rest: bytes) -> None:
    answers = await talk(gateway, head(LIST, JSON, *fields) + rest + STOWAWAY)
    assert [answer.status for answer in answers] == [400]


@pytest.mark.parametrize(
    "line",
    [
        "GET /healthz",
        "GET /healthz HTTP/3.0",
        "GET /hea lthz HTTP/1.1",
        "GET /\xff HTTP/1.1",
        "GET /healthz?\xff HTTP/1.1",
        "G\xe9T /healthz HTTP/1.1",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
    ],
)
async def test_a_request_line_that_is_none_is_refused(gateway: RunningGateway, line: str) -> None:
    answers = await talk(gateway, head(line) + STOWAWAY)
    assert [answer.status for answer in answers] == [400]


@pytest.mark.parametrize("coding", ["gzip, chunked", "chunked, chunked", "x, chunked"])
async def test_only_plain_chunks_are_understood(gateway: RunningGateway, coding: str) -> None:
    answers = await talk(gateway, head(LIST, JSON, f"Transfer-Encoding: {coding}") + b"2\r\n{}\r\n0\r\n\r\n")
    assert answers[0].status == 400
    assert all(answer.status == 400 for answer in answers)


@pytest.mark.parametrize(
    "fields", [["Content-Length: 5", "Transfer-Encoding: chunked"], ["Transfer-Encoding: chunked", "Content-Length: 5"]]
)
async def test_chunks_and_a_content_length_together_are_refused_and_the_connection_ends(
    gateway: RunningGateway, api: Api, fields: list[str]
) -> None:
    """RFC 9112 §6.1 lets a server reject what two programs may read in two ways; nothing is left to smuggle."""
    body = b"2\r\n{}\r\n0\r\n\r\n"
    request = head(LIST, JSON, *fields, key=api.key).replace(b"Connection: close\r\n", b"")
    answers = await talk(gateway, request + body + STOWAWAY)
    assert [answer.status for answer in answers] == [400]
    assert answers[0].code == "InvalidParameter.Request"
    assert answers[0].headers["connection"] == "close"


async def test_what_comes_after_a_body_is_the_next_request_and_nothing_else(gateway: RunningGateway, api: Api) -> None:
    first = head(LIST, JSON, "Content-Length: 2", key=api.key).replace(b"Connection: close\r\n", b"") + b"{}"
    answers = await talk(gateway, first + head(HEALTH))
    assert [answer.status for answer in answers] == [400, 200]


async def test_a_refused_body_is_not_read_as_the_next_request(gateway: RunningGateway) -> None:
    request = head(LIST, JSON, f"Content-Length: {len(STOWAWAY)}").replace(b"Connection: close\r\n", b"")
    answers = await talk(gateway, request, STOWAWAY, head(HEALTH))
    assert [answer.status for answer in answers] == [401, 200]


async def test_a_line_ends_in_both_its_characters(gateway: RunningGateway) -> None:
    """RFC 9112 §2.2 would let a recipient take a lone LF for a line's end; the server does not, nor a lone CR."""
    for ending in (b"\n", b"\r"):
        answers = await talk(gateway, head(HEALTH, "X-Request-Id: abc").replace(b"\r\n", ending) + STOWAWAY)
        assert [answer.code for answer in answers] == ["InvalidParameter.Request"]


async def test_rubbish_behind_a_request_takes_nothing_from_its_answer(gateway: RunningGateway, api: Api) -> None:
    body = b'{"model":"%s"}' % MODEL.encode()
    first = head(LIST, JSON, f"Content-Length: {len(body)}", key=api.key).replace(b"Connection: close\r\n", b"")
    answers = await talk(gateway, first + body + b"\0rubbish")
    assert [answer.status for answer in answers] == [200]


@pytest.mark.parametrize("hosts", [b"", b"Host: a\r\nHost: b\r\n", b"Host: evil.example\r\n"])
async def test_nothing_depends_on_the_host(gateway: RunningGateway, hosts: bytes) -> None:
    [answer] = await talk(gateway, head(HEALTH).replace(b"Host: gateway\r\n", hosts))
    assert answer.status == 200


async def test_no_header_of_ours_can_be_written_by_a_caller(gateway: RunningGateway, api: Api) -> None:
    """Percent-encoded line ends in the path, the query or a value never become lines of the answer."""
    for target in (
        "/cb/a%0d%0aSet-Cookie:%20a=b",
        "/cb/a?bytedToken=a%0d%0aSet-Cookie:%20a=b",
        "/%0d%0aSet-Cookie:a=b",
    ):
        [answer] = await talk(gateway, head(f"GET {target} HTTP/1.1"))
        assert 400 <= answer.status < 500
        assert "set-cookie" not in answer.headers
    answer = await api.call("CreateVisualValidateSession", CallbackURL="https://a.example/\r\nSet-Cookie: a=b")
    assert (answer.status, answer.code) == (400, "InvalidParameter.CallbackURL")
