"""The audit trail over HTTP: `GET /v1/audit` for a tenant, `GET /admin/v1/audit` for operators, page by page."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from starlette.types import Receive, Scope, Send

from stagedoor.audit.listing import open_entry, read_trail
from stagedoor.audit.store import INSTANCE, Sealed
from stagedoor.contract.operations import AUDIT_READ
from stagedoor.errors import InvalidParameter, MethodNotAllowed
from stagedoor.http.envelope import result_body
from stagedoor.http.guard import send_json
from stagedoor.http.query import read_query
from stagedoor.http.router import Route
from stagedoor.keys.authenticate import KeyRing
from stagedoor.runtime import Runtime

PATH, ADMIN_PATH = "/v1/audit", "/admin/v1/audit"
ACTION, ADMIN_ACTION = "ListAuditEntries", "ListAuditTrail"
DEFAULT_LIMIT, MOST = 50, 200
CURSOR = re.compile(r"[0-9]{1,18}")
ID = re.compile(r"[\x21-\x7e]{1,128}")
Admit = Callable[[dict[str, Any]], Awaitable[str | None]]
"""Refuses a request, given its state, or returns the tenant whose trail is shown; None where the query says it."""


class AuditEntryView(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    seq: int
    time: str
    by: str
    action: str
    object: str
    details: msgspec.Raw
    hash: str


class AuditEntryList(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    items: list[AuditEntryView]
    next_cursor: str | UnsetType = UNSET
    has_more: bool


class Wanted(msgspec.Struct, frozen=True):
    """What the query asks for."""

    after: int
    limit: int
    object_id: str | None
    tenant_id: str


def audit_routes(rt: Runtime, keys: KeyRing) -> list[Route]:
    """Return the routes of the audit trail."""

    async def admit_tenant(state: dict[str, Any]) -> str:
        caller = await keys.authenticate(state["headers"].get(b"authorization", b""), AUDIT_READ)
        state["tenant_id"] = caller.tenant_id
        if caller.rates:
            await keys.count(caller, state)
        return caller.tenant_id

    async def admit_operator(state: dict[str, Any]) -> None:
        await keys.authenticate_admin(state["headers"].get(b"authorization", b""))

    return [
        Route(PATH, AuditEndpoint(rt, ACTION, admit_tenant)),
        Route(ADMIN_PATH, AuditEndpoint(rt, ADMIN_ACTION, admit_operator)),
    ]


class AuditEndpoint:
    """Answers with a page of a trail."""

    def __init__(self, rt: Runtime, action: str, admit: Admit) -> None:
        self._rt = rt
        self._action = action
        self._admit = admit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the ASGI signature
        if scope["method"] != "GET":
            raise MethodNotAllowed("GET")
        state = scope["state"]
        state["action"] = self._action
        own = await self._admit(state)
        wanted = read_wanted(scope["query_string"])
        result = await self._list(wanted.tenant_id if own is None else own, wanted)
        region = self._rt.settings.region
        await send_json(scope, send, 200, result_body(state["request_id"], self._action, region, result))

    async def _list(self, tenant_id: str, wanted: Wanted) -> AuditEntryList:
        page = await read_trail(self._rt, tenant_id, wanted.after, limit=wanted.limit, object_id=wanted.object_id)
        last = page.entries[-1].seq if page.entries else wanted.after
        return AuditEntryList(
            items=[_view(sealed) for sealed in page.entries],
            next_cursor=str(last) if last else UNSET,
            has_more=page.has_more,
        )


def _view(sealed: Sealed) -> AuditEntryView:
    entry = open_entry(sealed)
    return AuditEntryView(
        seq=sealed.seq,
        time=entry["at"],
        by=entry["by"],
        action=entry["action"],
        object=entry["object"],
        details=msgspec.Raw(msgspec.json.encode(entry["details"])),
        hash=sealed.hash.hex(),
    )


def read_wanted(query: bytes) -> Wanted:
    """Read ``after``, ``limit``, ``object`` and ``tenant``; other parameters are ignored.

    Raises:
        InvalidParameter: one of them has a value that is not allowed, or stands there twice.

    """
    given: dict[str, str] = {}
    for name, value in read_query(query):
        if name in {"after", "limit", "object", "tenant"}:
            if name in given:
                raise InvalidParameter(f"The parameter {name} is in the query twice.", field=name)
            given[name] = value
    after, limit = given.get("after", "0"), given.get("limit", str(DEFAULT_LIMIT))
    if not CURSOR.fullmatch(after):
        raise InvalidParameter("The place after which to begin is an entry's number, or 0.", field="after")
    if not CURSOR.fullmatch(limit) or not 1 <= int(limit) <= MOST:
        raise InvalidParameter(f"The limit must be a whole number from 1 to {MOST}.", field="limit")
    for name in ("object", "tenant"):
        if name in given and not ID.fullmatch(given[name]):
            raise InvalidParameter(f"The {name} is an id.", field=name)
    return Wanted(int(after), int(limit), given.get("object"), given.get("tenant", INSTANCE))
