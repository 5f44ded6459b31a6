"""The callback door: `GET /cb/{state}`, where the actor's browser lands after the face check."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from stagedoor.doors.callback_page import CONTENT_SECURITY_POLICY, PAGE, TOO_MANY_PAGE
from stagedoor.doors.visitors import Visitors
from stagedoor.errors import FlowLimitExceeded, MethodNotAllowed, NotFound
from stagedoor.http.envelope import Header, error_headers
from stagedoor.http.pages import PRIVATE
from stagedoor.http.router import Route
from stagedoor.invitations.visit import result_address
from stagedoor.runtime import Runtime
from stagedoor.validation.callback import customer_page, receive_callback
from stagedoor.validation.store import ValidationSession

HTML: Header = (b"content-type", b"text/html; charset=utf-8")
_HEADERS = [
    (b"cache-control", b"no-store"),
    *PRIVATE,
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
]


def callback_routes(rt: Runtime, visitors: Visitors) -> list[Route]:
    """Return the route of the callback; HEAD is refused, since nothing may change by it."""
    return [Route("/cb/{state}", CallbackEndpoint(rt, visitors))]


class CallbackEndpoint:
    """Records the callback, then sends the browser on with 303."""

    def __init__(self, rt: Runtime, visitors: Visitors) -> None:
        self._rt = rt
        self._visitors = visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the ASGI signature
        scope["state"]["action"] = "callback"
        if scope["method"] != "GET":
            raise MethodNotAllowed("GET")
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), errors="replace"))
        try:
            session = await receive_callback(self._rt, scope["path_params"]["state"], query)
            location = await self._next_page(session, query)
        except NotFound:
            await self._refuse(scope, send)
            return
        await _send(send, 303, [(b"location", location.encode("ascii"))], b"")

    async def _refuse(self, scope: Scope, send: Send) -> None:
        """Show that nobody waits for this, unless too many such have come from the same address."""
        try:
            self._visitors.count(scope)
        except FlowLimitExceeded as error:
            headers = [HTML, *error_headers(error), *scope["state"]["rate_limit"]]
            await _send(send, error.status, headers, TOO_MANY_PAGE)
        else:
            await _send(send, 404, [HTML], PAGE)

    async def _next_page(self, session: ValidationSession, query: Mapping[str, str]) -> str:
        """Return the customer's page with the official parameters; for an invitation our own, without any."""
        if session.invitation_id is None:
            return customer_page(session.callback_url, query)
        return await result_address(self._rt, session.tenant_id, session.invitation_id)


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length, *_HEADERS]})
    await send({"type": "http.response.body", "body": body})
