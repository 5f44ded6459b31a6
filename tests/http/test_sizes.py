"""The largest body, against a gateway in a process of its own whose memory is watched."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil
import pytest

from stagedoor.contract.operations import BY_ACTION
from tests.support.gateway import MODEL, Answer, Api, RunningGateway, free_port
from tests.support.hostile import MIB
from tests.support.rawclient import JSON, answers, head, read_to_end, talk
from tests.support.serving import ServingProcess

LIST = f"POST {BY_ACTION['ListAssetGroups'].path} HTTP/1.1"
BLOCK = b"x" * 65_536
SOME_MEMORY = 8 * MIB
HUNDRED = 100 * MIB


class Upload(NamedTuple):
    """What came of a body that was sent for as long as the server took it."""

    answer: Answer
    sent: int
    memory: int


async def upload(serving: ServingProcess, request: bytes, *, size: int, chunked: bool) -> Upload:
    process = psutil.Process(serving.process.pid)
    before = most = process.memory_info().rss
    block = b"%x\r\n%s\r\n" % (len(BLOCK), BLOCK) if chunked else BLOCK
    reader, writer = await asyncio.open_connection("127.0.0.1", serving.settings.port)
    reading = asyncio.create_task(read_to_end(reader))
    sent = 0
    async with asyncio.timeout(20):
        with suppress(ConnectionError):
            writer.write(request)
            while sent < size and not reading.done():
                writer.write(block)
                await writer.drain()
                sent += len(BLOCK)
                most = max(most, process.memory_info().rss)
        received = await reading
    writer.close()
    [answer] = answers(received)
    return Upload(answer, sent, most - before)


@pytest.fixture
async def serving(gateway: RunningGateway, tmp_path: Path) -> AsyncIterator[ServingProcess]:
    """Yield `stagedoor serve` on the gateway's database."""
    settings = msgspec.structs.replace(gateway.settings, port=free_port())
    async with ServingProcess(settings, tmp_path / "serve.log") as process:
        yield process


def check_too_large(answer: Answer) -> None:
    assert (answer.status, answer.code) == (413, "RequestTooLarge")
    assert answer.metadata["Action"] == "ListAssetGroups"


async def test_a_hundred_mebibytes_are_refused_early_and_held_nowhere(serving: ServingProcess, api: Api) -> None:
    """The answer is there before the second mebibyte; what is still on its way is thrown away, for a while."""
    for field, chunked in ((f"Content-Length: {HUNDRED}", False), ("Transfer-Encoding: chunked", True)):
        for key in (api.key, ""):
            result = await upload(serving, head(LIST, JSON, field, key=key), size=HUNDRED, chunked=chunked)
            if key:
                check_too_large(result.answer)
            else:
                assert result.answer.status == 401
            assert result.sent < HUNDRED / 2
            assert result.memory < SOME_MEMORY


async def test_the_answer_comes_before_the_second_mebibyte(gateway: RunningGateway, api: Api) -> None:
    """The sender stops where it is, and the answer comes all the same."""
    declared = head(LIST, JSON, f"Content-Length: {HUNDRED}", key=api.key)
    chunked = head(LIST, JSON, "Transfer-Encoding: chunked", key=api.key)
    for request in (declared, chunked + b"%x\r\n" % HUNDRED + b"x" * (MIB + 1)):
        [answer] = await talk(gateway, request)
        check_too_large(answer)


async def test_a_body_that_goes_on_beyond_its_length_is_cut_off_there(gateway: RunningGateway, api: Api) -> None:
    body = msgspec.json.encode({"model": MODEL})
    request = head(LIST, JSON, f"Content-Length: {len(body)}", key=api.key)
    [answer] = await talk(gateway, request + body, BLOCK, BLOCK)
    assert answer.status == 200


async def test_a_mebibyte_is_taken_and_a_byte_more_is_not(gateway: RunningGateway, api: Api) -> None:
    body = msgspec.json.encode({"model": MODEL})
    [taken] = await talk(gateway, head(LIST, JSON, f"Content-Length: {MIB}", key=api.key), body.ljust(MIB))
    assert taken.status == 200
    [refused] = await talk(gateway, head(LIST, JSON, f"Content-Length: {MIB + 1}", key=api.key), body.ljust(MIB + 1))
    check_too_large(refused)


def post_without_listening(port: int, body: bytes) -> int:
    """Send everything before reading anything, as most clients do, and return the status."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(
            "POST", BY_ACTION["CreateAsset"].path, body=body, headers={"Content-Type": "application/json"}
        )
        return connection.getresponse().status
    finally:
        connection.close()


async def test_a_sender_that_does_not_listen_gets_to_read_why_it_was_refused(gateway: RunningGateway) -> None:
    """A connection closed under a body in flight is reset, and the answer with it: so the rest is read and thrown away."""
    for _ in range(10):
        assert await asyncio.to_thread(post_without_listening, gateway.settings.port, b"x" * (4 * MIB)) == 401
