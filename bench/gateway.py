"""The gateway under measurement: set up through its own functions, started as operators start it, spoken to over HTTP.

Everything the harness knows about the gateway is in this file and in ``seed.py``.
"""

import asyncio
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import msgspec

from bench.load import Call, LoadFailed, post, send
from bench.process import Server, free_port, running
from bench.seed import counters, multiply
from bench.stub import asked
from stagedoor.ark.transport import AiohttpTransport
from stagedoor.channels.edit import NewChannel, create_channel
from stagedoor.clock import SystemClock
from stagedoor.contract.operations import OPERATIONS
from stagedoor.crypto import Vault, encode_secret_key, new_secret_key
from stagedoor.db.migrate import migrate
from stagedoor.db.open import open_database
from stagedoor.files.open import open_files
from stagedoor.ids import new_id
from stagedoor.keys.issue import issue_key
from stagedoor.runtime import Runtime
from stagedoor.settings import Settings
from stagedoor.tenants.store import Tenant, add_tenant

MODEL = "doubao-seedance-2-0-260128"
# More than any machine reaches, so that the limits are checked on every call and never hold one back.
UNREACHED_LIMIT = (50_000, 1.0)
ACTIVE_WITHIN = 30.0


@dataclass(frozen=True)
class Setup:
    """A database with one tenant, its key and a channel that leads to the stub."""

    database_url: str
    secret_key: bytes
    tenant_id: str
    api_key: str
    other_keys: Sequence[str] = ()
    """Keys of other tenants, one each."""

    def environment(self) -> dict[str, str]:
        return {
            "STAGEDOOR_DATABASE_URL": self.database_url,
            "STAGEDOOR_SECRET_KEY": encode_secret_key(self.secret_key),
            "STAGEDOOR_LOG_LEVEL": "warning",
        }


def set_up(database_url: str, upstream: Server, *, tenants: int = 1) -> Setup:
    """Bring an empty database to the newest schema and add tenants with a key each, and a channel."""
    migrate(database_url)
    return asyncio.run(_set_up(database_url, upstream, tenants))


async def _set_up(database_url: str, upstream: Server, tenants: int) -> Setup:
    secret_key = new_secret_key()
    settings = Settings()
    rt = Runtime(
        settings,
        files=open_files(settings),
        db=await open_database(database_url),
        transport=AiohttpTransport(),
        clock=SystemClock(),
        new_id=new_id,
        vault=Vault(secret_key),
    )
    try:
        await create_channel(rt, _channel(upstream))
        (tenant_id, api_key), *others = [await _add_tenant(rt, number) for number in range(tenants)]
    finally:
        await rt.close()
    return Setup(database_url, secret_key, tenant_id, api_key, [key for _, key in others])


async def _add_tenant(rt: Runtime, number: int) -> tuple[str, str]:
    tenant = Tenant(id=new_id("tn"), name=f"bench {number}", project_name=None, created_at=rt.clock.now())
    await rt.db.write(lambda tx: add_tenant(tx, tenant))
    _, api_key = await issue_key(rt, tenant.id, name="bench")
    return tenant.id, api_key


def _channel(upstream: Server) -> NewChannel:
    return NewChannel(
        name="stub",
        kind="ark",
        endpoint=f"http://127.0.0.1:{upstream.port}",
        models=[MODEL],
        limits={operation.action: UNREACHED_LIMIT for operation in OPERATIONS},
        access_key="AKLTbench",
        secret_key="bench",
    )


@contextmanager
def start(work: Path, setup: Setup, *, workers: int = 1) -> Iterator[Server]:
    """Run ``stagedoor serve`` on a set-up database."""
    port = free_port()
    program = str(Path(sys.executable).with_name("stagedoor"))
    options = ["--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    env = setup.environment() | {"STAGEDOOR_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    with running("gateway", [program, "serve", *options], port=port, work=work, env=env) as server:
        yield server


class Gateway:
    """A running gateway as the harness calls it."""

    def __init__(self, server: Server, setup: Setup, upstream: Server) -> None:
        self.server = server
        self._upstream = upstream
        self._setup = setup
        self._headers = {"Authorization": f"Bearer {setup.api_key}"}

    def create_asset(self) -> Call:
        """Return ⑥, in a group made for it by ①."""
        group = self._result(self._post("/v1/private-avatar/groups", {"Name": "bench"}))["Id"]
        return self._create_asset(str(group))

    def get_asset(self, asset_id: str) -> Call:
        """Return ⑧."""
        return Call("GET", f"/v1/private-avatar/assets/{quote(asset_id)}?model={MODEL}", self._headers)

    def list_assets(self, paging: Mapping[str, int]) -> Call:
        """Return ⑦ in one of its two paging modes."""
        return self._post("/v1/private-avatar/assets/list", {"Filter": {"GroupType": "AIGC"}, **paging})

    def replay_exchange(self) -> Call:
        """Return ⑫ for a session that has been exchanged already."""
        token = self.start_check()
        self.complete_check(token, asked(self._upstream.port)[token].callback_path)
        exchange = self._post("/v1/real-avatar/groups/from-token", {"BytedToken": token})
        self._result(exchange)
        return exchange

    def start_check(self) -> str:
        """Start a face check by ⑪ and return its token."""
        body = {"CallbackURL": "https://customer.example/done"}
        return str(self._result(self._post("/v1/real-avatar/auth/session", body))["BytedToken"])

    def complete_check(self, token: str, callback_path: str) -> None:
        """Come back as the actor's browser does."""
        send(self.server.port, Call("GET", f"{callback_path}?bytedToken={token}&resultCode=10000"))

    def streams(self, number: int) -> list[Call]:
        """Return so many streams of events, spread over the tenants."""
        keys = [self._setup.api_key, *self._setup.other_keys]
        return [
            Call(
                "GET",
                "/v1/events",
                {"Authorization": f"Bearer {keys[index % len(keys)]}", "Accept": "text/event-stream"},
            )
            for index in range(number)
        ]

    def fill(self, assets: int) -> list[str]:
        """Own this many more terminal assets, and return some of their ids, spread over all of them."""
        create = self.create_asset()
        before = counters(self._setup.database_url, self._setup.tenant_id)
        asset_id = str(self._result(create)["Id"])
        self._wait_until_active(asset_id)
        return multiply(
            self._setup.database_url, Vault(self._setup.secret_key), asset_id, assets, counters_before=before
        )

    def _create_asset(self, group_id: str) -> Call:
        body = {"GroupId": group_id, "URL": "https://pictures.example/face.jpg", "AssetType": "Image", "Name": "face"}
        return self._post("/v1/private-avatar/assets", body)

    def _wait_until_active(self, asset_id: str) -> None:
        until = time.monotonic() + ACTIVE_WITHIN
        while self._result(self.get_asset(asset_id))["Status"] != "Active":
            if time.monotonic() > until:
                raise LoadFailed(f"The asset {asset_id} did not become Active within {ACTIVE_WITHIN:.0f} s.")
            time.sleep(0.5)

    def _post(self, path: str, body: Mapping[str, object]) -> Call:
        return post(path, {"model": MODEL, **body}, self._headers)

    def _result(self, call: Call) -> dict[str, object]:
        status, body = send(self.server.port, call)
        if status != 200:
            raise LoadFailed(f"{call.method} {call.path} answered {status}: {body[:500]}")
        result: dict[str, object] = msgspec.json.decode(body)["Result"]
        return result
