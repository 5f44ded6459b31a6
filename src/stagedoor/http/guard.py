"""The guard around every request: a RequestId, a log line, and an envelope for every error."""

import asyncio
import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import unquote_to_bytes

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stagedoor.clock import to_iso
from stagedoor.errors import InternalError, InvalidParameter, RequestTimeout, RequestTooLarge, StagedoorError
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
NO_SNIFF: Header = (b"x-content-type-options", b"nosniff")


class Guard:
    """Plain ASGI middleware; nothing that an endpoint raises gets past it."""

    def __init__(self, app: ASGIApp, *, region: str, access_log: AccessLog) -> None:
        self._app = app
        self._region = region
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            self._access_log.flush()
            return
        state = scope.setdefault("state", {})
        state["request_id"], state["action"] = _request_id(scope), ""
        started = time.perf_counter()
        status = 0
        body_ended = linger = False

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        async def counted() -> Message:
            nonlocal body_ended
            message = await receive()
            body_ended = not message.get("more_body", False)
            return message

        try:
            _check_head(scope)
            await self._app(scope, counted, watched)
        except Exception as error:
            if status:
                log.exception("answer_broke_off", request_id=state["request_id"])
                raise
            await send_error(scope, watched, _known(error, state["request_id"]), self._region)
            linger = not body_ended and not isinstance(error, RequestTimeout)
        self._access_log.add(
            AccessLine(
                timestamp=to_iso(datetime.now(UTC)),
                request_id=state["request_id"],
                method=scope["method"],
                action=state["action"],
                tenant_id=state.get("tenant_id", ""),
                status=status,
                ms=round((time.perf_counter() - started) * 1000, 1),
            )
        )
        if linger:
            await _linger(scope, counted)


async def send_json(scope: Scope, send: Send, status: int, body: bytes, headers: list[Header] | None = None) -> None:
    """Send a JSON answer with the RequestId it carries."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                JSON,
                (b"content-length", b"%d" % len(body)),
                (b"x-request-id", scope["state"]["request_id"].encode()),
                NO_STORE,
                NO_SNIFF,
                *(headers or ()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})


async def send_error(scope: Scope, send: Send, error: StagedoorError, region: str) -> None:
    state = scope["state"]
    body = error_body(state["request_id"], state["action"], state.get("region", region), error)
    await send_json(scope, send, error.status, body, error_headers(error))


async def _linger(scope: Scope, receive: Receive) -> None:
    """Throw away what is left of a refused body: closed at once, the connection would be reset under the answer."""
    if not any(name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"]):
        return
    size = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while size < LINGER_BYTES:
                message = await receive()
                size += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


def _known(error: Exception, request_id: str) -> StagedoorError:
    if isinstance(error, StagedoorError):
        return error
    log.error("internal_error", request_id=request_id, exc_info=error)
    return InternalError()


def _check_head(scope: Scope) -> None:
    """Refuse a head that is too large or that others might read in another way.

    Raises:
        RequestTooLarge: the target and the headers have more than ``MAX_HEAD_BYTES``.
        InvalidParameter: the target is not UTF-8, or the body comes in another coding than ``chunked``.

    """
    path, query = scope["raw_path"], scope["query_string"]
    size = len(path) + len(query)
    for name, value in scope["headers"]:
        size += len(name) + len(value)
        if name == b"transfer-encoding" and value.strip().lower() != b"chunked":
            raise InvalidParameter("The only Transfer-Encoding understood is chunked.", field="TransferEncoding")
    if size > MAX_HEAD_BYTES:
        raise RequestTooLarge("The request head is larger than 32 KiB.")
    if b"%" in path or not path.isascii():
        _check_percent(path, "Path")
    # A callback's query went through somebody's in-app browser, which may have added to it: its door reads what it can.
    if (b"%" in query or not query.isascii()) and not path.startswith(b"/cb/"):
        _check_percent(query, "Query")


def _check_percent(encoded: bytes, field: str) -> None:
    """Refuse what is not percent-encoded UTF-8 without control characters."""
    try:
        text = "" if _BAD_PERCENT.search(encoded) else unquote_to_bytes(encoded.decode("ascii")).decode()
    except UnicodeDecodeError:
        text = ""
    if not text or _CONTROL.search(text):
        raise InvalidParameter(f"The {field.lower()} is not percent-encoded UTF-8 text.", field=field)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            text: str = value.decode()
            return text
    return new_request_id()
