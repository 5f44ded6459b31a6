"""The Action door: the twelve operations as the official SDKs call them, ``POST /?Action=…&Version=2024-01-01``.

POST /           every Action, signed with an access key pair or with a Bearer key
POST /api/v3     the same
POST /api/v3/    the same
"""

from collections.abc import Mapping

import msgspec
from starlette.types import Receive, Scope, Send

from stagedoor.call import Call
from stagedoor.channels.book import ChannelBook
from stagedoor.contract import fields, requests
from stagedoor.contract.operations import BY_ACTION, OPERATIONS, VERSION, Operation
from stagedoor.doors.perform import Asked, answer
from stagedoor.errors import (
    InvalidActionOrVersion,
    InvalidParameter,
    InvalidSecretToken,
    MethodNotAllowed,
    MissingAuthenticationToken,
    MissingParameter,
)
from stagedoor.http.body import decode, read_body
from stagedoor.http.query import read_query
from stagedoor.http.router import Route
from stagedoor.idempotency.once import OnceKey, chosen_key
from stagedoor.idempotency.signed import invocation_key, refuse_late_repetition, signature_key
from stagedoor.keys.authenticate import Caller, KeyRing
from stagedoor.keys.signature import Arrival, Claim, check_signature, is_presigned, read_claim
from stagedoor.runtime import Runtime
from stagedoor.validation.start import START

PATHS = ("/", "/api/v3", "/api/v3/")
INVOCATION_ID = "x-sdk-invocation-id"
DEFAULT_PAGE = 10


def _without_model(operation: Operation) -> type[msgspec.Struct]:
    """Return the request of an operation with ``model`` left to the caller: the official API has no such field."""
    model = ("model", fields.Model | None, None)
    return msgspec.defstruct(operation.request.__name__, [model], bases=(operation.request,), frozen=True, kw_only=True)


REQUESTS: Mapping[str, type[msgspec.Struct]] = {operation.action: _without_model(operation) for operation in OPERATIONS}


def action_routes(rt: Runtime, book: ChannelBook, keys: KeyRing) -> list[Route]:
    """Return the routes of the Action door."""
    endpoint = ActionDoor(rt, book, keys)
    return [Route(path, endpoint) for path in PATHS]


class ActionDoor:
    """All its paths, as one plain ASGI app."""

    def __init__(self, rt: Runtime, book: ChannelBook, keys: KeyRing) -> None:
        self._rt = rt
        self._book = book
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope["state"]
        state["numbered"] = True
        if scope["method"] != "POST":
            raise MethodNotAllowed("POST")
        query = read_query(scope["query_string"])
        operation = _find_operation(query)
        state["action"] = operation.action
        headers = state["headers"]
        arrival = Arrival(method=scope["method"], path=scope["raw_path"], query=query, headers=headers)
        signed = is_presigned(arrival) or not _is_bearer(headers)
        admit = self._admit_signed if signed else self._admit_bearer
        call, body, claim = await admit(arrival, operation, scope, receive)
        await answer(scope, send, call, operation, _ask(call, operation, headers, claim, body))

    async def _admit_bearer(
        self, arrival: Arrival, operation: Operation, scope: Scope, receive: Receive
    ) -> tuple[Call, bytes, Claim | None]:
        if b"x-security-token" in arrival.headers:
            raise InvalidSecretToken
        caller = await self._keys.authenticate(arrival.headers[b"authorization"], operation.scope)
        await self._count(caller, scope)
        call = Call(self._rt, self._book, caller, fresh=_is_fresh(arrival.headers))
        return call, await self._read(scope, receive), None

    async def _admit_signed(
        self, arrival: Arrival, operation: Operation, scope: Scope, receive: Receive
    ) -> tuple[Call, bytes, Claim | None]:
        # What needs no body comes first, so that nobody without a key makes us read one.
        claim = read_claim(arrival, self._rt.clock.now())
        signer = await self._keys.find_signer(claim.access_key)
        body = await self._read(scope, receive)
        check_signature(claim, signer.secret_key, body)
        signer.caller.check_scope(operation.scope)
        # Only now: whoever knows no more than an access key must not use up its rate.
        await self._count(signer.caller, scope)
        return Call(self._rt, self._book, signer.caller, fresh=_is_fresh(arrival.headers)), body, claim

    async def _count(self, caller: Caller, scope: Scope) -> None:
        if caller.rates:
            scope["state"]["tenant_id"] = caller.tenant_id
            await self._keys.count(caller, scope["state"])

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        settings = self._rt.settings
        return await read_body(scope, receive, limit=settings.body_limit, within=settings.body_timeout)


def _find_operation(query: list[tuple[str, str]]) -> Operation:
    named: dict[str, str] = {}
    for name, value in query:
        if name in {"Action", "Version"}:
            if name in named:
                raise InvalidParameter(f"The parameter {name} is in the query twice.", field=name)
            named[name] = value
    for name in ("Action", "Version"):
        if not named.get(name):
            raise MissingParameter(f"The request is missing the {name} parameter in its query.")
    operation = BY_ACTION.get(named["Action"])
    if operation is None or named["Version"] != VERSION:
        raise InvalidActionOrVersion
    return operation


def _is_bearer(headers: Mapping[bytes, bytes]) -> bool:
    authorization = headers.get(b"authorization", b"")
    if not authorization.strip():
        raise MissingAuthenticationToken("The request is neither signed nor has it `Authorization: Bearer sd_…`.")
    return authorization.partition(b" ")[0].lower() == b"bearer"


def _is_fresh(headers: Mapping[bytes, bytes]) -> bool:
    return b"no-cache" in headers.get(b"cache-control", b"")


async def _ask(
    call: Call, operation: Operation, headers: Mapping[bytes, bytes], claim: Claim | None, body: bytes
) -> Asked:
    request = decode(body, REQUESTS[operation.action])
    model: str | None = getattr(request, "model", None)
    if model is not None:
        await call.check_model(model)
    elif operation.creates:
        request = msgspec.structs.replace(request, model=await call.default_model())
    if isinstance(request, requests.Page):
        request = _with_default_page(request)
    chosen = headers.get(b"idempotency-key")
    if not operation.creates:
        once = None
    elif chosen is not None:
        once = chosen_key(call, chosen.decode("latin-1"))
    else:
        once = None if claim is None else await _recognised(call, operation, claim, body)
    return Asked(request, body, once)


def _with_default_page(request: requests.Page) -> requests.Page:
    """Return the request in cursor mode when it says nothing about pages: so does the official API."""
    said = (request.PageNumber, request.PageSize, request.MaxResults, request.NextToken)
    if any(part is not None for part in said):
        return request
    return msgspec.structs.replace(request, MaxResults=DEFAULT_PAGE)


async def _recognised(call: Call, operation: Operation, claim: Claim, body: bytes) -> OnceKey | None:
    """Return by what a signed request that creates is recognised when it comes again (docs/decisions/0014)."""
    if invocation_id := claim.signed_header(INVOCATION_ID):
        return invocation_key(call, invocation_id)
    key = signature_key(call, claim.signature, body)
    if operation is START:
        await refuse_late_repetition(call, operation, key, body)
        return None
    return key
