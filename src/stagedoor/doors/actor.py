"""The actor's door: the pages behind an invitation's link.

GET  /i/{code}         what is asked, by whom and for what       POST  agree, and start the face check
GET  /i/{code}/qr.svg  the link as a QR code (also qr.png)
GET  /r/{code}         what became of it                         /r/{code}/state  the same in one word, for the page's script
GET  /w/{code}         take the consent back?                    POST  take it back

Looking changes nothing, whoever looks: only a form that carries its token back does.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import structlog
from starlette.types import Receive, Scope, Send

from stagedoor.channels.book import ChannelBook
from stagedoor.contract.fields import Language
from stagedoor.doors.actor_browser import Answer, Browser, see_other
from stagedoor.doors.actor_pages import (
    SCRIPT_PATH,
    Seen,
    busy_page,
    consent_page,
    result_page,
    start_page,
    withdraw_page,
)
from stagedoor.doors.actor_style import SCRIPT
from stagedoor.doors.callback_page import CONTENT_SECURITY_POLICY, TOO_MANY_PAGE
from stagedoor.doors.callback_page import PAGE as NOBODY_PAGE
from stagedoor.doors.visitors import Visitors
from stagedoor.errors import FlowLimitExceeded, MethodNotAllowed, NotFound, StagedoorError
from stagedoor.http.envelope import error_headers
from stagedoor.http.form import read_form
from stagedoor.http.router import Route
from stagedoor.invitations.consent import Agreement, Incomplete, begin_check, standing_consent, terms_of
from stagedoor.invitations.qr import draw_png, draw_svg
from stagedoor.invitations.shown import open_record, passed_session, public_link
from stagedoor.invitations.signing import return_address
from stagedoor.invitations.store import ConsentRecord
from stagedoor.invitations.texts import choose_language
from stagedoor.invitations.visit import MAY_START, Visit, find_visit
from stagedoor.invitations.withdraw import withdraw_consent
from stagedoor.runtime import Runtime

log = structlog.get_logger()

Show = Callable[[Browser, Visit], Awaitable[Answer]]
Take = Callable[[Browser, Visit, Mapping[str, list[str]]], Awaitable[Answer]]

GO_ON_SECONDS = 5
FRESH = timedelta(minutes=2)
"""For so long after the check the page goes on to the customer's by itself; later it is looked at for the receipt."""


def actor_routes(rt: Runtime, book: ChannelBook, visitors: Visitors) -> list[Route]:
    """Return the routes of the actor's pages."""
    pages = ActorPages(rt, book)
    return [
        Route("/i/{code}", ActorEndpoint(rt, visitors, "invitation", pages.show_invitation, pages.take_agreement)),
        Route("/i/{code}/qr.svg", ActorEndpoint(rt, visitors, "invitation_qr", pages.show_svg)),
        Route("/i/{code}/qr.png", ActorEndpoint(rt, visitors, "invitation_qr", pages.show_png)),
        Route("/r/{code}", ActorEndpoint(rt, visitors, "result", pages.show_result)),
        Route("/r/{code}/state", ActorEndpoint(rt, visitors, "result_state", pages.show_state)),
        Route(SCRIPT_PATH, _script),
        Route("/w/{code}", ActorEndpoint(rt, visitors, "withdrawal", pages.show_withdrawal, pages.take_withdrawal)),
    ]


class ActorEndpoint:
    """One page: HEAD and GET show it, POST takes its form."""

    def __init__(self, rt: Runtime, visitors: Visitors, action: str, show: Show, take: Take | None = None) -> None:
        self._rt = rt
        self._visitors = visitors
        self._action = action
        self._show = show
        self._take = take

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["action"] = self._action
        browser = Browser(self._rt, scope)
        method = scope["method"]
        if method == "POST" and self._take is not None:
            fields = await read_form(scope, receive, within=self._rt.settings.body_timeout)
        elif method not in {"GET", "HEAD"}:
            raise MethodNotAllowed("GET, HEAD" if self._take is None else "GET, HEAD, POST")
        else:
            fields = None
        try:
            self._visitors.count(scope)
        except FlowLimitExceeded as error:
            headers = [*error_headers(error), *scope["state"]["rate_limit"]]
            await browser.send(Answer(TOO_MANY_PAGE, status=429, policy=CONTENT_SECURITY_POLICY, headers=headers), send)
            return
        try:
            visit = await find_visit(self._rt, browser.code)
            scope["state"]["tenant_id"] = visit.tenant.id
            if fields is None or self._take is None:
                answer = await self._show(browser, visit)
            else:
                answer = await self._take(browser, visit, fields)
        except NotFound:
            answer = Answer(NOBODY_PAGE, status=404, policy=CONTENT_SECURITY_POLICY)
        except StagedoorError as error:
            log.warning("actor_page_failed", action=self._action, error=error.full_code)
            answer = browser.busy(busy_page(browser.seen(choose_language(accept=browser.accept)), agreed=False), error)
        await browser.send(answer, send)


