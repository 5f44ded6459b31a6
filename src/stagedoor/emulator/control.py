"""The control API: play the person, order troubles, read the ledger, move the clock. For the machine it runs on only."""

import ipaddress
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Any, TypeVar

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from stagedoor.emulator.actions import ACTIONS
from stagedoor.emulator.clock import to_precise_iso
from stagedoor.emulator.faults import Fault, add_fault, describe_faults, drop_faults
from stagedoor.emulator.replies import reply
from stagedoor.emulator.rows import LedgerEntry
from stagedoor.emulator.settings import Rules
from stagedoor.emulator.validation import Outcome, SessionClosed, complete_session
from stagedoor.emulator.world import WORLD

PREFIX = "/_emulator"
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
CLOSED_STATUS = {"unknown": 404, "expired": 409, "used": 409}
ShiftSeconds = Annotated[float, Meta(ge=-400_000_000, le=400_000_000)]
Kind = TypeVar("Kind", bound=Struct)


class OutcomeOrder(Struct, frozen=True, forbid_unknown_fields=True):
    outcome: Outcome


class ReleaseOrder(Struct, frozen=True, forbid_unknown_fields=True):
    name: str | None = None


class ClockOrder(Struct, frozen=True, forbid_unknown_fields=True):
    shift_seconds: ShiftSeconds | None = None
    advance_seconds: ShiftSeconds = 0


async def describe(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    return reply(
        {
            "what": "stagedoor emulator: a simulation of the Ark asset library, not the real service",
            "url": world.public_url,
            "region": world.settings.region,
            "actions": sorted(ACTIONS),
            "time": to_precise_iso(world.clock.now()),
        }
    )


async def complete(request: web.Request) -> web.Response:
    order = await _read(request, OutcomeOrder)
    try:
        redirect = complete_session(request.app[WORLD], request.match_info["byted_token"], order.outcome)
    except SessionClosed as closed:
        return reply({"error": str(closed), "reason": closed.reason}, status=CLOSED_STATUS[closed.reason])
    return reply({"redirect": redirect})


async def show_ledger(request: web.Request) -> web.Response:
    entries = request.app[WORLD].store.list_ledger(request.query.get("action"))
    return reply({"calls": [_ledger_document(entry) for entry in entries]})


async def order_fault(request: web.Request) -> web.Response:
    fault = await _read(request, Fault)
    if fault.action != "*" and fault.action not in ACTIONS:
        raise web.HTTPBadRequest(text=f"there is no action {fault.action}")
    return reply({"id": add_fault(request.app[WORLD].store, fault), **msgspec.to_builtins(fault)}, status=201)


async def show_faults(request: web.Request) -> web.Response:
    return reply({"faults": describe_faults(request.app[WORLD].store)})


async def remove_faults(request: web.Request) -> web.Response:
    """Forget the fault scripts of one name, or all of them. What is held stays held until it is released."""
    return reply({"removed": drop_faults(request.app[WORLD].store, request.query.get("name"))})


async def show_held(request: web.Request) -> web.Response:
    return reply({"held": request.app[WORLD].holds.describe()})


async def release(request: web.Request) -> web.Response:
    order = await _read(request, ReleaseOrder)
    return reply({"released": request.app[WORLD].holds.release(order.name)})


async def reset(request: web.Request) -> web.Response:
    request.app[WORLD].reset()
    return reply({"reset": True})


async def show_rules(request: web.Request) -> web.Response:
    return reply(msgspec.to_builtins(request.app[WORLD].rules))


async def change_rules(request: web.Request) -> web.Response:
    """Set the rules named in the body. PATCH leaves the others as they are, PUT takes those it was started with."""
    world = request.app[WORLD]
    base = world.rules if request.method == "PATCH" else world.settings.rules
    changes = await _read_object(request)
    world.set_rules(_convert({**msgspec.to_builtins(base), **changes}, Rules))
    return reply(msgspec.to_builtins(world.rules))


async def move_clock(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    order = await _read(request, ClockOrder)
    shift = world.clock.shift if order.shift_seconds is None else timedelta(seconds=order.shift_seconds)
    world.shift_clock(shift + timedelta(seconds=order.advance_seconds))
    return reply({"shift_seconds": world.clock.shift.total_seconds(), "now": to_precise_iso(world.clock.now())})


def control_routes() -> list[web.RouteDef]:
    return [
        web.get("/_emulator/", describe),
        web.post("/_emulator/sessions/{byted_token}", complete),
        web.get("/_emulator/ledger", show_ledger),
        web.get("/_emulator/faults", show_faults),
        web.post("/_emulator/faults", order_fault),
        web.delete("/_emulator/faults", remove_faults),
        web.get("/_emulator/held", show_held),
        web.post("/_emulator/release", release),
        web.post("/_emulator/reset", reset),
        web.get("/_emulator/settings", show_rules),
        web.put("/_emulator/settings", change_rules),
        web.patch("/_emulator/settings", change_rules),
        web.post("/_emulator/clock", move_clock),
    ]


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def guard_control(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keep the control API to programs on this machine: no other peer, no proxy, no foreign web page."""
    if not request.path.startswith(PREFIX):
        return await handler(request)
    if not _is_loopback(request.remote) or any(name in request.headers for name in FORWARDED):
        return reply({"error": "the control API answers on its own machine only"}, status=403)
    if request.headers.get("Origin", request.app[WORLD].public_url) != request.app[WORLD].public_url:
        return reply({"error": "the control API does not answer web pages"}, status=403)
    try:
        return await handler(request)
    except web.HTTPException as error:
        return reply({"error": error.text or error.reason}, status=error.status)


def _is_loopback(address: str | None) -> bool:
    try:
        peer = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return False
    # A listener for both families sees IPv4 peers as mapped addresses.
    mapped = peer.ipv4_mapped if isinstance(peer, ipaddress.IPv6Address) else None
    return (mapped or peer).is_loopback


def _ledger_document(entry: LedgerEntry) -> dict[str, Any]:
    document = {
        "action": entry.action,
        "at": to_precise_iso(entry.at),
        "status": entry.status,
        "body": entry.body,
        "result": entry.result,
        "request_id": entry.request_id,
    }
    return document | {"fault": entry.fault} if entry.fault else document


async def _read(request: web.Request, kind: type[Kind]) -> Kind:
    return _convert(await _read_object(request), kind)


async def _read_object(request: web.Request) -> dict[str, Any]:
    raw = await request.read()
    try:
        return msgspec.json.decode(raw or b"{}", type=dict[str, Any])
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise web.HTTPBadRequest(text=f"the body must be a JSON object: {error}") from error


def _convert(value: dict[str, Any], kind: type[Kind]) -> Kind:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
