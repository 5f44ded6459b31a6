"""Plain JSON answers, for everything that is no Action."""

from typing import Any

from aiohttp import web

from stagedoor.emulator.envelope import encode


def reply(document: Any, *, status: int = 200) -> web.Response:
    return web.Response(
        body=encode(document), status=status, content_type="application/json", headers={"Cache-Control": "no-store"}
    )
