"""The guard around every request: a RequestId, a log line, and an envelope for every error."""

import asyncio
import re
import time
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain
from urllib.parse import unquote_to_bytes

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stagedoor import logs, metrics, traces
from stagedoor.clock import to_iso
from stagedoor.errors import InternalError, InvalidParameter, RequestTooLarge, StagedoorError
from stagedoor.http.access import AccessLine, AccessLog
from stagedoor.http.envelope import Header, error_body, error_headers
from stagedoor.ids import new_request_id

log = structlog.get_logger()

_BAD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{1,64}")
MAX_HEAD_BYTES = 32_768
LINGER_SECONDS = 1.0
LINGER_BYTES = 8 * 1_048_576
JSON: Header = (b"content-type", b"application/json")
NO_STORE: Header = (b"cache-control", b"no-store")
_BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding"})
_END: Message = {"type": "http.response.body", "body": b""}
NO_SNIFF: Header = (b"x-content-type-options", b"nosniff")
_HEAD = (
    b"content-type: application/json\r\ncontent-length: %d\r\nx-request-id: %b\r\ncache-control: no-store\r\n"
    b"x-content-type-options: nosniff\r\n%b"
)


class Guard:
    """Plain ASGI middleware; nothing that an endpoint raises gets past it.

    What it leaves in ``scope["state"]``: ``headers`` as a dictionary, ``request_id`` and ``action``. What it finds there:
    ``action``, ``tenant_id``, ``region``, ``numbered`` when errors have a CodeN, ``rate_limit`` with headers for the answer,
    ``protocol`` with headers that a protocol wants in every answer, ``body_ended`` when nothing of the body is left to read, and from the server
    ``head_bytes_at_most``, ``has_whole_body``, which tells whether all of the body has come, ``send_at_once``, which sends a whole answer,
    ``hang_up``, which closes the connection, and ``stopping``, an event that is set when the gateway stops.
    """

    def __init__(self, app: ASGIApp, *, region: str, access_log: AccessLog | None) -> None:
        self._app = app
        self._region = region
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            if self._access_log is not None:
                self._access_log.flush()
            return
        started = time.perf_counter()
        headers = dict(scope["headers"])
        state = scope.setdefault("state", {})
        state["headers"], state["request_id"], state["action"] = headers, _request_id(headers), ""
        logs.request_id.set(state["request_id"])
        state["status"] = 0
        linger = False

        def watched(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                state["status"] = message["status"]
            return send(message)

        with traces.request_span(scope["method"], headers) as span:
            try:
                _check_head(scope)
                await self._app(scope, receive, watched)
            except Exception as error:
                if state["status"]:
                    log.exception("answer_broke_off")
                    raise
                linger = "body_ended" not in state and not headers.keys().isdisjoint(_BODY_HEADERS)
                await send_error(scope, watched, _known(error), self._region, complete=not linger)
            status = state["status"]
            span.answered(state["action"], status, state["request_id"])
        seconds = time.perf_counter() - started
        metrics.answered(state["action"], status, seconds)
        if self._access_log is not None:
            self._access_log.add(
                AccessLine(
                    timestamp=to_iso(datetime.now(UTC)),
                    request_id=state["request_id"],
                    method=scope["method"],
                    action=state["action"],
                    tenant_id=state.get("tenant_id", ""),
                    status=status,
                    ms=round(seconds * 1000, 1),
                )
            )
        if linger:
            if await _throw_away_the_rest(receive):
                await send(_END)
            else:
                state["hang_up"]()


async def send_json(
    scope: Scope, send: Send, status: int, body: bytes, headers: list[Header] | None = None, *, complete: bool = True
) -> None:
    """Send a JSON answer with the RequestId it carries; one that is not complete has all its bytes, but no end yet."""
    state = scope["state"]
    more = (*state.get("rate_limit", ()), *state.get("protocol", ()), *(headers or ()))
    shown = body if scope["method"] != "HEAD" else b""
    if complete and (send_at_once := state.get("send_at_once")) is not None:
        lines = b"".join([b"%b: %b\r\n" % header for header in more])
        if not lines.count(b"\n") == lines.count(b"\r") == len(more):
            raise ValueError("A header of an answer has more than one line.")
        head = _HEAD % (len(body), state["request_id"].encode(), lines)
        if send_at_once(status, head, shown):
            state["status"] = status
            return
    length, request_id = b"%d" % len(body), state["request_id"].encode()
    common = [JSON, NO_STORE, NO_SNIFF, (b"content-length", length), (b"x-request-id", request_id)]
    await send({"type": "http.response.start", "status": status, "headers": [*common, *more]})
    await send({"type": "http.response.body", "body": shown, "more_body": not complete})


async def send_error(scope: Scope, send: Send, error: StagedoorError, region: str, *, complete: bool) -> None:
    state = scope["state"]
    numbered = state.get("numbered", False)
    body = error_body(state["request_id"], state["action"], state.get("region", region), error, numbered=numbered)
    await send_json(scope, send, error.status, body, error_headers(error), complete=complete)


async def _throw_away_the_rest(receive: Receive) -> bool:
    """Read what is left of a refused body, and tell whether that was all of it.

    Closed at once, the connection would be reset under the answer, and the sender would never learn why.
    """
    size = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while size < LINGER_BYTES:
                message = await receive()
                size += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return True
    return False


def _known(error: Exception) -> StagedoorError:
    if isinstance(error, StagedoorError):
        return error
    log.error("internal_error", exc_info=error)
    return InternalError()


def _check_head(scope: Scope) -> None:
    """Refuse a head that is too large or that others might read in another way.

    Raises:
        RequestTooLarge: the target and the headers have more than ``MAX_HEAD_BYTES``.
        InvalidParameter: the target is not UTF-8, or the body comes in another coding than ``chunked``.

    """
    path, query = scope["raw_path"], scope["query_string"]
    if (
        scope["state"].get("head_bytes_at_most", MAX_HEAD_BYTES + 1) > MAX_HEAD_BYTES
        and _head_bytes(scope) > MAX_HEAD_BYTES
    ):
        raise RequestTooLarge("The request head is larger than 32 KiB.")
    if b"transfer-encoding" in scope["state"]["headers"]:
        codings = [value.strip().lower() for name, value in scope["headers"] if name == b"transfer-encoding"]
        if codings != [b"chunked"]:
            raise InvalidParameter("The only Transfer-Encoding understood is chunked.", field="TransferEncoding")
    if b"%" in path or not path.isascii():
        _check_percent(path, "Path")
    # A callback's query went through somebody's in-app browser, which may have added to it: its door reads what it can.
    if (b"%" in query or not query.isascii()) and not path.startswith(b"/cb/"):
        _check_percent(query, "Query")


def _head_bytes(scope: Scope) -> int:
    return len(scope["raw_path"]) + len(scope["query_string"]) + sum(map(len, chain.from_iterable(scope["headers"])))


def _check_percent(encoded: bytes, field: str) -> None:
    """Refuse what is not percent-encoded UTF-8 without control characters."""
    try:
        text = "" if _BAD_PERCENT.search(encoded) else unquote_to_bytes(encoded.decode("ascii")).decode()
    except UnicodeDecodeError:
        text = ""
    if not text or _CONTROL.search(text):
        raise InvalidParameter(f"The {field.lower()} is not percent-encoded UTF-8 text.", field=field)


def _request_id(headers: Mapping[bytes, bytes]) -> str:
    given = headers.get(b"x-request-id")
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given.decode()
    return new_request_id()