class ActorPages:
    """What each page shows and does."""

    def __init__(self, rt: Runtime, book: ChannelBook) -> None:
        self._rt = rt
        self._book = book

    async def show_invitation(self, browser: Browser, visit: Visit) -> Answer:
        if visit.progress not in MAY_START:
            return see_other(browser.address("r"))
        seen = self._seen(browser, visit)
        consent = await standing_consent(self._book, visit)
        if consent is None:
            terms = await terms_of(self._book, visit, seen.language)
            return browser.page(consent_page(visit, seen, terms), starts=True)
        if visit.sessions:
            return see_other(browser.address("r"))
        record = open_record(self._rt, consent)
        return browser.page(start_page(seen, consent, record), starts=True)

    async def take_agreement(self, browser: Browser, visit: Visit, fields: Mapping[str, list[str]]) -> Answer:
        if visit.progress not in MAY_START:
            return see_other(browser.address("r"))
        language = self._language(browser, visit)
        if not browser.is_own_form(fields):
            return await self._ask_again(browser, visit, fields, 403, "stale")
        agreement = Agreement(
            ticked=fields.get("agree", []),
            shown=fields.get("shown", [""])[0],
            address=browser.client,
            user_agent=browser.user_agent,
        )
        try:
            h5_link = await begin_check(self._rt, self._book, visit, language, agreement)
        except Incomplete as incomplete:
            return await self._ask_again(browser, visit, fields, 422, "changed" if incomplete.changed else "missing")
        except StagedoorError as error:
            log.warning("check_did_not_start", invitation_id=visit.invitation.id, error=error.full_code)
            visit = await find_visit(self._rt, browser.code)
            page = busy_page(self._seen(browser, visit), agreed=visit.consent is not None)
            return browser.busy(page, error)
        return see_other(h5_link or browser.address("r"))

    async def _ask_again(
        self, browser: Browser, visit: Visit, fields: Mapping[str, list[str]], status: int, complaint: str
    ) -> Answer:
        """Show the page once more with what is wrong about its form; nothing that was ticked is lost."""
        seen = self._seen(browser, visit)
        text: str = getattr(seen.words, complaint)
        consent = await standing_consent(self._book, visit)
        if consent is not None:
            page = start_page(seen, consent, open_record(self._rt, consent), complaint=text)
        else:
            terms = await terms_of(self._book, visit, seen.language)
            # Boxes of another text than this one are not ticked for anybody.
            ticked = fields.get("agree", []) if fields.get("shown") == [terms.sha256.hex()] else []
            page = consent_page(visit, seen, terms, ticked=ticked, complaint=text, missing=complaint == "missing")
        return browser.page(page, starts=True, status=status)

    async def show_result(self, browser: Browser, visit: Visit) -> Answer:
        if visit.progress == "new":
            return see_other(browser.address("i"))
        seen = self._seen(browser, visit)
        go_on, by_itself = self._way_on(visit)
        record = self._record(visit)
        page = result_page(visit, seen, record, go_on=go_on, by_itself=by_itself)
        answer = browser.page(page, starts=visit.progress in MAY_START)
        if by_itself:
            answer.headers.append((b"refresh", f"{GO_ON_SECONDS};url={go_on}".encode("ascii")))
        return answer

    async def show_state(self, _: Browser, visit: Visit) -> Answer:
        body = f'{{"progress":"{visit.progress}"}}'.encode()
        return Answer(body, content_type=b"application/json", form_action="'none'")

    async def show_svg(self, _: Browser, visit: Visit) -> Answer:
        return _picture(draw_svg(self._link(visit)), b"image/svg+xml")

    async def show_png(self, _: Browser, visit: Visit) -> Answer:
        return _picture(draw_png(self._link(visit)), b"image/png")

    async def show_withdrawal(self, browser: Browser, visit: Visit) -> Answer:
        if visit.consent is None or visit.progress == "withdrawn":
            return see_other(browser.address("r"))
        return browser.page(withdraw_page(visit, self._seen(browser, visit)))

    async def take_withdrawal(self, browser: Browser, visit: Visit, fields: Mapping[str, list[str]]) -> Answer:
        if visit.consent is None or visit.progress == "withdrawn":
            return see_other(browser.address("r"))
        if not browser.is_own_form(fields):
            seen = self._seen(browser, visit)
            return browser.page(withdraw_page(visit, seen, complaint=seen.words.stale), status=403)
        await withdraw_consent(self._rt, visit)
        return see_other(browser.address("r"))

    def _language(self, browser: Browser, visit: Visit) -> Language:
        agreed_in = None if visit.consent is None else visit.consent.language
        return choose_language(browser.lng, agreed_in, visit.details.language, accept=browser.accept)

    def _seen(self, browser: Browser, visit: Visit) -> Seen:
        link = self._link(visit) if browser.is_in_app else ""
        return browser.seen(self._language(browser, visit), in_app=link)

    def _link(self, visit: Visit) -> str:
        return public_link(self._rt, visit.details.code)

    def _record(self, visit: Visit) -> ConsentRecord | None:
        return None if visit.consent is None else open_record(self._rt, visit.consent)

    def _way_on(self, visit: Visit) -> tuple[str, bool]:
        """Return the customer's page, signed, where there is one to go to, and whether to go there without a tap."""
        url, session, status = visit.details.return_url, passed_session(visit.sessions), "completed"
        if visit.progress == "exhausted":
            session, status = visit.sessions[-1] if visit.sessions else None, "failed"
        if url is None or session is None or visit.progress not in {"done", "exhausted"}:
            return "", False
        fresh = session.ended_at is not None and self._rt.clock.now() < session.ended_at + FRESH
        return return_address(self._rt, visit.tenant.id, url, session.id, status), fresh and status == "completed"


def _picture(body: bytes, content_type: bytes) -> Answer:
    return Answer(body, content_type=content_type, form_action="'none'", for_others=True)


async def _script(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - the ASGI signature
    scope["state"]["action"] = "script"
    if scope["method"] not in {"GET", "HEAD"}:
        raise MethodNotAllowed("GET, HEAD")
    body = SCRIPT.encode()
    headers = [
        (b"content-type", b"text/javascript; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"max-age=300"),
        (b"x-content-type-options", b"nosniff"),
        (b"cross-origin-resource-policy", b"same-origin"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
