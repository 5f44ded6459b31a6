"""Every path of the console."""

from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from stagedoor.channels.book import ChannelBook
from stagedoor.console import (
    account,
    audit,
    channels,
    deletions,
    entry,
    groups,
    keys,
    operators,
    overview,
    people,
    settings,
    tenants,
    webhooks,
    work,
)
from stagedoor.console.browser import Answer, Browser, see_other
from stagedoor.console.endpoint import SIGN_IN, PageEndpoint
from stagedoor.console.frame import SCRIPT, SCRIPT_PATH, STYLE, STYLE_PATH
from stagedoor.console.visit import Tools
from stagedoor.doors.visitors import Visitors
from stagedoor.errors import MethodNotAllowed
from stagedoor.http.router import Route
from stagedoor.operators.password import Passwords
from stagedoor.runtime import Runtime

_PARTS = (
    overview,
    tenants,
    people,
    groups,
    webhooks,
    keys,
    deletions,
    channels,
    work,
    audit,
    operators,
    settings,
    account,
    entry,
)
PAGES = [page for part in _PARTS for page in part.PAGES]
YEAR = 365 * 86_400


def console_routes(rt: Runtime, book: ChannelBook, visitors: Visitors, kinds: Sequence[str]) -> list[Route]:
    """Return the routes of the console; none where the setting says so."""
    if not rt.settings.console:
        return []
    tools = Tools(rt, book, Passwords(), tuple(kinds))
    doors = entry.Entry(tools)
    return [
        *(Route(page.path, PageEndpoint(tools, visitors, page)) for page in PAGES),
        Route(SIGN_IN, entry.EntryEndpoint(tools, visitors, doors.show_sign_in, doors.take_sign_in)),
        Route(f"{SIGN_IN}/{{code}}", entry.EntryEndpoint(tools, visitors, doors.show_link, doors.take_link)),
        Route("/console/set-up/{code}", entry.EntryEndpoint(tools, visitors, doors.show_set_up, doors.take_set_up)),
        Route("/console/", _still(rt, see_other("/console"))),
        Route(STYLE_PATH, _still(rt, Answer(STYLE, content_type=b"text/css; charset=utf-8", kept_for=YEAR))),
        Route(SCRIPT_PATH, _still(rt, Answer(SCRIPT, content_type=b"text/javascript; charset=utf-8", kept_for=YEAR))),
    ]


def _still(rt: Runtime, answer: Answer) -> ASGIApp:
    """Return an endpoint that says the same to everybody."""

    async def send_it(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - the ASGI signature
        scope["state"]["action"] = "console_file"
        if scope["method"] not in {"GET", "HEAD"}:
            raise MethodNotAllowed("GET, HEAD")
        await Browser(rt, scope).send(answer, send)

    return send_it
