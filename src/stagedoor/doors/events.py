"""The events of a tenant, `GET /v1/events`, and those for operators, `GET /admin/v1/events`.

Page by page, or as a stream (`Accept: text/event-stream`).
"""

import re

import msgspec
from msgspec import UNSET, UnsetType
from starlette.types import Receive, Scope, Send

from stagedoor.clock import to_iso
from stagedoor.contract.operations import EVENTS_READ
from stagedoor.doors.event_stream import Admit, EventStreams
from stagedoor.errors import InvalidParameter, MethodNotAllowed
from stagedoor.events.catalogue import OPERATOR
from stagedoor.events.listing import BEGINNING, check_types, find_place, read_events
from stagedoor.events.store import Event
from stagedoor.http.envelope import result_body
from stagedoor.http.guard import send_json
from stagedoor.http.query import read_query
from stagedoor.http.router import Route
from stagedoor.keys.authenticate import Caller, KeyRing
from stagedoor.runtime import Runtime

PATH, OPERATORS_PATH = "/v1/events", "/admin/v1/events"
ACTION, OPERATORS_ACTION = "ListEvents", "ListOperatorEvents"
DEFAULT_LIMIT, MOST = 50, 200
STREAM = b"text/event-stream"
CURSOR = re.compile(r"[A-Za-z0-9_]{1,64}")


class EventView(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    id: str
    type: str
    create_time: str
    data: msgspec.Raw


class EventList(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    items: list[EventView]
    next_cursor: str | UnsetType = UNSET
    has_more: bool


class OperatorEventView(EventView, frozen=True, kw_only=True, rename="pascal"):
    pass


class OperatorEventList(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    items: list[OperatorEventView]
    next_cursor: str | UnsetType = UNSET
    has_more: bool


class Wanted(msgspec.Struct, frozen=True):
    """What the query asks for."""

    after: str | None
    limit: int
    types: tuple[str, ...]


def event_routes(rt: Runtime, keys: KeyRing) -> list[Route]:
    """Return the routes of the events."""
    return [
        Route(PATH, EventsEndpoint(rt, keys, ACTION, tenants(keys))),
        Route(OPERATORS_PATH, EventsEndpoint(rt, keys, OPERATORS_ACTION, operators(keys))),
    ]


def tenants(keys: KeyRing) -> Admit:
    """Return what lets a tenant read its own events."""

    async def admit(authorization: bytes) -> Caller:
        return await keys.authenticate(authorization, EVENTS_READ)

    return admit


def operators(keys: KeyRing) -> Admit:
    """Return what lets an operator read what operators are told."""

    async def admit(authorization: bytes) -> Caller:
        key = await keys.authenticate_admin(authorization)
        return Caller(OPERATOR, key.id, frozenset(key.scopes), models=None, project_name=None)

    return admit


class EventsEndpoint:
    """Answers with a page of events, or streams them."""

    def __init__(self, rt: Runtime, keys: KeyRing, action: str, admit: Admit) -> None:
        self._rt = rt
        self._keys = keys
        self._action = action
        self._admit = admit
        self._streams = EventStreams(rt, admit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            raise MethodNotAllowed("GET")
        state = scope["state"]
        state["action"] = self._action
        headers = state["headers"]
        authorization = headers.get(b"authorization", b"")
        caller = await self._admit(authorization)
        state["tenant_id"] = caller.tenant_id
        if caller.rates:
            await self._keys.count(caller, state)
        wanted = read_wanted(scope["query_string"])
        check_types(caller.tenant_id, wanted.types)
        if STREAM in headers.get(b"accept", b"").lower():
            last_event_id = headers.get(b"last-event-id", b"").decode("latin-1").strip()
            after = last_event_id or wanted.after
            await self._streams.serve(scope, receive, send, caller.tenant_id, authorization, after, wanted.types)
            return
        result = await self._list(caller.tenant_id, wanted)
        await send_json(
            scope, send, 200, result_body(state["request_id"], self._action, self._rt.settings.region, result)
        )

    async def _list(self, tenant_id: str, wanted: Wanted) -> EventList:
        place = await find_place(self._rt, tenant_id, wanted.after or BEGINNING)
        page = await read_events(self._rt, tenant_id, place, limit=wanted.limit, types=wanted.types)
        return EventList(
            items=[_view(event) for event in page.events],
            next_cursor=UNSET if page.last is None else page.last.id,
            has_more=page.has_more,
        )


def _view(event: Event) -> EventView:
    return EventView(id=event.id, type=event.type, create_time=to_iso(event.created_at), data=msgspec.Raw(event.data))


def read_wanted(query: bytes) -> Wanted:
    """Read ``after``, ``limit`` and any number of ``type``; other parameters are ignored.

    Raises:
        InvalidParameter: one of them has a value that is not allowed, or stands there twice.

    """
    single: dict[str, str] = {}
    types: list[str] = []
    for name, value in read_query(query):
        if name == "type":
            types.append(value)
        elif name in {"after", "limit"}:
            if name in single:
                raise InvalidParameter(f"The parameter {name} is in the query twice.", field=name)
            single[name] = value
    limit = single.get("limit", str(DEFAULT_LIMIT))
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit[:9]) <= MOST:
        raise InvalidParameter(f"The limit must be a whole number from 1 to {MOST}.", field="limit")
    after = single.get("after")
    if after is not None and not CURSOR.fullmatch(after):
        raise InvalidParameter(f"The place after which to begin is an event's id, or {BEGINNING}.", field="after")
    return Wanted(after, int(limit), tuple(types))
