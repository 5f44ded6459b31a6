"""The front door of the actions: method, Action and Version, signature, quota, body, and the answer in its envelope."""

import asyncio
from typing import Any
from urllib.parse import parse_qsl

import structlog
from aiohttp import web
from msgspec import Struct

from stagedoor.emulator.actions import ACTIONS
from stagedoor.emulator.auth import Arrival
from stagedoor.emulator.body import read_object
from stagedoor.emulator.clock import machine_now
from stagedoor.emulator.envelope import VERSION, Call, failure, success
from stagedoor.emulator.errors import ArkError, gateway_error
from stagedoor.emulator.faults import Fault, take_fault
from stagedoor.emulator.ids import new_request_id
from stagedoor.emulator.ledger import masked
from stagedoor.emulator.mischief import deliver
from stagedoor.emulator.world import WORLD, World

MAX_QUERY_FIELDS = 100
LONGEST_NAME = 100
log = structlog.get_logger("stagedoor.emulator")


class Answer(Struct, frozen=True, kw_only=True):
    """What would be answered if nothing went wrong on the way."""

    status: int
    document: dict[str, Any]
    retry_after: int | None = None


async def handle_action(request: web.Request) -> web.StreamResponse:
    """Answer one signed call and write it into the ledger, whatever becomes of it."""
    world = request.app[WORLD]
    query = _read_query(request)
    named = dict(query)
    call = Call(
        request_id=new_request_id(),
        action=named.get("Action", "")[:LONGEST_NAME],
        version=named.get("Version", "")[:LONGEST_NAME],
        region=world.settings.region,
    )
    entry = _Entry(world, call)
    fault: Fault | None = None
    try:
        raw = await _read_body(request, world)
        entry.open(raw)
        _admit(world, request, query, call, raw)
        fault = take_fault(world.store, call.action)
        answer = await _answer_under(world, call, raw, fault)
    except ArkError as error:
        answer = Answer(status=error.status, document=failure(call, error), retry_after=error.retry_after)
    except Exception:
        log.exception("the emulator failed inside", action=call.action, request_id=call.request_id)
        answer = Answer(status=500, document=failure(call, gateway_error("InternalError")))
    entry.open(None)
    return await deliver(request, call, answer.status, answer.document, answer.retry_after, fault, entry.close)


class _Entry:
    """The ledger's line about one call: opened when its body is there, closed with its status."""

    def __init__(self, world: World, call: Call) -> None:
        self._world, self._call = world, call
        self._seq: int | None = None

    def open(self, raw: bytes | None) -> None:
        """Write the call down unless that is done; ``raw`` is ``None`` for a body that never came in whole."""
        if self._seq is not None:
            return
        try:
            body: Any = None if raw is None else masked(read_object(raw))
        except ArkError:
            body = None
        now = self._world.clock.now()
        self._seq = self._world.store.add_ledger_entry(self._call.action, now, body, self._call.request_id)

    def close(self, status: int, document: Any, fault: str) -> None:
        if self._seq is not None:
            result = document.get("Result") if isinstance(document, dict) else None
            self._world.store.mark_ledger_entry(self._seq, status=status, result=masked(result), fault=fault)


def _read_query(request: web.Request) -> list[tuple[str, str]]:
    """Return the decoded query; one with absurdly many fields reads as empty."""
    try:
        return parse_qsl(
            _clean(request.raw_path.partition("?")[2]), keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS
        )
    except ValueError:
        return []


def _clean(value: str) -> str:
    """Return text that can be encoded: bytes that are no UTF-8 become replacement characters."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


async def _read_body(request: web.Request, world: World) -> bytes:
    seconds = world.settings.body_timeout.total_seconds()
    try:
        async with asyncio.timeout(seconds):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        limit = world.settings.max_body_bytes
        raise ArkError(413, "InvalidParameter", f"The request body is larger than {limit} bytes.") from None
    except TimeoutError:
        raise ArkError(408, "InvalidParameter", f"The request body did not arrive within {seconds:g} s.") from None


def _admit(world: World, request: web.Request, query: list[tuple[str, str]], call: Call, raw: bytes) -> None:
    """Let a call in that names a known action, is rightly signed and within its quota."""
    for name, value in (("Action", call.action), ("Version", call.version)):
        if not value:
            raise gateway_error("MissingParameter", name)
    if request.method != "POST" or call.action not in ACTIONS or call.version != VERSION:
        raise gateway_error("InvalidActionOrVersion", call.action, call.version)
    arrival = Arrival(
        method=request.method,
        path=_clean(request.raw_path.partition("?")[0]),
        query=query,
        headers={name.lower(): _clean(value) for name, value in request.headers.items()},
        body=raw,
    )
    world.authority.authenticate(arrival, world.signature_now(machine_now()))
    if world.rules.quotas:
        world.quotas.spend(call.action, world.rules.quota_limits, world.clock.now())


async def _answer_under(world: World, call: Call, raw: bytes, fault: Fault | None) -> Answer:
    """Do the action, with the fault before or after it."""
    if fault is not None and not fault.strikes_after:
        refused = await _strike(world, call, fault)
        if refused is not None:
            return refused
    answer = await _act(world, call, raw)
    if fault is not None and fault.strikes_after:
        return await _strike(world, call, fault) or answer
    return answer


async def _act(world: World, call: Call, raw: bytes) -> Answer:
    try:
        result = await ACTIONS[call.action](world, read_object(raw))
    except ArkError as error:
        return Answer(status=error.status, document=failure(call, error), retry_after=error.retry_after)
    return Answer(status=200, document=success(call, result))


async def _strike(world: World, call: Call, fault: Fault) -> Answer | None:
    """Let a fault's waiting happen, or return the refusal it answers with; other faults spoil the delivery."""
    if fault.kind == "delay":
        await asyncio.sleep(fault.seconds)
    elif fault.kind == "hold":
        await world.holds.wait(name=fault.name or call.action, action=call.action, request_id=call.request_id)
    elif fault.kind in {"error", "error_200", "rate_limited"}:
        error = fault.error()
        return Answer(status=error.status, document=failure(call, error), retry_after=error.retry_after)
    elif not fault.strikes_after:
        return Answer(status=fault.status or 200, document={})
    return None
