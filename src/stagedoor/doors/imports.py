"""Bulk imports: up to a thousand uploads in one request, made one by one.

GET  /v1/imports               list them, the newest first
POST /v1/imports               begin one, as JSON or as a table (`text/csv`)
GET  /v1/imports/{id}          how far it is
GET  /v1/imports/{id}/items    its items with their results, page by page
POST /v1/imports/{id}/cancel   begin no more of it
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType
from starlette.types import Receive, Scope, Send

from stagedoor.call import Call
from stagedoor.channels.book import ChannelBook
from stagedoor.clock import to_iso
from stagedoor.contract.fields import AssetType
from stagedoor.contract.imports import CreateImport
from stagedoor.contract.operations import BY_ACTION
from stagedoor.db.pages import Order, Selection
from stagedoor.doors.pages import read_page, read_parameters
from stagedoor.errors import InvalidParameter, MethodNotAllowed
from stagedoor.http.body import read_body, receive_body
from stagedoor.http.envelope import Header, result_body
from stagedoor.http.guard import send_json
from stagedoor.http.router import Route
from stagedoor.idempotency.once import chosen_key
from stagedoor.imports.cancel import cancel_import
from stagedoor.imports.create import create_import, read_csv, read_json
from stagedoor.imports.item import ItemError
from stagedoor.imports.store import (
    STATES,
    Counts,
    Import,
    Item,
    ItemState,
    ListedImport,
    count_imports,
    count_items,
    get_import,
    list_imports,
    list_items,
)
from stagedoor.keys.authenticate import KeyRing
from stagedoor.listing import Listing, answer_page
from stagedoor.runtime import Runtime

PATH, ONE_PATH, ITEMS_PATH, CANCEL_PATH = (
    "/v1/imports",
    "/v1/imports/{id}",
    "/v1/imports/{id}/items",
    "/v1/imports/{id}/cancel",
)
WRITE, READ = BY_ACTION["CreateAsset"].scope, BY_ACTION["GetAsset"].scope
DEFAULT_LIMIT, MOST = 100, 1000
CURSOR = re.compile(r"[0-9]{1,9}")
CSV = re.compile(rb"text/csv\s*(;\s*charset=\"?utf-8\"?\s*)?", re.IGNORECASE)
ImportState = Literal["Running", "Cancelling", "Completed", "Cancelled"]


class ImportCounts(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    pending: int
    creating: int
    processing: int
    active: int
    failed: int
    cancelled: int


class ImportView(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    id: str
    state: ImportState
    total: int
    counts: ImportCounts
    create_time: str
    cancel_time: str | UnsetType = UNSET
    finish_time: str | UnsetType = UNSET


class ImportList(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    items: list[ImportView]
    next_token: str | UnsetType = UNSET


class ImportItemView(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    number: int
    group_id: str
    asset_type: AssetType
    name: str
    state: ItemState
    asset_id: str | UnsetType = UNSET
    error: ItemError | UnsetType = UNSET


class ImportItemList(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    items: list[ImportItemView]
    next_cursor: str | UnsetType = UNSET
    has_more: bool


def _state(whole: Import | ListedImport) -> ImportState:
    if whole.cancelled_at is not None:
        return "Cancelling" if whole.finished_at is None else "Cancelled"
    return "Running" if whole.finished_at is None else "Completed"


async def show(rt: Runtime, whole: Import) -> ImportView:
    """Return what the tenant sees of an import."""
    counted = await rt.db.read(lambda tx: count_items(tx, [whole.id]))
    return _view(whole, counted[whole.id])


def _view(whole: Import | ListedImport, counted: Counts) -> ImportView:
    counts = {state: counted.get(state, 0) for state in STATES}
    # Items without a row wait like the others.
    counts["Pending"] += whole.total - sum(counts.values())
    return ImportView(
        id=whole.id,
        state=_state(whole),
        total=whole.total,
        counts=ImportCounts(**{state.lower(): n for state, n in counts.items()}),
        create_time=to_iso(whole.created_at),
        cancel_time=UNSET if whole.cancelled_at is None else to_iso(whole.cancelled_at),
        finish_time=UNSET if whole.finished_at is None else to_iso(whole.finished_at),
    )


def _item(item: Item) -> ImportItemView:
    return ImportItemView(
        number=item.number,
        group_id=item.group_id,
        asset_type=item.asset_type,
        name=item.name,
        state=item.state,
        asset_id=item.asset_id or UNSET,
        error=UNSET if item.error is None else msgspec.json.decode(item.error, type=ItemError),
    )


Answered = tuple[msgspec.Struct, list[Header]]
Act = Callable[[Call, Scope, Receive], Awaitable[Answered]]


class Door:
    """What can be done with imports."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt

    async def create(self, call: Call, scope: Scope, receive: Receive) -> Answered:
        """Take an import over, as JSON or as a table."""
        headers, settings = scope["state"]["headers"], self._rt.settings
        given = headers.get(b"idempotency-key")
        key = None if given is None else chosen_key(call, given.decode("latin-1")).key_hash
        limit, within = settings.import_limit, settings.body_timeout
        request: CreateImport
        if CSV.fullmatch(headers.get(b"content-type", b"").strip()):
            query = read_parameters(scope["query_string"], {"model", "GroupId"})
            body = await receive_body(scope, receive, limit=limit, within=within)
            request = read_csv(body, query.get("model"), query.get("GroupId"))
        else:
            body = await read_body(scope, receive, limit=limit, within=within)
            request = read_json(body)
        await call.check_model(request.model)
        whole, replayed = await create_import(call, request, key)
        return await show(self._rt, whole), [(b"idempotency-replayed", b"true")] if replayed else []

    async def get(self, call: Call, scope: Scope, receive: Receive) -> Answered:  # noqa: ARG002 - like the others
        """Return how far an import is."""
        import_id = scope["path_params"]["id"]
        whole = await self._rt.db.read(lambda tx: get_import(tx, call.tenant_id, import_id))
        return await show(self._rt, whole), []

    async def list(self, call: Call, scope: Scope, receive: Receive) -> Answered:  # noqa: ARG002
        """Return one page of imports, the newest first."""
        listing = Listing(
            Selection("imports", [{"tenant_id": call.tenant_id}]),
            Order("created_at", descending=True),
            read_page(scope["query_string"]),
            list_imports,
            partial(count_imports, tenant_id=call.tenant_id),
            heavy=False,
        )
        rows, counters = await answer_page(self._rt.db, listing)
        counted = await self._rt.db.read(lambda tx: count_items(tx, [row.id for row in rows]))
        items = [_view(row, counted[row.id]) for row in rows]
        return ImportList(items=items, next_token=counters.get("NextToken", UNSET)), []

    async def list_items(self, call: Call, scope: Scope, receive: Receive) -> Answered:  # noqa: ARG002
        """Return items of an import in the order of the request."""
        import_id, wanted = scope["path_params"]["id"], read_wanted(scope["query_string"])
        await self._rt.db.read(lambda tx: get_import(tx, call.tenant_id, import_id))
        items = await self._rt.db.read(
            lambda tx: list_items(
                tx, call.tenant_id, import_id, after=wanted.after, at_most=wanted.limit + 1, state=wanted.state
            )
        )
        shown = items[: wanted.limit]
        last = str(shown[-1].number) if shown else UNSET
        return ImportItemList(
            items=[_item(item) for item in shown], next_cursor=last, has_more=len(items) > len(shown)
        ), []

    async def cancel(self, call: Call, scope: Scope, receive: Receive) -> Answered:  # noqa: ARG002
        """Stop an import."""
        whole = await cancel_import(self._rt, call.tenant_id, scope["path_params"]["id"], by=call.by)
        return await show(self._rt, whole), []


