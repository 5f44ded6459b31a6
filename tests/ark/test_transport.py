"""A request that failed was either surely not sent or perhaps sent, and the transport knows which."""

import asyncio
import socket
from datetime import timedelta

import pytest

from stagedoor.ark.transport import ANSWER_LIMIT, AiohttpTransport, Answer, AnswerTooLarge, NoAnswer, NotSent
from tests.support.rawserver import Play, drip, hang, head, http, raw_server, reset, say

OK = say(http({"a": 1}))


async def ask(
    transport: AiohttpTransport, url: str, method: str = "POST", body: bytes = b"{}", seconds: float = 5
) -> Answer:
    return await transport.send(method, url, headers={"X-A": "b"}, body=body, timeout=timedelta(seconds=seconds))


async def test_an_answer_comes_back_whole_with_lower_case_header_names(transport: AiohttpTransport) -> None:
    async with raw_server(say(http(b"teapot", status=418, headers={"X-Odd": "Yes"}))) as server:
        answer = await ask(transport, server.url + "/a%2Fb/?Action=X&v=%7E")
    assert (answer.status, answer.body, answer.headers["x-odd"]) == (418, b"teapot", "Yes")
    assert server.requests[0].startswith(b"POST /a%2Fb/?Action=X&v=%7E HTTP/1.1\r\n")
    assert server.requests[0].endswith(b"\r\n\r\n{}")


async def test_connections_are_kept_and_used_again(transport: AiohttpTransport) -> None:
    async with raw_server(OK) as server:
        for _ in range(5):
            await ask(transport, server.url)
        assert (len(server.requests), server.connections) == (5, 1)


async def test_a_server_that_closes_a_kept_connection_costs_one_answer_and_nothing_is_sent_twice(
    transport: AiohttpTransport,
) -> None:
    async with raw_server(OK, say(b"", keep=False), OK) as server:
        for method in ("GET", "POST"):
            server.requests.clear()
            await ask(transport, server.url, method)
            with pytest.raises(NoAnswer) as caught:
                await ask(transport, server.url, method)
            assert not caught.value.timed_out
            assert len(server.requests) == 2
            assert (await ask(transport, server.url, method)).status == 200


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "play",
    [
        say(b"", keep=False),
        reset(),
        reset(head(200, {"Content-Length": "9"})),
        say(http(b"123456789")[:-1], keep=False),
        say(head(200, {"Transfer-Encoding": "chunked"}) + b"5\r\nab", keep=False),
        say(b"nonsense\r\n\r\n", keep=False),
    ],
    ids=["FIN", "RST", "RST in body", "short", "short chunk", "nonsense"],
)
async def test_trouble_after_connecting_is_no_answer(method: str, play: Play, transport: AiohttpTransport) -> None:
    async with raw_server(play) as server:
        with pytest.raises(NoAnswer):
            await ask(transport, server.url, method)
        assert len(server.requests) == 1


@pytest.mark.parametrize("play", [hang(), drip(http(b"x" * 100), 0.05)], ids=["silence", "drip"])
async def test_time_running_out_is_said(play: Play, transport: AiohttpTransport) -> None:
    async with raw_server(play) as server:
        with pytest.raises(NoAnswer) as caught:
            await ask(transport, server.url, seconds=0.2)
    assert caught.value.timed_out


async def test_a_refused_connection_was_surely_not_sent(transport: AiohttpTransport) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        with pytest.raises(NotSent):
            await ask(transport, f"http://127.0.0.1:{sock.getsockname()[1]}/?secret=canary")


async def test_a_name_that_does_not_resolve_was_surely_not_sent(transport: AiohttpTransport) -> None:
    with pytest.raises(NotSent):
        await ask(transport, "http://stagedoor.invalid/")


async def test_a_server_without_tls_was_surely_not_sent_to(transport: AiohttpTransport) -> None:
    async with raw_server(OK) as server:
        with pytest.raises(NotSent):
            await ask(transport, server.url.replace("http:", "https:"))
        assert not server.requests


async def test_a_server_that_accepts_nobody_is_given_two_seconds(transport: AiohttpTransport) -> None:
    # The one place in the backlog is taken, so a further connection is never completed.
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for sock in (first, second):
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
        start = asyncio.get_running_loop().time()
        with pytest.raises(NotSent):
            await ask(transport, f"http://127.0.0.1:{full.getsockname()[1]}/", seconds=30)
        assert 1.5 < asyncio.get_running_loop().time() - start < 4


async def test_an_answer_of_one_mebibyte_is_read_and_a_byte_more_is_not(transport: AiohttpTransport) -> None:
    async with raw_server(say(http(b"x" * ANSWER_LIMIT)), say(http(b"x" * (ANSWER_LIMIT + 1)))) as server:
        assert len((await ask(transport, server.url)).body) == ANSWER_LIMIT
        with pytest.raises(AnswerTooLarge):
            await ask(transport, server.url)


async def test_an_endless_answer_is_cut_off(transport: AiohttpTransport) -> None:
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> bool:
        nonlocal sent
        writer.write(head(200, {"Connection": "close"}))
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    async with raw_server(endless) as server:
        with pytest.raises(AnswerTooLarge):
            await ask(transport, server.url)
        await asyncio.sleep(0.05)
        # What lies in the buffers of both sockets is sent without being read.
        assert sent < 16 * ANSWER_LIMIT


async def test_redirects_cookies_proxies_and_compression_are_left_alone(
    transport: AiohttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with raw_server(OK) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        moved = {"Location": "/elsewhere", "Set-Cookie": "a=b", "Content-Encoding": "gzip"}
        async with raw_server(say(http(b"\x1f\x8bnot really", status=307, headers=moved))) as server:
            for _ in range(2):
                answer = await ask(transport, server.url)
                assert (answer.status, answer.body) == (307, b"\x1f\x8bnot really")
            assert len(server.requests) == 2
            assert b"ookie" not in server.requests[1]
        assert not proxy.requests


async def test_a_closed_transport_opens_again_when_needed(transport: AiohttpTransport) -> None:
    async with raw_server(OK) as server:
        await ask(transport, server.url)
        await transport.close()
        await transport.close()
        await ask(transport, server.url)
        assert server.connections == 2


async def test_errors_do_not_repeat_the_address(transport: AiohttpTransport) -> None:
    async with raw_server(say(b"bad\r\n\r\n", keep=False)) as server:
        with pytest.raises(NoAnswer) as caught:
            await ask(transport, f"{server.url}/?BytedToken=canary")
    assert "canary" not in str(caught.value)
