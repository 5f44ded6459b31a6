"""The gateway as tests meet it: the one app, served by uvicorn on loopback, with an emulator behind it."""

import asyncio
import fcntl
import itertools
import os
import random
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import msgspec

from stagedoor.app import create_app, open_runtime
from stagedoor.channels.edit import NewChannel, create_channel
from stagedoor.clock import MovableClock
from stagedoor.contract.operations import BY_ACTION
from stagedoor.crypto import encode_secret_key, new_secret_key
from stagedoor.db.database import Result, Work
from stagedoor.emulator import RunningEmulator
from stagedoor.keys.issue import issue_admin_key, issue_key
from stagedoor.runtime import Runtime
from stagedoor.server import listen, make_server
from stagedoor.settings import Settings
from stagedoor.tenants.store import Tenant, add_tenant

MODEL = "doubao-seedance-2-0-260128"
FAST_MODEL = "doubao-seedance-2-0-fast-260128"
_PORTS = 500
"""How many ports belong to one test process."""
_RANGES = 45


def _own_ports() -> Iterator[int]:
    """Yield the ports of a range that no other test process of this machine has, whoever started it."""
    for number in random.SystemRandom().sample(range(_RANGES), _RANGES):
        lock = os.open(Path(tempfile.gettempdir(), f"stagedoor-test-ports-{number}"), os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            # The file stays open, and so the range taken, for as long as the process lives.
            return itertools.cycle(range(10_000 + number * _PORTS, 10_000 + (number + 1) * _PORTS))
    raise RuntimeError("All ranges of ports are taken by other test processes.")


_ports = _own_ports()


def free_port() -> int:
    """Return a port to listen on later, and again after a restart.

    The kernel gives none of these to anybody who does not ask for it by its number, and no two test processes ask for the same.
    """
    while True:
        with socket.socket() as probe, suppress(OSError):
            port = next(_ports)
            probe.bind(("127.0.0.1", port))
            return port


class Answer(msgspec.Struct, frozen=True):
    """An answer of the gateway, as bytes, and taken apart where it is an envelope."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        return msgspec.json.decode(self.body, type=dict[str, Any])

    @property
    def metadata(self) -> dict[str, Any]:
        return self.document["ResponseMetadata"]  # type: ignore[no-any-return]  # JSON

    @property
    def result(self) -> dict[str, Any]:
        assert self.status == 200, (self.status, self.body)
        return self.document["Result"]  # type: ignore[no-any-return]  # JSON

    @property
    def error(self) -> dict[str, Any]:
        assert self.status >= 400, (self.status, self.body)
        return self.metadata["Error"]  # type: ignore[no-any-return]  # JSON

    @property
    def code(self) -> str:
        return str(self.error["Code"])


class Api:
    """A tenant's or an operator's client: plain HTTP with one key."""

    def __init__(self, url: str, key: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self.key = key
        self.http = http

    async def send(
        self, method: str, path: str, *, body: Any = None, data: bytes | None = None, **headers: str
    ) -> Answer:
        """Send a request; header names are written with underscores."""
        sent = {"authorization": f"Bearer {self.key}"} | {k.replace("_", "-"): v for k, v in headers.items()}
        if body is not None:
            data = msgspec.json.encode(body)
        if data is not None:
            sent.setdefault("content-type", "application/json")
        async with self.http.request(
            method, self.url + path, data=data, headers=sent, allow_redirects=False
        ) as response:
            names = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, names, await response.read())

    async def call(self, action: str, *, headers: dict[str, Any] | None = None, **fields: Any) -> Answer:
        """Call one of the twelve by its Action; ``model`` is filled in unless it is given (None leaves it out)."""
        operation = BY_ACTION[action]
        fields = {"model": MODEL, **fields}
        if fields["model"] is None:
            del fields["model"]
        path = operation.path.replace("{id}", str(fields.get("Id", "")))
        if operation.in_query:
            query = "&".join(f"{name}={value}" for name, value in fields.items() if name != "Id")
            return await self.send(operation.method, f"{path}?{query}", **(headers or {}))
        return await self.send(operation.method, path, body=fields, **(headers or {}))

    async def ok(self, action: str, **fields: Any) -> dict[str, Any]:
        """Call one of the twelve that must succeed and return its Result."""
        return (await self.call(action, **fields)).result


class RunningGateway:
    """A gateway process's app on a port of its own, and the runtime tests use to set things up."""

    def __init__(self, settings: Settings, clock: MovableClock) -> None:
        self.settings = settings
        self.clock = clock
        self.url = f"http://127.0.0.1:{settings.port}"
        self._server = make_server(create_app(settings, clock=clock), settings)

    async def __aenter__(self) -> Self:
        self._serving = asyncio.create_task(self._server.serve(sockets=[listen(self.settings)]))
        self.rt: Runtime = await open_runtime(self.settings, clock=self.clock)
        self.http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), auto_decompress=False)
        while True:
            try:
                async with self.http.get(f"{self.url}/healthz") as response:
                    assert response.status == 200
                    return self
            except aiohttp.ClientConnectorError:
                assert not self._serving.done(), "the gateway did not start"
                await asyncio.sleep(0.01)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.close()
        await self.rt.close()
        self._server.stop()
        await self._serving

    async def read(self, work: Work[Result]) -> Result:
        """Read what is on record, and return when the gateway shows it: a reader of the same file may see it a moment earlier."""
        result = await self.rt.db.read(work)
        await self.sees()
        return result

    async def sees(self) -> None:
        """Return when the gateway shows what others have written: while it waits for the disk, it shows the state before."""
        async with self.http.get(f"{self.url}/readyz"):
            pass

    def api(self, key: str) -> Api:
        return Api(self.url, key, self.http)

    async def tenant(
        self, name: str = "studio", *, project_name: str | None = None, rate_limit: str | None = None
    ) -> Tenant:
        """Add a tenant whose trail begins with what the test does."""
        tenant = Tenant(self.rt.new_id("tn"), name, project_name, self.rt.clock.now(), rate_limit)
        await self.rt.db.write(lambda tx: add_tenant(tx, tenant))
        return tenant

    async def client(self, tenant: Tenant | None = None, **options: Any) -> Api:
        """Return a client with a new key of the tenant, or of a new tenant; options go to ``issue_key``."""
        tenant = tenant or await self.tenant()
        _, secret = await issue_key(self.rt, tenant.id, **options)
        await self.sees()
        return self.api(secret)

    async def operator(self) -> Api:
        _, secret = await issue_admin_key(self.rt)
        await self.sees()
        return self.api(secret)

    async def connect(self, emulator: RunningEmulator, *, name: str = "emulator", **options: Any) -> str:
        """Add a channel to an emulator and return its id."""
        fields: dict[str, Any] = {
            "kind": "emulator",
            "endpoint": emulator.url,
            "models": [MODEL, FAST_MODEL],
            "access_key": emulator.access_key,
            "secret_key": emulator.secret_key,
            # The account's own limits would slow the tests down; those about limits set them.
            "limits": dict.fromkeys(BY_ACTION, (10000, 1.0)),
            **options,
        }
        return await self.add_channel(NewChannel(name=name, **fields))

    async def add_channel(self, new: NewChannel) -> str:
        """Add a channel and return its id when the gateway's next call knows it."""
        channel = await create_channel(self.rt, new)
        await self.sees()
        self.clock.advance(timedelta(seconds=1.5))
        return channel.id


def gateway_settings(database_url: str, **options: Any) -> Settings:
    """Return settings for a gateway of tests: a free port, callbacks that come here, quiet logs."""
    port = options.pop("port", None) or free_port()
    fields: dict[str, Any] = {
        "port": port,
        "database_url": database_url,
        "secret_key": encode_secret_key(new_secret_key()),
        "public_url": f"http://127.0.0.1:{port}",
        "log_level": "error",
        # Made when it is needed, which it is in tests of uploads alone.
        "upload_store": str(Path(tempfile.gettempdir(), f"stagedoor-test-uploads-{port}")),
        **options,
    }
    return Settings(**fields)