class Doing(msgspec.Struct, frozen=True):
    """One thing that can be done: its name in the envelope, the scope it takes, the function."""

    name: str
    scope: str
    act: Act


def import_routes(rt: Runtime, book: ChannelBook, keys: KeyRing) -> list[Route]:
    """Return the routes of the bulk imports."""
    door = Door(rt)
    table: Mapping[str, Mapping[str, Doing]] = {
        PATH: {
            "GET": Doing("ListImports", READ, door.list),
            "POST": Doing("CreateImport", WRITE, door.create),
        },
        ONE_PATH: {"GET": Doing("GetImport", READ, door.get)},
        ITEMS_PATH: {"GET": Doing("ListImportItems", READ, door.list_items)},
        CANCEL_PATH: {"POST": Doing("CancelImport", WRITE, door.cancel)},
    }
    return [Route(path, ImportEndpoint(rt, book, keys, doings)) for path, doings in table.items()]


class ImportEndpoint:
    """One path, as a plain ASGI app."""

    def __init__(self, rt: Runtime, book: ChannelBook, keys: KeyRing, doings: Mapping[str, Doing]) -> None:
        self._rt = rt
        self._book = book
        self._keys = keys
        self._doings = doings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        doing = self._doings.get(scope["method"])
        if doing is None:
            raise MethodNotAllowed(", ".join(self._doings))
        state: dict[str, Any] = scope["state"]
        state["action"] = doing.name
        caller = await self._keys.authenticate(state["headers"].get(b"authorization", b""), doing.scope)
        state["tenant_id"] = caller.tenant_id
        if caller.rates:
            await self._keys.count(caller, state)
        result, headers = await doing.act(Call(self._rt, self._book, caller), scope, receive)
        body = result_body(state["request_id"], doing.name, self._rt.settings.region, result)
        await send_json(scope, send, 200, body, headers)


class Wanted(msgspec.Struct, frozen=True):
    """What the query asks for."""

    after: int
    limit: int
    state: str | None


def read_wanted(query: bytes) -> Wanted:
    """Read ``after``, ``limit`` and ``state``; other parameters are ignored.

    Raises:
        InvalidParameter: one of them has a value that is not allowed, or stands there twice.

    """
    given = read_parameters(query, {"after", "limit", "state"})
    after, limit, state = given.get("after", "0"), given.get("limit", str(DEFAULT_LIMIT)), given.get("state")
    if not CURSOR.fullmatch(after):
        raise InvalidParameter("The place after which to begin is an item's number, or 0.", field="after")
    if not CURSOR.fullmatch(limit) or not 1 <= int(limit) <= MOST:
        raise InvalidParameter(f"The limit must be a whole number from 1 to {MOST}.", field="limit")
    if state is not None and state not in STATES:
        raise InvalidParameter(f"The state must be one of: {', '.join(STATES)}.", field="state")
    return Wanted(int(after), int(limit), state)
