"""The emulator as tests meet it: its control API, and its front door with the official signer's signature."""

import asyncio
import io
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import aiohttp
import msgspec
from aiohttp import web
from volcenginesdkcore.signv4 import SignerV4

from stagedoor.emulator import RunningEmulator

POLL_SECONDS = 0.01


class Hold:
    """Calls of one action that are made to wait in the emulator."""

    def __init__(self, control: "EmulatorControl", name: str) -> None:
        self._control = control
        self._name = name

    async def wait(self, count: int = 1, *, seconds: float = 10) -> None:
        """Return when so many calls are held; fail the test when that takes longer than ``seconds``."""
        deadline = time.monotonic() + seconds
        while (held := await self.count()) < count:
            assert time.monotonic() < deadline, f"{held} of {count} calls are held after {seconds} s"
            await asyncio.sleep(POLL_SECONDS)

    async def count(self) -> int:
        held = (await self._control.ask("GET", "held"))["held"]
        return sum(call["name"] == self._name for call in held)

    async def release(self) -> None:
        """Let the held calls go; calls that come later are held no more."""
        await self._control.ask("DELETE", f"faults?name={self._name}")
        await self._control.ask("POST", "release", {"name": self._name})


class EmulatorControl:
    """A client of ``/_emulator/``: plays the person, orders troubles, reads the ledger, moves the clock."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.close()

    @property
    def http(self) -> aiohttp.ClientSession:
        assert self._http is not None, "enter EmulatorControl before using it"
        return self._http

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, f"{self.url}/_emulator/{path}", json=body) as response:
            document = await response.json()
            assert response.ok, (response.status, document)
            return document

    async def ledger(self, action: str | None = None) -> list[dict[str, Any]]:
        return (await self.ask("GET", "ledger" + (f"?action={action}" if action else "")))["calls"]  # type: ignore[no-any-return]  # JSON

    async def calls(self, action: str | None = None) -> int:
        """Return how many calls of an action have come in, those in flight included."""
        return len(await self.ledger(action))

    async def complete(self, byted_token: str, outcome: str = "pass") -> str:
        """Play the person and return where the browser is sent."""
        answer = await self.ask("POST", f"sessions/{byted_token}", {"outcome": outcome})
        return str(answer["redirect"])

    async def fault(self, kind: str, action: str = "*", **fields: Any) -> None:
        await self.ask("POST", "faults", {"kind": kind, "action": action, **fields})

    async def settings(self, **changes: Any) -> dict[str, Any]:
        return await self.ask("PATCH", "settings", changes)  # type: ignore[no-any-return]  # JSON

    async def hold(self, action: str, *, times: int = 0, after: bool = False) -> Hold:
        """Make calls of an action wait, all until released unless ``times`` says how many."""
        name = f"hold-{action}"
        await self.fault("hold", action, times=times, after=after, name=name)
        return Hold(self, name)

    async def advance(self, seconds: float) -> None:
        await self.ask("POST", "clock", {"advance_seconds": seconds})

    async def reset(self) -> None:
        await self.ask("POST", "reset")


class Answer(msgspec.Struct, frozen=True):
    """What the front door answered, as bytes, and taken apart where it is an envelope."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def document(self) -> dict[str, Any]:
        return msgspec.json.decode(self.body, type=dict[str, Any])

    @property
    def result(self) -> dict[str, Any]:
        assert self.status == 200, (self.status, self.body)
        return self.document["Result"]  # type: ignore[no-any-return]  # JSON

    @property
    def error(self) -> dict[str, Any]:
        return self.document["ResponseMetadata"]["Error"]  # type: ignore[no-any-return]  # JSON

    @property
    def code(self) -> str:
        return str(self.error["Code"])


class SignedClient:
    """Calls actions with the signature of the official Python signer, and hides nothing of the answer."""

    def __init__(self, emulator: RunningEmulator, http: aiohttp.ClientSession) -> None:
        self.url = emulator.url
        self.access_key = emulator.access_key
        self.secret_key = emulator.secret_key
        self.session_token: str | None = None
        self.region = "cn-beijing"
        self._http = http

    def sign(self, action: str, body: str, *, path: str = "/", version: str = "2024-01-01") -> dict[str, str]:
        """Return the headers of a signed POST."""
        headers = {"Content-Type": "application/json", "Host": self.url.removeprefix("http://")}
        query = {"Action": action, "Version": version}
        SignerV4.sign(
            path,
            "POST",
            headers,
            body,
            {},
            query,
            self.access_key,
            self.secret_key,
            self.region,
            "ark",
            self.session_token,
        )
        return headers

    async def send(
        self, target: str, *, method: str = "POST", body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Answer:
        """Send bytes as they are."""
        async with self._http.request(method, self.url + target, data=io.BytesIO(body), headers=headers) as response:
            return Answer(response.status, await response.read(), response.headers)

    async def call(self, action: str, /, **body: Any) -> Answer:
        """Call an action with its fields."""
        return await self.call_at("/", action, body)

    async def call_at(self, path: str, action: str, body: dict[str, Any]) -> Answer:
        text = msgspec.json.encode(body).decode()
        headers = self.sign(action, text, path=path)
        return await self.send(f"{path}?Action={action}&Version=2024-01-01", body=text.encode(), headers=headers)

    async def ok(self, action: str, /, **body: Any) -> dict[str, Any]:
        """Call an action that must succeed and return its Result."""
        return (await self.call(action, **body)).result


@asynccontextmanager
async def file_server(content: bytes, content_type: str = "image/jpeg") -> AsyncIterator[str]:
    """Serve one file under every path and yield the address of the server, with a slash at its end."""

    async def serve(_request: web.Request) -> web.Response:
        return web.Response(body=content, content_type=content_type)

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
