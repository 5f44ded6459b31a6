"""The doors of the console: signing in and out, links that work once, showing a factor once more."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from starlette.types import Receive, Scope, Send

from stagedoor.console.browser import Answer, Browser, see_other
from stagedoor.console.endpoint import Act, Page, check_method, error_page, read_fields, read_next
from stagedoor.console.frame import render, say_error, translate
from stagedoor.console.visit import Tools, Visit
from stagedoor.doors.visitors import Visitors
from stagedoor.errors import FlowLimitExceeded, StagedoorError
from stagedoor.invitations.qr import draw_svg
from stagedoor.operators.enroll import SetUp, Wanted, enroll, find_set_up, seed_of, set_up_purpose
from stagedoor.operators.passkeys import Answer as PasskeyAnswer
from stagedoor.operators.passkeys import encode, new_challenge
from stagedoor.operators.sessions import end_session, find_signed_in
from stagedoor.operators.sign_in import (
    SIGN_IN,
    Given,
    SignInRefused,
    prove_with_passkey,
    prove_with_password,
    sign_in_with_link,
    sign_in_with_passkey,
    sign_in_with_password,
)
from stagedoor.operators.totp import provisioning_uri, written

log = structlog.get_logger()

Fields = Mapping[str, list[str]]
REFUSED = "That did not open the console. Look at the name, the password and the code; a code works once."
STALE = "This form has become invalid. Try again."


class EntryEndpoint:
    """A page for people who are not signed in, and counted as such."""

    def __init__(
        self,
        tools: Tools,
        visitors: Visitors,
        show: "Callable[[Browser, str], Awaitable[Answer]]",
        take: "Callable[[Browser, str, Fields], Awaitable[Answer]]",
    ) -> None:
        self._tools = tools
        self._visitors = visitors
        self._show = show
        self._take = take

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["action"] = "console_entry"
        browser = Browser(self._tools.rt, scope)
        code = scope["path_params"].get("code", "")
        check_method(scope, may_post=True)
        try:
            fields = await read_fields(self._tools, scope, receive)
            self._visitors.count(scope)
            answer = await (self._show(browser, code) if fields is None else self._take(browser, code, fields))
        except StagedoorError as error:
            answer = error_page(browser, error)
        await browser.send(answer, send)


def first(fields: Fields, name: str) -> str:
    return fields.get(name, [""])[0]


def read_passkey(fields: Fields) -> PasskeyAnswer | None:
    """Return what an authenticator has said, when the script has put it into the form."""
    if not first(fields, "passkey_id"):
        return None
    return PasskeyAnswer(*(first(fields, f"passkey_{name}") for name in ("id", "client", "data", "proof")))


class Entry:
    """What the doors show and do."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._rt = tools.rt

    def _page(self, browser: Browser, template: str, *, complaint: str = "", status: int = 200, **more: Any) -> Answer:
        said = translate(browser.language, complaint) if complaint else ""
        context = {"path": browser.path, "token": browser.form_token, "complaint": said, "host": browser.host, **more}
        return Answer(render(template, browser.language, **context), status=status)

    async def show_sign_in(self, browser: Browser, _: str, *, complaint: str = "", status: int = 200) -> Answer:
        if await find_signed_in(self._rt, browser.token) is not None:
            return see_other(read_next(browser.query.get("next", "")))
        challenge = new_challenge(self._rt.vault, SIGN_IN, self._rt.clock.now())
        on = read_next(browser.query.get("next", ""))
        more = {"challenge": challenge, "next": on, "is_safe": browser.is_local or self._is_https(browser)}
        return self._page(browser, "sign-in.html", complaint=complaint, status=status, **more)

    def _is_https(self, browser: Browser) -> bool:
        """Tell whether the browser would keep a Secure cookie, as far as is known: a proxy in front may speak TLS."""
        return browser.is_encrypted or self._rt.settings.public_url.startswith("https:")

    async def take_sign_in(self, browser: Browser, _: str, fields: Fields) -> Answer:
        if not browser.is_own_form(fields):
            return await self.show_sign_in(browser, "", complaint=STALE, status=403)
        try:
            passkey = read_passkey(fields)
            if passkey is not None:
                token = await sign_in_with_passkey(self._rt, browser.site, passkey, browser.where)
            else:
                given = Given(first(fields, "name"), first(fields, "password"), first(fields, "code"))
                token = await sign_in_with_password(self._rt, self._tools.passwords, given, browser.where)
        except SignInRefused:
            return await self.show_sign_in(browser, "", complaint=REFUSED, status=401)
        except FlowLimitExceeded as error:
            return error_page(browser, error)
        await self._leave(browser)
        return see_other(read_next(first(fields, "next")), token=token)

    async def _leave(self, browser: Browser) -> None:
        """End the session that a browser had before: nobody goes on in one that somebody else may know."""
        before = await find_signed_in(self._rt, browser.token)
        if before is not None:
            await end_session(self._rt, before, before.session.id)

    async def show_link(self, browser: Browser, _: str) -> Answer:
        return self._page(browser, "link.html")

    async def take_link(self, browser: Browser, code: str, fields: Fields) -> Answer:
        if not browser.is_own_form(fields):
            return self._page(browser, "link.html", complaint=STALE, status=403)
        try:
            token = await sign_in_with_link(self._rt, code, browser.where)
        except SignInRefused:
            return self._page(browser, "link-over.html", status=410)
        await self._leave(browser)
        return see_other("/console", token=token)

    async def show_set_up(self, browser: Browser, code: str) -> Answer:
        try:
            return self._set_up_page(browser, await find_set_up(self._rt, code))
        except SignInRefused:
            return self._page(browser, "link-over.html", status=410)

    def _set_up_page(
        self, browser: Browser, set_up: SetUp, *, name: str = "", complaint: str = "", status: int = 200
    ) -> Answer:
        seed = seed_of(self._rt, set_up.code)
        shown = set_up.operator.name if set_up.operator else name
        label = set_up.operator.name if set_up.operator else browser.host
        return self._page(
            browser,
            "set-up.html",
            complaint=complaint,
            status=status,
            name=shown,
            is_first=set_up.operator is None,
            seed=" ".join(written(seed)[at : at + 4] for at in range(0, 32, 4)),
            qr=draw_svg(provisioning_uri(seed, label)).decode(),
            challenge=new_challenge(self._rt.vault, set_up_purpose(set_up.code), self._rt.clock.now()),
            user=encode(self._rt.vault.hash("passkey_user", set_up.code)),
        )

    async def take_set_up(self, browser: Browser, code: str, fields: Fields) -> Answer:
        try:
            set_up = await find_set_up(self._rt, code)
            name = first(fields, "name")
            if not browser.is_own_form(fields):
                return self._set_up_page(browser, set_up, name=name, complaint=STALE, status=403)
            wanted = Wanted(name, first(fields, "password"), first(fields, "code"), read_passkey(fields))
            try:
                enrolled = await enroll(self._rt, self._tools.passwords, browser.site, set_up, wanted, browser.where)
            except StagedoorError as error:
                if error.status >= 500:
                    raise
                return self._set_up_page(
                    browser,
                    set_up,
                    name=name,
                    complaint=" ".join(say_error(browser.language, error)),
                    status=error.status,
                )
        except SignInRefused:
            return self._page(browser, "link-over.html", status=410)
        await self._leave(browser)
        if not enrolled.recovery_codes:
            return see_other("/console", token=enrolled.token)
        answer = self._page(browser, "recovery.html", codes=enrolled.recovery_codes)
        answer.token = enrolled.token
        return answer


