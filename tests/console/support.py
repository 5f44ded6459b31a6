"""An operator at a desk: a browser without a screen that keeps cookies, reads forms and follows nothing."""

import re
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import aiohttp

from stagedoor.audit.store import by_operator
from stagedoor.db.database import Tx
from stagedoor.operators.enroll import seed_of
from stagedoor.operators.links import make_first_link
from stagedoor.operators.manage import add_operator, new_operator, record_operator
from stagedoor.operators.sessions import From, begin_session
from stagedoor.operators.store import Role, has_operators
from stagedoor.operators.totp import STEP_SECONDS, generate
from tests.support.gateway import Answer, RunningGateway

PASSWORD = "correct horse battery"
ONE_SECOND = timedelta(seconds=1)
FORM = "application/x-www-form-urlencoded"


class Form(HTMLParser):
    """The hidden fields of the first form on a page that does something, and the page's words."""

    def __init__(self, text: str, act: str = "") -> None:
        super().__init__()
        self.text = text
        self._act = act
        self._fields: dict[str, str] = {}
        self.hidden: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fields = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._fields = {}
        elif tag == "input" and fields.get("type") == "hidden":
            self._fields[fields["name"]] = fields["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and not self.hidden and self._fields.get("do", "") == self._act:
            self.hidden = self._fields

    @property
    def words(self) -> str:
        return unescape(re.sub(r"<[^>]+>", "\n", self.text))


class Desk:
    """A browser of an operator's."""

    def __init__(self, gateway: RunningGateway, **headers: str) -> None:
        self.gateway = gateway
        self.url = gateway.url
        self.headers = {"accept-language": "en", **headers}
        self.cookies: dict[str, str] = {}
        self.set_cookies: list[str] = []

    async def send(self, method: str, path: str, *, data: bytes | None = None, **headers: str) -> Answer:
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        url = self.url + path
        async with self.gateway.http.request(method, url, data=data, headers=sent, allow_redirects=False) as response:
            self._keep(response)
            names = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, names, await response.read())

    def _keep(self, response: aiohttp.ClientResponse) -> None:
        self.set_cookies = response.headers.getall("set-cookie", [])
        for line in self.set_cookies:
            for morsel in SimpleCookie(line).values():
                self.cookies[morsel.key] = morsel.value
                if morsel["max-age"] == "0":
                    del self.cookies[morsel.key]

    async def open(self, path: str = "/console", act: str = "") -> Form:
        """Open a page that must be there."""
        answer = await self.send("GET", path)
        assert answer.status == 200, (path, answer.status, answer.headers.get("location"))
        return Form(answer.body.decode(), act)

    async def fill(self, path: str, act: str = "", **fields: str) -> Answer:
        """Open a page and send its form with some fields filled in."""
        form = await self.open(path, act)
        assert form.hidden, (path, act)
        return await self.post(path, {**form.hidden, **fields})

    async def post(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        headers.setdefault("content_type", FORM)
        return await self.send("POST", path.partition("?")[0], data=urlencode(fields).encode(), **headers)

    async def is_in(self) -> bool:
        return (await self.send("GET", "/console")).status == 200


class Person:
    """Somebody with a password and an authenticator app."""

    def __init__(self, gateway: RunningGateway, name: str, link: str) -> None:
        self.gateway = gateway
        self.name = name
        self.link = link
        self.seed = seed_of(gateway.rt, link.rpartition("/")[2])
        self.recovery_codes: list[str] = []

    def code(self) -> str:
        """Return what the app shows; each code works once, so the clock goes on to the next."""
        self.gateway.clock.advance(STEP_SECONDS * ONE_SECOND)
        return generate(self.seed, self.gateway.clock.now())

    async def enroll(self, desk: Desk, *, code: str = "") -> Answer:
        answer = await desk.fill(self.link, name=self.name, password=PASSWORD, code=code or self.code())
        self.recovery_codes = re.findall(r"<li>([0-9A-Za-z-]{14})</li>", answer.body.decode())
        return answer

    async def sign_in(self, desk: Desk, **fields: str) -> Answer:
        given = {"name": self.name, "password": PASSWORD, **fields}
        if "code" not in given:
            given["code"] = self.code()
        return await desk.fill("/console/sign-in", **given)


async def first_person(gateway: RunningGateway, name: str = "ada") -> Person:
    link = await make_first_link(gateway.rt)
    assert link is not None
    await gateway.read(has_operators)
    return Person(gateway, name, link)


async def another_person(gateway: RunningGateway, name: str, role: str = "operator") -> Person:
    person = Person(gateway, name, await add_operator(gateway.rt, name, role))
    await gateway.read(has_operators)
    return person


async def let_in(gateway: RunningGateway, name: str, role: Role = "operator") -> Desk:
    """Return the desk of an operator who has just signed in; how is told in test_sign_in.py."""

    async def work(tx: Tx) -> str:
        operator = new_operator(gateway.rt, name, role)
        await record_operator(tx, operator, by_operator(operator.id))
        return await begin_session(tx, gateway.rt, operator, "link", From("Chrome 156, Linux", "", "127.0.0.1"))

    desk = Desk(gateway)
    desk.cookies["stagedoor-console"] = await gateway.rt.db.write(work)
    await gateway.read(has_operators)
    return desk
