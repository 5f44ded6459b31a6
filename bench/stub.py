"""An upstream as fast as Python allows: it answers the Ark Action API with the right shapes and checks nothing.

It is a measuring instrument, not a stand-in for tests; that is ``stagedoor.emulator``.
"""

import argparse
import asyncio
import re
import time
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import msgspec
import uvloop

from bench.load import Call, send
from bench.process import Server, free_port, python_module, running

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_ACTION = re.compile(rb"[?&]Action=(\w+)")
_HEAD_LIMIT = 65_536


class _Input(msgspec.Struct):
    Id: str = ""
    CallbackURL: str = ""
    BytedToken: str = ""


class Asked(msgspec.Struct):
    """A face check: where the browser comes back to, and when its result was first asked for (monotonic, 0: never)."""

    callback_path: str
    at: float = 0.0


def asked(port: int) -> dict[str, Asked]:
    """Return the face checks of the stub by their tokens."""
    _, body = send(port, Call("GET", "/checks"))
    return msgspec.json.decode(body, type=dict[str, Asked])


class Answers:
    """What the stub says; every id is unique within one run of it."""

    def __init__(self) -> None:
        self._stamp = time.strftime("%Y%m%d%H%M%S")
        self._numbers = count(1)
        self._group = self._new_id("group")
        self._checks: dict[str, Asked] = {}
        self._actions = {
            b"CreateAsset": self._create_asset,
            b"CreateAssetGroup": self._create_group,
            b"GetAsset": self._get_asset,
            b"CreateVisualValidateSession": self._create_session,
            b"GetVisualValidateResult": self._get_result,
        }

    def answer(self, line: bytes, body: bytes) -> bytes:
        """Return the whole response to a request, given its first line and its body."""
        if line.startswith(b"GET /healthz "):
            return _response(b"200 OK", b"{}")
        if line.startswith(b"GET /checks "):
            return _response(b"200 OK", msgspec.json.encode(self._checks))
        found = _ACTION.search(line)
        name = found[1] if found else b""
        action = self._actions.get(name)
        if action is None:
            return _response(b"400 Bad Request", self._envelope(name, b',"Error":{"Code":"InvalidAction"}', b"{}"))
        return _response(b"200 OK", self._envelope(name, b"", action(body)))

    def _new_id(self, kind: str) -> str:
        return f"{kind}-{self._stamp}-{next(self._numbers):07x}"

    def _envelope(self, action: bytes, error: bytes, result: bytes) -> bytes:
        return (
            b'{"ResponseMetadata":{"RequestId":"%s%020X","Action":"%s","Version":"2024-01-01",'
            b'"Service":"ark","Region":"cn-beijing"%s},"Result":%s}'
        ) % (self._stamp.encode(), next(self._numbers), action, error, result)

    def _create_asset(self, _body: bytes) -> bytes:
        return b'{"Id":"%s"}' % self._new_id("asset").encode()

    def _create_group(self, _body: bytes) -> bytes:
        self._group = self._new_id("group")
        return b'{"Id":"%s"}' % self._group.encode()

    def _get_asset(self, body: bytes) -> bytes:
        asked = msgspec.json.decode(body, type=_Input)
        return msgspec.json.encode(
            {
                "Id": asked.Id,
                "GroupId": self._group,
                "Name": "",
                "AssetType": "Image",
                "Status": "Active",
                "URL": f"https://assets.example/{asked.Id}?X-Tos-Expires=43200",
                "ProjectName": "default",
                "CreateTime": "2026-06-01T11:17:15Z",
                "UpdateTime": "2026-06-01T11:17:15Z",
            }
        )

    def _create_session(self, body: bytes) -> bytes:
        callback_url = msgspec.json.decode(body, type=_Input).CallbackURL
        token = f"{self._stamp}{next(self._numbers):020X}"
        self._checks[token] = Asked(urlsplit(callback_url).path)
        link = f"https://h5.example/?bytedToken={token}&lng=zh"
        return msgspec.json.encode({"BytedToken": token, "H5Link": link, "CallbackURL": callback_url})

    def _get_result(self, body: bytes) -> bytes:
        check = self._checks.get(msgspec.json.decode(body, type=_Input).BytedToken)
        if check is not None and not check.at:
            check.at = time.monotonic()
        return b'{"GroupId":"%s"}' % self._new_id("group").encode()


def _response(status: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


class StubProtocol(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, bodies by Content-Length only."""

    def __init__(self, answers: Answers, delay: float) -> None:
        self._answers = answers
        self._delay = delay
        self._buffer = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports write, but do not inherit from asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._buffer, 0, end)
            stop = end + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < stop:
                return
            request, self._buffer = self._buffer[:stop], self._buffer[stop:]
            self._reply(self._answers.answer(request[: request.find(b"\r\n")], request[end + 4 :]))
        if len(self._buffer) > _HEAD_LIMIT:
            self._transport.abort()

    def _reply(self, response: bytes) -> None:
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, response)
        else:
            self._transport.write(response)


def start(work: Path, *, delay_ms: int = 0) -> AbstractContextManager[Server]:
    """Run the stub as a process of its own; each Action is answered after ``delay_ms``."""
    port = free_port()
    command = python_module("bench.stub", "--port", str(port), "--delay-ms", str(delay_ms))
    return running("stub", command, port=port, work=work)


async def serve(port: int, delay: float) -> None:
    answers = Answers()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: StubProtocol(answers, delay), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--delay-ms", type=int, default=0)
    options = parser.parse_args()
    uvloop.run(serve(options.port, options.delay_ms / 1000))


if __name__ == "__main__":
    main()