async def show_prove(visit: Visit, *, complaint: str = "", status: int = 200) -> Answer:
    """Show the page that asks for a factor once more."""
    purpose = f"prove:{visit.who.session.id}"
    challenge = new_challenge(visit.rt.vault, purpose, visit.rt.clock.now())
    on = read_next(visit.field("next") or visit.browser.query.get("next", ""))
    said = visit.say(complaint) if complaint else ""
    return visit.page("prove.html", status=status, challenge=challenge, next=on, said=said, host=visit.browser.host)


async def prove(visit: Visit) -> Answer:
    """Let somebody show a factor once more."""
    passkey = read_passkey(visit.fields)
    try:
        if passkey is not None:
            await prove_with_passkey(visit.rt, visit.browser.site, visit.who, passkey)
        else:
            given = Given("", visit.field("password"), visit.field("code"))
            await prove_with_password(visit.rt, visit.tools.passwords, visit.who, given, visit.browser.where)
    except SignInRefused:
        return await show_prove(visit, complaint=REFUSED, status=401)
    return see_other(read_next(visit.field("next")))


async def sign_out(visit: Visit) -> Answer:
    await end_session(visit.rt, visit.who, visit.who.session.id)
    return see_other("/console/sign-in", token="")


async def show_sign_out(_: Visit) -> Answer:
    """Looking signs nobody out: only the button does."""
    return see_other("/console")


PAGES = [
    Page("/console/prove", show_prove, {"prove": Act(prove, own=True)}),
    Page("/console/sign-out", show_sign_out, {"sign-out": Act(sign_out, own=True)}),
]
