"""The page a person would do the face check on: here it only asks how the check shall end."""

import html
import math
from importlib import resources
from urllib.parse import parse_qsl

from aiohttp import web

from stagedoor.emulator.h5_texts import LANGUAGES, Texts, texts_for
from stagedoor.emulator.validation import (
    H5_PATH,
    STATES,
    SessionClosed,
    complete_session,
    get_open_session,
    link_seconds_left,
)
from stagedoor.emulator.world import WORLD

# No form-action: a browser applies it to the whole chain of redirects, and the callback leads to addresses only the caller knows.
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
STATIC_TYPES = {"page.css": "text/css", "countdown.js": "text/javascript"}
GONE_STATUS = {"expired": 410, "used": 410, "unknown": 404}


async def show_page(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    texts = texts_for(request.query.get("lng", ""))
    byted_token = request.query.get("bytedToken", "")
    try:
        session = get_open_session(world, byted_token)
    except SessionClosed as closed:
        return _closed_page(texts, closed)
    seconds = math.ceil(link_seconds_left(world, session))
    return _page(texts, texts.title, _form(texts, byted_token, request.query.get("lng", ""), seconds))


async def take_outcome(request: web.Request) -> web.Response:
    """End the check as the pressed button says and send the browser back to the caller."""
    # Read as the only form there is: aiohttp's own reader also takes multipart, and fails on a broken one.
    fields = dict(parse_qsl((await request.read()).decode("utf-8", "replace")))
    texts = texts_for(fields.get("lng", ""))
    outcome = fields.get("outcome", "")
    if outcome not in STATES:
        raise web.HTTPBadRequest(text="outcome must be pass, fail or cancel")
    try:
        target = complete_session(request.app[WORLD], fields.get("bytedToken", ""), outcome)
    except SessionClosed as closed:
        return _closed_page(texts, closed)
    return web.Response(status=303, headers={**PAGE_HEADERS, "Location": target})


async def show_static(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if name not in STATIC_TYPES:
        raise web.HTTPNotFound
    body = resources.files("stagedoor.emulator").joinpath("static", name).read_bytes()
    headers = {"Cache-Control": "max-age=300", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=body, content_type=STATIC_TYPES[name], charset="utf-8", headers=headers)


def h5_routes() -> list[web.RouteDef]:
    return [
        web.get(H5_PATH, show_page),
        web.post("/h5/complete", take_outcome),
        web.get("/h5/static/{name}", show_static),
    ]


def _form(texts: Texts, byted_token: str, lng: str, seconds: int) -> str:
    before, _, behind = texts.seconds_left.partition("{}")
    lng = lng if lng in LANGUAGES else "zh"
    buttons = "".join(
        f'<button class="{outcome}" name="outcome" value="{outcome}">{html.escape(label)}</button>'
        for outcome, label in (("pass", texts.passed), ("fail", texts.failed), ("cancel", texts.cancelled))
    )
    return (
        f'<p>{html.escape(texts.explain)}</p><p class="left" role="timer">{html.escape(before)}'
        f'<span id="seconds">{seconds}</span>{html.escape(behind)}</p>'
        f'<form method="post" action="/h5/complete"><input type="hidden" name="bytedToken" value="{html.escape(byted_token)}">'
        f'<input type="hidden" name="lng" value="{lng}">{buttons}</form>'
    )


def _closed_page(texts: Texts, closed: SessionClosed) -> web.Response:
    words = {
        "expired": (texts.expired_title, texts.expired),
        "used": (texts.used_title, texts.used),
        "unknown": (texts.unknown_title, texts.unknown),
    }
    title, text = words[closed.reason]
    return _page(texts, title, f"<p>{html.escape(text)}</p>", status=GONE_STATUS[closed.reason])


def _page(texts: Texts, title: str, content: str, *, status: int = 200) -> web.Response:
    watermark = html.escape(texts.watermark)
    text = (
        f'<!doctype html><html lang="{texts.lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)} · {watermark}</title>"
        '<link rel="stylesheet" href="/h5/static/page.css"><script src="/h5/static/countdown.js" defer></script></head>'
        f'<body><div class="watermark">{watermark}</div><main><h1>{html.escape(title)}</h1>{content}</main>'
        f'<div class="watermark">{watermark}</div></body></html>'
    )
    return web.Response(status=status, text=text, content_type="text/html", charset="utf-8", headers=PAGE_HEADERS)
