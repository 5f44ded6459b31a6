"""An operator's browser: what it says of itself, which cookie it has, and with what headers it is answered."""

import hmac
import re
from collections.abc import AsyncIterator, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Literal
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec
from starlette.types import Scope, Send

from stagedoor.http.client import network_of, one_client
from stagedoor.http.envelope import Header
from stagedoor.http.pages import PRIVATE
from stagedoor.operators.passkeys import Site
from stagedoor.operators.sessions import LONGEST, From
from stagedoor.runtime import Runtime

Language = Literal["en", "zh"]

_HOST = re.compile(r"(?P<name>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})
_TOKEN = re.compile(r"[0-9A-Za-z]{43}")
_KNOWN_BROWSER = re.compile(r"(Edg|OPR|Firefox|Chrome|Safari)(?:iOS)?/(\d+)")
_KNOWN_SYSTEM = re.compile(r"Windows|iPhone|iPad|Android|Mac OS X|CrOS|Linux")
_LANGUAGE_COOKIE = "stagedoor-language"
_YEAR = 365 * 86_400
_FEATURES_OFF = (b"camera", b"microphone", b"geolocation", b"payment", b"usb", b"display-capture", b"fullscreen")
_OWN_FEATURES = (b"publickey-credentials-get", b"publickey-credentials-create", b"clipboard-write")
POLICY = (
    b"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; media-src 'self';"
    b" form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS: list[Header] = [
    (b"content-security-policy", POLICY),
    *PRIVATE,
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"permissions-policy",
        b", ".join([*(one + b"=()" for one in _FEATURES_OFF), *(one + b"=(self)" for one in _OWN_FEATURES)]),
    ),
]
HTML = b"text/html; charset=utf-8"
TEXT = b"text/plain; charset=utf-8"


class Answer(msgspec.Struct):
    """What a browser is sent. ``token`` is the secret of a session that begins; "" ends the one there was."""

    body: bytes = b""
    status: int = 200
    content_type: bytes = HTML
    token: str | None = None
    kept_for: int = 0
    """Seconds for which the browser may keep it; nothing of anybody's is."""
    headers: list[Header] = []
    stream: AsyncIterator[bytes] | None = None
    """What is passed on a piece at a time, in the place of the body."""


def see_other(address: str, *, token: str | None = None) -> Answer:
    return Answer(status=303, token=token, headers=[(b"location", address.encode("ascii", "ignore"))])


class Browser:
    """The browser behind a request."""

    def __init__(self, rt: Runtime, scope: Scope) -> None:
        self._rt = rt
        self._headers: Mapping[bytes, bytes] = scope["state"]["headers"]
        self._head_only = scope["method"] == "HEAD"
        self._client = str((scope.get("client") or ("",))[0])
        self.is_encrypted = scope.get("scheme") == "https"
        self.path = quote(scope["path"])
        self.query = dict(parse_qsl(scope["query_string"].decode("latin-1"), errors="replace"))
        self._cookies = self._read_cookies()
        token = self._cookies.get(self._cookie_name, "")
        self.token = token if _TOKEN.fullmatch(token) else ""

    def _header(self, name: bytes) -> str:
        return self._headers.get(name, b"").decode("latin-1")

    def _read_cookies(self) -> dict[str, str]:
        try:
            return {name: morsel.value for name, morsel in SimpleCookie(self._header(b"cookie")).items()}
        except CookieError:
            return {}

    @property
    def host(self) -> str:
        """Return the name under which the browser knows us, "" when it is none."""
        found = _HOST.fullmatch(self._header(b"host"))
        return found["name"].lower() if found else ""

    @property
    def is_local(self) -> bool:
        """Tell whether the browser is on this machine: without TLS then, and so without a Secure cookie."""
        return self.host in _LOCAL

    @property
    def _cookie_name(self) -> str:
        return "stagedoor-console" if self.is_local else "__Host-stagedoor-console"

    @property
    def site(self) -> Site:
        """Return the origins that are ours, and the name that passkeys are made for."""
        host = self._header(b"host").lower()
        origins = {f"https://{host}", *([f"http://{host}"] if self.is_local else [])} if self.host else set()
        public = urlsplit(self._rt.settings.public_url)
        if public.netloc:
            origins.add(f"{public.scheme}://{public.netloc.lower()}")
        return Site(self.host, frozenset(origins))

    @property
    def origin(self) -> str:
        """Return the address under which the browser is here, without a path: where a link for somebody else leads, too."""
        plain = self.is_local and not self.is_encrypted
        return f"{'http' if plain else 'https'}://{self._header(b'host').lower()}" if self.host else ""

    @property
    def where(self) -> From:
        return From(self._browser(), network_of(self._client) or "", one_client(self._client))

    def _browser(self) -> str:
        said = self._header(b"user-agent")
        known, system = _KNOWN_BROWSER.search(said), _KNOWN_SYSTEM.search(said)
        if known is None:
            return ""
        return f"{known[1]} {known[2]}{f', {system[0]}' if system else ''}"

    @property
    def language(self) -> Language:
        for said in (self.query.get("lng", ""), self._cookies.get(_LANGUAGE_COOKIE, "")):
            if said in {"en", "zh"}:
                return "zh" if said == "zh" else "en"
        return "zh" if self._header(b"accept-language").lower().startswith("zh") else "en"

    @property
    def form_token(self) -> str:
        """Return what a form of this session carries, or before there is one, of this site."""
        return self._rt.vault.hash("console_form", self.token or self.host).hex()[:32]

    def is_own_form(self, fields: Mapping[str, list[str]]) -> bool:
        """Tell whether a form comes from a page that this very session was shown."""
        site, origin = self._header(b"sec-fetch-site"), self._header(b"origin").lower()
        if site not in {"", "same-origin"} or (origin not in {"", "null"} and origin not in self.site.origins):
            return False
        token = fields.get("token", [""])[0]
        return hmac.compare_digest(token.encode(), self.form_token.encode())

    async def send(self, answer: Answer, send: Send) -> None:
        kept = b"max-age=%d, immutable" % answer.kept_for if answer.kept_for else b"no-store"
        headers = [*HEADERS, (b"cache-control", kept), *answer.headers]
        if answer.stream is None:
            headers.append((b"content-length", b"%d" % len(answer.body)))
        if answer.body or answer.stream is not None:
            headers.append((b"content-type", answer.content_type))
        if self._rt.settings.public_url.startswith("https:") and not self.is_local:
            headers.append((b"strict-transport-security", b"max-age=31536000"))
        headers += self._set_cookies(answer)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if answer.stream is not None:
            async for piece in answer.stream:
                await send({"type": "http.response.body", "body": b"" if self._head_only else piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"" if self._head_only else answer.body})

    def _set_cookies(self, answer: Answer) -> list[Header]:
        """Return what keeps a session and a language in the browser."""
        secure = "" if self.is_local else "; Secure"
        cookies: list[str] = []
        if answer.token is not None:
            seconds = int(LONGEST.total_seconds()) if answer.token else 0
            # Browsers leave out a Strict cookie when another site leads here: then one signs in again.
            cookies.append(
                f"{self._cookie_name}={answer.token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
            )
        if self.query.get("lng") in {"en", "zh"}:
            cookies.append(
                f"{_LANGUAGE_COOKIE}={self.language}; Path=/console; Max-Age={_YEAR}; HttpOnly; SameSite=Lax{secure}"
            )
        return [(b"set-cookie", cookie.encode("ascii")) for cookie in cookies]
