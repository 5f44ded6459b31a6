"""The callback door: `GET /cb/{state}`, where the actor's browser lands after the face check."""

from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from stagedoor.channels.book import ChannelBook
from stagedoor.errors import MethodNotAllowed, NotFound
from stagedoor.http.router import Route
from stagedoor.runtime import Runtime
from stagedoor.validation.callback import receive_callback

_HEADERS = [
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-robots-tag", b"noindex"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
]

_UNKNOWN_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>stagedoor</title>
<h1 lang="zh">此链接无效</h1>
<p lang="zh">请回到发给您链接的人那里，索取一个新的链接。</p>
<h1 lang="zh-Hant">此連結無效</h1>
<p lang="zh-Hant">請向傳送連結給您的人索取新的連結。</p>
<h1>This link is not valid</h1>
<p>Please ask whoever sent it to you for a new one.</p>
</html>
""".encode()


def callback_routes(rt: Runtime, book: ChannelBook) -> list[Route]:
    """Return the route of the callback; HEAD is refused, since nothing may change by it."""
    return [Route("/cb/{state}", CallbackEndpoint(rt, book))]


class CallbackEndpoint:
    """Records the callback, then sends the browser to the customer's page with 303."""

    def __init__(self, rt: Runtime, book: ChannelBook) -> None:
        self._rt = rt
        self._book = book

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the ASGI signature
        scope["state"]["action"] = "callback"
        if scope["method"] != "GET":
            raise MethodNotAllowed("GET")
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), errors="replace"))
        try:
            location = await receive_callback(self._rt, self._book, scope["path_params"]["state"], query)
        except NotFound:
            await _send(send, 404, [(b"content-type", b"text/html; charset=utf-8")], _UNKNOWN_PAGE)
            return
        await _send(send, 303, [(b"location", location.encode("ascii"))], b"")


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length, *_HEADERS]})
    await send({"type": "http.response.body", "body": body})
