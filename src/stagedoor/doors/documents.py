"""The documents' door: `/openapi.json` and `/openapi.zh.json`, `/docs`, which shows them without asking anybody else, and the same for other readers."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import msgspec
import swagger_ui_bundle
from starlette.types import Receive, Scope, Send

from stagedoor.errors import MethodNotAllowed, NotFound
from stagedoor.http.envelope import Header
from stagedoor.http.guard import NO_SNIFF
from stagedoor.http.router import Route
from stagedoor.settings import Settings

if TYPE_CHECKING:
    from stagedoor.doors.openapi.build import Language

HTML = "text/html; charset=utf-8"
JSON = "application/json"
CSS = "text/css; charset=utf-8"
SCRIPT = "text/javascript; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# A year: the page asks for these files by the digest of what they are.
FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_WHILE = "public, max-age=300"
LOOK_AGAIN = "no-cache"

_PAGE_HEADERS: tuple[Header, ...] = (
    (b"content-security-policy", POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_WORDS: Mapping["Language", Mapping[str, str]] = {
    "en": {
        "lang": "en",
        "document": "/openapi.json",
        "title": "stagedoor API",
        "languages": "Language",
        "english": ' aria-current="page"',
        "chinese": "",
        "without_script": "This page needs JavaScript. The link above leads to the same document as JSON.",
    },
    "zh": {
        "lang": "zh-Hans",
        "document": "/openapi.zh.json",
        "title": "stagedoor 接口文档",
        "languages": "语言",
        "english": "",
        "chinese": ' aria-current="page"',
        "without_script": "本页面需要 JavaScript。上方链接是同一文档的 JSON 格式。",
    },
}


class File(msgspec.Struct, frozen=True):
    """Something to hand out."""

    content: bytes
    content_type: str
    cache_control: str
    etag: bytes
    headers: tuple[Header, ...] = ()


def make_file(content: bytes, content_type: str, cache_control: str, headers: tuple[Header, ...] = ()) -> File:
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return File(content, content_type, cache_control, etag.encode(), headers)


def document_routes(settings: Settings) -> list[Route]:
    """Return the routes of the documents and the page."""
    return [
        Route("/openapi.json", _built(lambda: _openapi("en", settings), JSON)),
        Route("/openapi.zh.json", _built(lambda: _openapi("zh", settings), JSON)),
        Route("/postman.json", _built(lambda: _postman(settings), JSON)),
        Route("/llms.txt", _built(_llms, TEXT)),
        Route("/docs", _page("en")),
        Route("/docs/zh", _page("zh")),
        Route("/docs/assets/{name}", FileEndpoint(find_asset)),
    ]


def _built(build: Callable[[], bytes], content_type: str) -> "FileEndpoint":
    """Hand out a document that is built at its first use: most gateways are never asked for it, and all start sooner."""
    find = cache(lambda _: make_file(build(), content_type, FOR_A_WHILE))
    return FileEndpoint(find)


def _openapi(language: "Language", settings: Settings) -> bytes:
    from stagedoor.doors.openapi.build import build_openapi

    return msgspec.json.encode(build_openapi(language, public_url=settings.public_url))


def _postman(settings: Settings) -> bytes:
    from stagedoor.doors.postman.build import build_collection

    return msgspec.json.encode(build_collection(public_url=settings.public_url))


def _llms() -> bytes:
    from stagedoor.doors.llms import build_llms

    return build_llms().encode()


def _page(language: "Language") -> "FileEndpoint":
    text = _read_own("page.html").decode().format(**_WORDS[language], version=_version())
    file = make_file(text.encode(), HTML, LOOK_AGAIN, _PAGE_HEADERS)
    return FileEndpoint(lambda _: file)


class FileEndpoint:
    """Hands out files to GET and HEAD, or says that they have not changed."""

    def __init__(self, find: Callable[[str], File | None]) -> None:
        self._find = find

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the ASGI signature
        scope["state"]["action"] = "document"
        # In a thread: at its first use it is built or read, and that takes a while.
        file = await asyncio.to_thread(self._find, scope["path_params"].get("name", ""))
        if file is None:
            raise NotFound("There is nothing at this path.", field="Path")
        if scope["method"] not in {"GET", "HEAD"}:
            raise MethodNotAllowed("GET, HEAD")
        await _send(scope, send, file)


async def _send(scope: Scope, send: Send, file: File) -> None:
    unchanged = _is_known(scope, file.etag)
    headers: list[Header] = [
        (b"etag", file.etag),
        (b"cache-control", file.cache_control.encode()),
        (b"x-request-id", scope["state"]["request_id"].encode()),
        NO_SNIFF,
        *file.headers,
    ]
    if not unchanged:
        headers += [(b"content-type", file.content_type.encode()), (b"content-length", b"%d" % len(file.content))]
    await send({"type": "http.response.start", "status": 304 if unchanged else 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if unchanged or scope["method"] == "HEAD" else file.content})


def _is_known(scope: Scope, etag: bytes) -> bool:
    known = b",".join(value for name, value in scope["headers"] if name == b"if-none-match")
    return any(candidate.strip().removeprefix(b"W/") in {etag, b"*"} for candidate in known.split(b","))


_VENDOR = {"swagger-ui.css": CSS, "swagger-ui-bundle.js": SCRIPT, "favicon-32x32.png": "image/png"}
_OWN = {"docs.css": CSS, "docs.js": SCRIPT}


def find_asset(name: str) -> File | None:
    """Return a file of the page; None for any other name."""
    return _read_asset(name) if name in _OWN or name in _VENDOR else None


@cache
def _read_asset(name: str) -> File:
    """Read a file at its first use: a gateway that nobody reads about does without them."""
    if name in _OWN:
        return make_file(_read_own(name), _OWN[name], FOR_EVER)
    return make_file((swagger_ui_bundle.swagger_ui_path / name).read_bytes(), _VENDOR[name], FOR_EVER)


def _read_own(name: str) -> bytes:
    return (resources.files("stagedoor.doors") / "docs" / name).read_bytes()


def _version() -> str:
    """Return what changes with any file of the page: the vendor's version and the digest of ours."""
    own = b"".join(_read_own(name) for name in sorted(_OWN))
    return f"{swagger_ui_bundle.swagger_ui_path.name.removeprefix('swagger-ui-')}-{hashlib.sha256(own).hexdigest()[:8]}"
