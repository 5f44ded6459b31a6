"""A studio that invites, a visitor that opens links without a browser, and a phone that has one."""

import re
from html import unescape
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any, Self
from urllib.parse import urlencode

import msgspec
from playwright.async_api import Browser, Page, Response

from tests.support.gateway import MODEL, Answer, Api, RunningGateway

INVITATIONS = "/v1/real-avatar/invitations"
PHONE = {"width": 360, "height": 640}
DONE = "https://studio.example/done?film=7"
PURPOSES = ["Scenes of the series “Long Night”", "Dubbing in other languages"]


class Studio:
    """A customer with a key."""

    def __init__(self, gateway: RunningGateway, api: Api) -> None:
        self.gateway = gateway
        self.api = api

    async def ask_to_invite(self, **fields: Any) -> Answer:
        return await self.api.send("POST", INVITATIONS, body={"model": MODEL, "Name": "Long Night, lead", **fields})

    async def invite(self, **fields: Any) -> dict[str, Any]:
        return (await self.ask_to_invite(**fields)).result

    async def look(self, invitation: dict[str, Any]) -> dict[str, Any]:
        return (await self.api.send("GET", f"{INVITATIONS}/{invitation['Id']}?model={MODEL}")).result

    async def cancel(self, invitation: dict[str, Any]) -> Answer:
        return await self.api.send("POST", f"{INVITATIONS}/{invitation['Id']}/cancel", body={"model": MODEL})

    async def list_all(self, **fields: Any) -> dict[str, Any]:
        return (await self.api.send("POST", f"{INVITATIONS}/list", body={"model": MODEL, **fields})).result

    async def event_types(self) -> list[str]:
        """Return the types of all events about invitations and consents, in their order."""
        types = await self.gateway.read(lambda tx: tx.list(_Type, "SELECT type FROM events ORDER BY position"))
        return [one.type for one in types if one.type.startswith(("invitation.", "consent."))]


class Visitor:
    """Somebody without a browser: keeps cookies, reads forms, follows nothing."""

    def __init__(self, api: Api, link: str, **headers: str) -> None:
        self.api = api
        self.link = link
        self.headers = headers
        self.cookies: dict[str, str] = {}

    async def send(self, method: str, url: str, *, data: bytes | None = None, **headers: str) -> Answer:
        sent = {"accept-language": "en", **self.headers, **headers}
        if self.cookies and "cookie" not in sent:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {name.replace("_", "-"): value for name, value in sent.items()}
        async with self.api.http.request(method, url, data=data, headers=sent, allow_redirects=False) as response:
            for morsel in SimpleCookie(response.headers.get("set-cookie", "")).values():
                self.cookies[morsel.key] = morsel.value
            names = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, names, await response.read())

    async def open(self, place: str = "i", query: str = "") -> "Form":
        """Open one of the pages of the link and return the form on it."""
        answer = await self.send("GET", self.page(place) + query)
        assert answer.status == 200, (answer.status, answer.headers)
        return Form(answer.body.decode())

    def page(self, place: str) -> str:
        return self.link.replace("/i/", f"/{place}/")

    async def post(self, fields: list[tuple[str, str]], place: str = "i", **headers: str) -> Answer:
        body = urlencode(fields).encode()
        headers.setdefault("content_type", "application/x-www-form-urlencoded")
        return await self.send("POST", self.page(place), data=body, **headers)

    async def agree(self, *, without: int | None = None) -> Answer:
        """Tick every box but one and tap."""
        form = await self.open()
        ticks = [("agree", box) for number, box in enumerate(form.boxes) if number != without]
        return await self.post([*form.hidden.items(), *ticks])


class Form(HTMLParser):
    """The fields of the form on a page, and the page's words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.hidden: dict[str, str] = {}
        self.boxes: list[str] = []
        self.ticked: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fields = {name: value or "" for name, value in attrs}
        if tag == "input" and fields["type"] == "hidden":
            self.hidden.setdefault(fields["name"], fields["value"])
        elif tag == "input":
            self.boxes.append(fields["value"])
            self.ticked += [fields["value"]] if "checked" in fields else []

    @property
    def words(self) -> str:
        return unescape(re.sub(r"<[^>]+>", "\n", self.text))


class Phone:
    """A phone with a browser; it notes what must not happen."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.troubles: list[str] = []
        self.weights: dict[str, int] = {}
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", lambda message: self.troubles.append(message.text))
        page.on("response", self._weigh)

    @classmethod
    async def unpack(cls, browser: Browser, **options: Any) -> Self:
        options = {"viewport": PHONE, "device_scale_factor": 2, "has_touch": True, "locale": "en-GB", **options}
        context = await browser.new_context(**options)
        return cls(await context.new_page())

    def _weigh(self, response: Response) -> None:
        self.weights[response.url] = int(response.headers.get("content-length", "0"))

    async def heading(self) -> str:
        return (await self.page.inner_text("h1")).strip()

    async def tick_all(self) -> None:
        for box in await self.page.locator("input[type=checkbox]").all():
            await box.check()

    async def tap(self, selector: str = "button") -> None:
        await self.page.locator(selector).first.click()
        await self.page.wait_for_load_state("load")

    async def play(self, outcome: str) -> None:
        """End the check on the emulator's page."""
        await self.page.wait_for_url("**/h5**")
        await self.page.click(f"button.{outcome}")
        await self.page.wait_for_url("**/r/**")


class _Type(msgspec.Struct, frozen=True):
    type: str
