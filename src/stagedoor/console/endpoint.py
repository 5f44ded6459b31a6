"""One page of the console: who may see it, what its forms do, and what is shown when something is refused."""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote

import msgspec
import structlog
from starlette.types import Receive, Scope, Send

from stagedoor.console.browser import Answer, Browser, see_other
from stagedoor.console.frame import render
from stagedoor.console.visit import Tools, Visit
from stagedoor.doors.visitors import Visitors
from stagedoor.errors import AccessDenied, InternalError, MethodNotAllowed, StagedoorError
from stagedoor.http.envelope import error_headers
from stagedoor.http.form import read_form
from stagedoor.operators.sessions import find_signed_in

log = structlog.get_logger()

SIGN_IN, PROVE = "/console/sign-in", "/console/prove"

Show = Callable[[Visit], Awaitable[Answer]]
Do = Callable[[Visit], Awaitable[Answer | None]]
"""Does what a form asks for; without an answer of its own the page is shown anew."""


class Act(msgspec.Struct, frozen=True):
    """What a form of a page does."""

    do: Do
    proves: bool = False
    """Whether a factor must have been shown in the last five minutes."""
    own: bool = False
    """Whether it concerns only the one who does it, so that auditors may, too."""


class Page(msgspec.Struct, frozen=True):
    """A page of those who are signed in. Each of its forms says in ``do`` which act it wants."""

    path: str
    show: Show
    acts: Mapping[str, Act] = {}
    faces: bool = False
    """Whether it shows faces, which auditors do not see."""
    by_itself: bool = False
    """Whether a page asks for it by itself: that nobody is there does not make a session last."""


class PageEndpoint:
    """Shows a page, and does what its forms ask for, to whom that is allowed."""

    def __init__(self, tools: Tools, visitors: Visitors, page: Page) -> None:
        self._tools = tools
        self._visitors = visitors
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["action"] = "console"
        browser = Browser(self._tools.rt, scope)
        check_method(scope, may_post=bool(self._page.acts))
        try:
            fields = await read_fields(self._tools, scope, receive)
            answer = await self._answer(scope, browser, fields)
        except StagedoorError as error:
            answer = error_page(browser, error)
        except Exception as error:
            log.exception("console_page_failed", exc_info=error)
            answer = error_page(browser, InternalError())
        await browser.send(answer, send)

    async def _answer(self, scope: Scope, browser: Browser, fields: Mapping[str, list[str]] | None) -> Answer:
        who = await find_signed_in(self._tools.rt, browser.token, is_use=not self._page.by_itself)
        if who is None:
            self._visitors.count(scope)
            return see_other(with_next(SIGN_IN, browser.path))
        visit = Visit(self._tools, browser, who, scope["path_params"], fields or {})
        if self._page.faces and not visit.may_change:
            raise AccessDenied("Auditors see hashes, not faces.")
        return await self._page.show(visit) if fields is None else await self._act(visit)

    async def _act(self, visit: Visit) -> Answer:
        act = self._page.acts.get(visit.field("do"))
        if act is None or not visit.browser.is_own_form(visit.fields):
            raise AccessDenied("This form has become invalid. Load the page again.")
        if not (act.own or visit.may_change):
            raise AccessDenied("Auditors change nothing.")
        if act.proves and not visit.is_proved:
            return see_other(with_next(PROVE, visit.browser.path))
        try:
            return await act.do(visit) or see_other(visit.browser.path)
        except StagedoorError as error:
            if error.status >= 500 and error.upstream is None:
                raise
            visit.complaint = error
            return await self._page.show(visit)


def check_method(scope: Scope, *, may_post: bool) -> None:
    """Let those pass who look, or send a form where there is one.

    Raises:
        MethodNotAllowed: it is neither.

    """
    if scope["method"] not in {"GET", "HEAD", *(["POST"] if may_post else [])}:
        raise MethodNotAllowed("GET, HEAD, POST" if may_post else "GET, HEAD")


async def read_fields(tools: Tools, scope: Scope, receive: Receive) -> Mapping[str, list[str]] | None:
    """Return the fields of a form that was sent; None when somebody only looks."""
    if scope["method"] != "POST":
        return None
    return await read_form(scope, receive, within=tools.rt.settings.body_timeout)


def error_page(browser: Browser, error: StagedoorError) -> Answer:
    """Return the page that says what is wrong, with what the reader can do."""
    body = render("error.html", browser.language, path=browser.path, error=error)
    headers = [header for header in error_headers(error) if header[0] == b"retry-after"]
    return Answer(body, status=error.status, headers=headers)


def with_next(address: str, path: str) -> str:
    """Return an address that leads on to a page of the console afterwards."""
    return address if path == "/console" else f"{address}?next={quote(path)}"


def read_next(text: str) -> str:
    """Return where to go on: a page of the console, never anything else."""
    plain = text.isascii() and text.isprintable() and not any(part in text for part in ("\\", "//", ".."))
    return text if plain and text.startswith("/console/") else "/console"
