"""An actor without a phone, for the sandbox: opens the invitation's pages, agrees, passes the check, takes it back."""

from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from stagedoor_client.sandbox import Sandbox


class Actor:
    """Somebody with a link."""

    def __init__(self, sandbox: "Sandbox", link: str) -> None:
        import httpx2

        self._sandbox = sandbox
        self._link = link
        self._http = httpx2.Client(trust_env=False)

    def agree(self) -> str:
        """Tick every box and tap; return the BytedToken of the check that begins."""
        h5_link = self._send_form("i")
        return parse_qs(urlsplit(h5_link).query)["bytedToken"][0]

    def pass_check(self) -> None:
        """Agree, and pass the face check."""
        self._sandbox.play(self.agree(), "pass")

    def withdraw(self) -> None:
        """Take the consent back."""
        self._send_form("w")

    def _send_form(self, place: str) -> str:
        """Fill in the form of a page and return where it leads."""
        url = self._link.replace("/i/", f"/{place}/")
        fields = _Form(self._http.get(url).raise_for_status().text).fields
        return self._http.post(url, data=fields).headers["location"]


class _Form(HTMLParser):
    """The fields of the form on a page, every box ticked."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and "name" in given:
            self.fields.setdefault(given["name"], []).append(given.get("value", ""))
