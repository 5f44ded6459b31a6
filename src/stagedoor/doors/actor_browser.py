"""A browser at one of the actor's pages: what it says of itself, what it may send, and what it is sent."""

import hmac
import re
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlsplit

import msgspec
from starlette.types import Scope, Send

from stagedoor.contract.fields import Language
from stagedoor.doors.actor_pages import Seen
from stagedoor.doors.actor_style import content_security_policy
from stagedoor.errors import StagedoorError
from stagedoor.http.envelope import Header, error_headers
from stagedoor.http.pages import PRIVATE
from stagedoor.ids import random_base62
from stagedoor.runtime import Runtime

COOKIE_LENGTH = 22
_COOKIE = re.compile(r"[0-9A-Za-z]{22}")
# Apps that show pages in a window of their own, where the camera may stay black.
_IN_APP = re.compile(
    r"MicroMessenger|WeChat|\bQQ/|Weibo|aweme|BytedanceWebview|NewsArticle|AlipayClient|DingTalk|Lark/|Feishu|XiaoHongShu|xhsdiscover"
    r"|FBAN|FBAV|Instagram|Line/",
    re.IGNORECASE,
)

_FEATURES = (
    b"camera",
    b"microphone",
    b"geolocation",
    b"accelerometer",
    b"gyroscope",
    b"payment",
    b"usb",
    b"display-capture",
    b"publickey-credentials-get",
    b"fullscreen",
)
HEADERS: list[Header] = [
    (b"cache-control", b"no-store"),
    *PRIVATE,
    (b"permissions-policy", b", ".join(feature + b"=()" for feature in _FEATURES)),
]


class Answer(msgspec.Struct):
    """What a browser is sent."""

    body: bytes = b""
    status: int = 200
    content_type: bytes = b"text/html; charset=utf-8"
    form_action: str = "'self'"
    policy: str = ""
    """The whole Content-Security-Policy of a page with a style of its own."""
    sets_cookie: bool = False
    for_others: bool = False
    """May be shown inside a page of the customer's: a QR code."""
    headers: list[Header] = []


def see_other(address: str) -> Answer:
    """Send the browser somewhere else, whatever it came with."""
    return Answer(status=303, form_action="'none'", headers=[(b"location", address.encode("ascii"))])


class Browser:
    """The browser behind a request."""

    def __init__(self, rt: Runtime, scope: Scope) -> None:
        self._rt = rt
        self._headers: Mapping[bytes, bytes] = scope["state"]["headers"]
        self._head_only = scope["method"] == "HEAD"
        self.code: str = scope["path_params"]["code"]
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), errors="replace"))
        self.lng = query.get("lng")
        self.accept = self._header(b"accept-language")
        self.user_agent = self._header(b"user-agent")
        self.client: str = (scope.get("client") or ("", 0))[0]
        self._known_cookie = self._read_cookie()
        self._cookie = self._known_cookie or random_base62(COOKIE_LENGTH)

    def _header(self, name: bytes) -> str:
        return self._headers.get(name, b"").decode("latin-1")

    @property
    def is_in_app(self) -> bool:
        return _IN_APP.search(self.user_agent) is not None

    @property
    def _is_secure(self) -> bool:
        return self._rt.settings.public_url.startswith("https:")

    @property
    def _cookie_name(self) -> str:
        return "__Host-stagedoor" if self._is_secure else "stagedoor"

    def _read_cookie(self) -> str:
        try:
            morsel = SimpleCookie(self._header(b"cookie")).get(self._cookie_name)
        except CookieError:
            return ""
        return morsel.value if morsel is not None and _COOKIE.fullmatch(morsel.value) else ""

    @property
    def _token(self) -> str:
        """Return what a form of this browser on this link carries."""
        return self._rt.vault.hash("actor_form", f"{self._cookie}.{self.code}").hex()[:32]

    def is_own_form(self, fields: Mapping[str, list[str]]) -> bool:
        """Tell whether a form comes from a page that this very browser was shown."""
        site, origin = self._header(b"sec-fetch-site"), self._header(b"origin")
        # A page without a referrer has the origin "null"; then the browser's own word and the token decide.
        if site not in {"", "same-origin"} or (origin not in {"", "null"} and origin != self._own_origin):
            return False
        token = fields.get("token", [""])[0]
        return bool(self._known_cookie) and hmac.compare_digest(token.encode(), self._token.encode())

    @property
    def _own_origin(self) -> str:
        parts = urlsplit(self._rt.settings.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    def seen(self, language: Language, *, in_app: str = "") -> Seen:
        return Seen(self.code, language, self._token, in_app)

    def address(self, place: str) -> str:
        """Return another page of the same link, in the language that was asked for."""
        language = f"?lng={self.lng}" if self.lng in {"zh", "zh-Hant", "en"} else ""
        return f"/{place}/{self.code}{language}"

    def page(self, body: bytes, *, starts: bool = False, status: int = 200) -> Answer:
        """Return a page with a form; one that starts the check is sent on to a host that only the asset library knows."""
        plain = "" if self._is_secure else " http:"
        form_action = f"'self' https:{plain}" if starts else "'self'"
        return Answer(body, status=status, form_action=form_action, sets_cookie=True)

    def busy(self, body: bytes, error: StagedoorError) -> Answer:
        """Return the page for something that does not work at the moment."""
        answer = self.page(body, starts=True, status=429 if error.status == 429 else 503)
        answer.headers += [header for header in error_headers(error) if header[0] == b"retry-after"]
        return answer

    async def send(self, answer: Answer, send: Send) -> None:
        headers = [
            *HEADERS,
            (b"cross-origin-resource-policy", b"cross-origin" if answer.for_others else b"same-origin"),
            (b"content-length", b"%d" % len(answer.body)),
            (b"content-security-policy", (answer.policy or content_security_policy(answer.form_action)).encode()),
            *answer.headers,
        ]
        if answer.body:
            headers.append((b"content-type", answer.content_type))
        if answer.sets_cookie and not self._known_cookie:
            secure = "; Secure" if self._is_secure else ""
            cookie = f"{self._cookie_name}={self._cookie}; Path=/; HttpOnly; SameSite=Lax{secure}"
            headers.append((b"set-cookie", cookie.encode("ascii")))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if self._head_only else answer.body})
