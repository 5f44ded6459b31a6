"""The door to files, `GET /u/{id}/{file}?expires=…&signature=…`: for the asset library, which has the address from ⑥ and no key.

A forged address, one whose time is over, one of a file that is gone: all answer like one that never was.
"""

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from stagedoor.errors import MethodNotAllowed, NotFound
from stagedoor.files.local import in_thread, read_chunks
from stagedoor.http.envelope import Header
from stagedoor.http.router import Route
from stagedoor.runtime import Runtime
from stagedoor.uploads.kinds import UNKNOWN, is_media
from stagedoor.uploads.link import Link, is_good
from stagedoor.uploads.store import Upload, find_file, find_linked_upload

PATH = "/u/{id}/{file}"
_ONE_RANGE = re.compile(rb"bytes=([0-9]{0,18})-([0-9]{0,18})")
_HEADERS: tuple[Header, ...] = (
    (b"accept-ranges", b"bytes"),
    (b"cache-control", b"private, no-store"),
    (b"x-content-type-options", b"nosniff"),
    # Should a person open the address: nothing in the file may act on this gateway's pages.
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"content-disposition", b"attachment"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-robots-tag", b"noindex"),
)


class Part(NamedTuple):
    """What of a file is given out."""

    start: int
    size: int


def link_routes(rt: Runtime) -> list[Route]:
    """Return the route of the files."""
    return [Route(PATH, LinkEndpoint(rt))]


class LinkEndpoint:
    """Gives out files, whole or in part."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the ASGI signature
        scope["state"]["action"] = "file"
        if scope["method"] not in {"GET", "HEAD"}:
            raise MethodNotAllowed("GET, HEAD")
        upload, path = await self._find(scope)
        headers = scope["state"]["headers"]
        tag = b'"%b"' % (upload.sha256 or b"").hex().encode()
        ranged = _ONE_RANGE.fullmatch(headers.get(b"range", b"")) if headers.get(b"if-range", tag) == tag else None
        if ranged is not None and not _is_range(ranged[1], ranged[2]):
            ranged = None
        part = Part(0, upload.size) if ranged is None else _part_of(ranged[1], ranged[2], upload.size)
        if part is None:
            await _start(send, 416, upload, tag, Part(0, 0), (b"content-range", b"bytes */%d" % upload.size))
        else:
            end = part.start + part.size - 1
            extra = () if ranged is None else ((b"content-range", b"bytes %d-%d/%d" % (part.start, end, upload.size)),)
            await _start(send, 200 if ranged is None else 206, upload, tag, part, *extra)
            if scope["method"] == "GET":
                async for chunk in read_chunks(path, part.start, part.size):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _find(self, scope: Scope) -> tuple[Upload, Path]:
        """Return the upload that an address is for, and where its file lies.

        Raises:
            NotFound: the address leads nowhere.

        """
        rt = self._rt
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        link = Link(scope["path_params"]["id"], query.get("expires", ""), query.get("signature", ""))
        upload = await rt.db.read(lambda tx: find_linked_upload(tx, link.upload_id)) if is_good(rt, link) else None
        sha256 = None if upload is None else upload.sha256
        if upload is None or sha256 is None:
            raise NotFound("There is nothing at this path.", field="Path")
        file_id = await rt.db.read(lambda tx: find_file(tx, upload.tenant_id, sha256))
        path = None if file_id is None else rt.files.find_path(file_id)
        if path is None or not await in_thread(path.exists):
            raise NotFound("There is nothing at this path.", field="Path")
        return upload, path


def _is_range(first: bytes, last: bytes) -> bool:
    """Tell whether it is a range at all; what is none is not heeded."""
    return (bool(last) and (not first or int(first) <= int(last))) or bool(first and not last)


def _part_of(first: bytes, last: bytes, size: int) -> Part | None:
    """Return what a range asks for; None when the file has nothing of it."""
    if not first:
        length = min(int(last), size)
        return Part(size - length, length) if length else None
    start, end = int(first), min(int(last or size), size - 1)
    return Part(start, end - start + 1) if start <= end else None


async def _start(send: Send, status: int, upload: Upload, tag: bytes, part: Part, *extra: Header) -> None:
    kind = upload.content_type if is_media(upload.content_type) else UNKNOWN
    told = ((b"content-type", kind.encode()), (b"content-length", b"%d" % part.size), (b"etag", tag))
    await send({"type": "http.response.start", "status": status, "headers": [*told, *extra, *_HEADERS]})
