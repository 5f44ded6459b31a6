"""How an answer leaves: whole, or spoilt in the way a fault script says, down to a reset connection."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Any

from aiohttp import web

from stagedoor.emulator.envelope import Call, encode
from stagedoor.emulator.faults import Fault

JSON = "application/json; charset=utf-8"
MISSING_BYTES = 64
HTML_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"

Close = Callable[[int, Any, str], None]


async def deliver(
    request: web.Request,
    call: Call,
    status: int,
    document: dict[str, Any],
    retry_after: int | None,
    fault: Fault | None,
    close: Close,
) -> web.StreamResponse:
    """Send the answer, or what the fault makes of it, and note its status: 0 for a reset connection."""
    kind = fault.kind if fault is not None else ""
    if fault is not None and kind in {"reset_before", "reset_after"}:
        close(0, document, kind)
        return _reset(request)
    body, content_type = _spoil(document, fault)
    if fault is not None and fault.status is not None and kind in {"html", "content_type", "empty"}:
        status = fault.status
    close(status, document, kind)
    headers = {"Content-Type": content_type, "X-Request-Id": call.request_id, "Cache-Control": "no-store"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    if kind == "truncate":
        return await _truncate(request, status, headers, body)
    return web.Response(status=status, body=body, headers=headers)


def _spoil(document: dict[str, Any], fault: Fault | None) -> tuple[bytes, str]:
    match fault.kind if fault is not None else "":
        case "html":
            return HTML_PAGE, "text/html; charset=utf-8"
        case "empty":
            return b"", JSON
        case "flat":
            return encode(document.get("Result", document)), JSON
        case "duplicate_keys":
            # The second Result contradicts the first; a reader that takes the last one loses what was made.
            return encode(document)[:-1] + b',"Result":{"Id":"group-20000101000000-aaaaa"}}', JSON
        case "oversize" if fault is not None:
            return encode({**document, "Padding": "x" * fault.size}), JSON
        case "content_type" if fault is not None:
            return encode(document), fault.content_type
        case _:
            return encode(document), JSON


def _reset(request: web.Request) -> web.StreamResponse:
    """Break the connection with RST instead of closing it."""
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        # Lingering for zero seconds makes the kernel answer with RST and drop what is unsent.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response(status=500)


async def _truncate(request: web.Request, status: int, headers: dict[str, str], body: bytes) -> web.StreamResponse:
    """Announce more bytes than are sent, then hang up."""
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = len(body) + MISSING_BYTES
    response.force_close()
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        await response.write(body[: len(body) // 2 or 1])
    await asyncio.sleep(0)
    if request.transport is not None:
        request.transport.close()
    return response
