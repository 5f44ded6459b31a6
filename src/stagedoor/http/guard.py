"""The guard around every request: a RequestId, a log line, and an envelope for every error."""

import re
import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stagedoor.errors import InternalError, RequestTooLarge, StagedoorError
from stagedoor.http.envelope import Header, error_body, error_headers
from stagedoor.ids import new_request_id

log = structlog.get_logger()
access = structlog.get_logger("access")

_REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{1,64}")
MAX_HEAD_BYTES = 32_768
JSON: Header = (b"content-type", b"application/json")
NO_STORE: Header = (b"cache-control", b"no-store")
NO_SNIFF: Header = (b"x-content-type-options", b"nosniff")


class Guard:
    """Plain ASGI middleware; nothing that an endpoint raises gets past it."""

    def __init__(self, app: ASGIApp, *, region: str) -> None:
        self._app = app
        self._region = region

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"], state["action"] = _request_id(scope), ""
        started = time.perf_counter()
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            _check_head(scope)
            await self._app(scope, receive, watched)
        except Exception as error:
            if status:
                log.exception("answer_broke_off", request_id=state["request_id"])
                raise
            await send_error(scope, watched, _known(error, state["request_id"]), self._region)
        # The query and the raw path may hold a token: neither is written down.
        access.info(
            "request",
            request_id=state["request_id"],
            method=scope["method"],
            action=state["action"],
            tenant_id=state.get("tenant_id", ""),
            status=status,
            ms=round((time.perf_counter() - started) * 1000, 1),
        )


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


def _known(error: Exception, request_id: str) -> StagedoorError:
    if isinstance(error, StagedoorError):
        return error
    log.error("internal_error", request_id=request_id, exc_info=error)
    return InternalError()


def _check_head(scope: Scope) -> None:
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEAD_BYTES:
        raise RequestTooLarge("The request head is larger than 32 KiB.")


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            text: str = value.decode()
            return text
    return new_request_id()
