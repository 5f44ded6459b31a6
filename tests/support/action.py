"""The Action door as tests meet it: requests signed by an independent hand, every part of which can be spoilt."""

import hashlib
import hmac
import io
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec

from stagedoor.keys.issue import KeyPair, give_pair, issue_key
from stagedoor.tenants.store import Tenant
from tests.support.gateway import Answer, RunningGateway

VERSION = "2024-01-01"
SIGNED = ("content-type", "host", "x-content-sha256", "x-date")


class Signed(msgspec.Struct):
    """A signed request, ready to be sent or spoilt."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class ActionApi:
    """A client of the Action door with an access key pair, and with its clock."""

    def __init__(self, gateway: RunningGateway, pair: KeyPair, bearer: str = "", path: str = "/") -> None:
        self.gateway = gateway
        self.pair = pair
        self.bearer = bearer
        self.path = path

    @property
    def http(self) -> aiohttp.ClientSession:
        return self.gateway.http

    def sign(
        self,
        action: str,
        body: dict[str, Any] | bytes,
        *,
        now: datetime | None = None,
        region: str = "cn-beijing",
        service: str = "ark",
        signed: tuple[str, ...] = SIGNED,
        **headers: str,
    ) -> Signed:
        """Return the signed request of an Action; further headers are written with underscores."""
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        query = f"Action={action}&Version={VERSION}"
        x_date = (now or self.gateway.clock.now()).strftime("%Y%m%dT%H%M%SZ")
        known = {
            "content-type": "application/json",
            "host": self.gateway.url.removeprefix("http://"),
            "x-content-sha256": hashlib.sha256(data).hexdigest(),
            "x-date": x_date,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        names = sorted({*signed, *(name for name in known if name.startswith("x-sdk-"))})
        lines = "".join(f"{name}:{known[name]}\n" for name in names)
        canonical = "\n".join(["POST", self.path, query, lines, ";".join(names), known["x-content-sha256"]])
        scope = f"{x_date[:8]}/{region}/{service}/request"
        text = f"HMAC-SHA256\n{x_date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = self.pair.secret_key.encode()
        for part in (*scope.split("/"), text):
            key = hmac.new(key, part.encode(), "sha256").digest()
        known["authorization"] = (
            f"HMAC-SHA256 Credential={self.pair.access_key}/{scope}, SignedHeaders={';'.join(names)}, Signature={key.hex()}"
        )
        return Signed("POST", f"{self.path}?{query}", known, data)

    async def send(self, request: Signed) -> Answer:
        """Send a request as it is."""
        async with self.http.request(
            request.method, self.gateway.url + request.target, data=io.BytesIO(request.body), headers=request.headers
        ) as response:
            names = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, names, await response.read())

    async def call(self, action: str, /, **fields: Any) -> Answer:
        """Call an Action, signed."""
        return await self.send(self.sign(action, fields))

    async def ok(self, action: str, /, **fields: Any) -> dict[str, Any]:
        """Call an Action that must succeed and return its Result."""
        return (await self.call(action, **fields)).result

    async def by_bearer(self, action: str, /, **fields: Any) -> Answer:
        """Call an Action with the API key instead of a signature."""
        headers = {"authorization": f"Bearer {self.bearer}", "content-type": "application/json"}
        query = urlencode({"Action": action, "Version": VERSION})
        return await self.send(Signed("POST", f"{self.path}?{query}", headers, msgspec.json.encode(fields)))


async def action_api(gateway: RunningGateway, tenant: Tenant | None = None, **options: Any) -> ActionApi:
    """Return a client with a new key and pair of the tenant, or of a new tenant; options go to ``issue_key``."""
    tenant = tenant or await gateway.tenant()
    key, secret = await issue_key(gateway.rt, tenant.id, **options)
    _, pair = await give_pair(gateway.rt, key.id)
    return ActionApi(gateway, pair, secret)
