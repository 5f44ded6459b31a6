"""The tus protocol 1.0.0 (https://tus.io): files that come in parts, so that a broken connection costs the last part only.

Understood are the core and the extensions creation, expiration and termination. Successes have tus' own form, errors are ours.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from starlette.types import Receive, Scope, Send

from stagedoor.audit.store import by_key
from stagedoor.errors import (
    InvalidParameter,
    MissingParameter,
    RequestTooLarge,
    UnsupportedMediaType,
    UnsupportedTusVersion,
    UploadOffsetMismatch,
)
from stagedoor.http.body import stream_body
from stagedoor.http.envelope import Header
from stagedoor.keys.authenticate import Caller
from stagedoor.runtime import Runtime
from stagedoor.uploads.begin import begin_upload, new_upload
from stagedoor.uploads.complete import complete_pieces
from stagedoor.uploads.receive import receive_pieces
from stagedoor.uploads.store import Upload, get_upload

VERSION = b"1.0.0"
RESUMABLE: Header = (b"tus-resumable", VERSION)
NO_STORE: Header = (b"cache-control", b"no-store")
EXTENSIONS = b"creation,expiration,termination"
PART = b"application/offset+octet-stream"
MOST_METADATA = 20


def is_spoken(state: Mapping[str, Any]) -> bool:
    """Tell whether a request is of this protocol."""
    return b"tus-resumable" in state["headers"]


def speak(state: dict[str, Any], *, always: bool = False) -> None:
    """See to it that every answer names the version, if the request is of this protocol, or what it asks for always is.

    Raises:
        UnsupportedTusVersion: it is of another version, or names none.

    """
    if not (always or is_spoken(state)):
        return
    state["protocol"] = [RESUMABLE]
    if state["headers"].get(b"tus-resumable", b"") != VERSION:
        state["protocol"].append((b"tus-version", VERSION))
        raise UnsupportedTusVersion


async def tell_what_is_understood(rt: Runtime, send: Send) -> None:
    most = b"%d" % rt.settings.upload_limit
    await _send(send, 204, (b"tus-version", VERSION), (b"tus-extension", EXTENSIONS), (b"tus-max-size", most))


async def begin(rt: Runtime, tenant_id: str, scope: Scope, send: Send) -> None:
    """Answer with the address to which the parts go."""
    headers = scope["state"]["headers"]
    if headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers:
        raise InvalidParameter("The beginning of an upload has no body: send the file with PATCH.", field="Body")
    length = headers.get(b"upload-length")
    if length is None:
        raise MissingParameter("The header Upload-Length is required.", field="Upload-Length")
    told = read_metadata(headers.get(b"upload-metadata", b""))
    upload = new_upload(
        rt,
        tenant_id,
        name=told.get("filename") or told.get("name", ""),
        content_type=told.get("filetype", ""),
        asset_type=told.get("assettype", ""),
        size=_number(length, "Upload-Length"),
    )
    await begin_upload(rt, upload)
    await _send(send, 201, (b"location", f"/v1/uploads/{upload.id}".encode()), _expires(upload.expires_at))


async def tell_offset(rt: Runtime, tenant_id: str, upload_id: str, send: Send) -> None:
    """Answer how much of the file is here."""
    upload = await rt.db.read(lambda tx: get_upload(tx, tenant_id, upload_id))
    length = (b"upload-length", b"%d" % upload.size)
    await _send(send, 200, _offset(upload), length, _expires(upload.expires_at))


async def go_on(rt: Runtime, caller: Caller, upload_id: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Take a part of the file; with its last byte the upload is complete."""
    headers, settings = scope["state"]["headers"], rt.settings
    if headers.get(b"content-type", b"").lower() != PART:
        raise UnsupportedMediaType("A part of a file has the content type application/offset+octet-stream.")
    offset = headers.get(b"upload-offset")
    if offset is None:
        raise MissingParameter("The header Upload-Offset is required.", field="Upload-Offset")
    upload = await rt.db.read(lambda tx: get_upload(tx, caller.tenant_id, upload_id))
    if _number(offset, "Upload-Offset") != upload.received:
        raise UploadOffsetMismatch
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and len(declared) < 20 and int(declared) > upload.size - upload.received:
        raise RequestTooLarge("There are more bytes than the file was said to have.")
    chunks = stream_body(scope, receive, silence=settings.body_timeout, within=settings.upload_timeout)
    upload = await receive_pieces(rt, upload, chunks)
    if upload.received == upload.size and not upload.is_complete:
        upload = await complete_pieces(rt, upload, by=by_key(caller.key_id))
    await _send(send, 204, _offset(upload), _expires(upload.expires_at))


async def say_done(send: Send) -> None:
    await _send(send, 204)


def read_metadata(header: bytes) -> Mapping[str, str]:
    """Read ``Upload-Metadata``: names, each with a value in base64.

    Raises:
        InvalidParameter: it is not that, or the values are not UTF-8.

    """
    told: dict[str, str] = {}
    pairs = header.decode("latin-1").split(",") if header.strip() else []
    if len(pairs) > MOST_METADATA:
        raise InvalidParameter(f"Upload-Metadata has more than {MOST_METADATA} values.", field="Upload-Metadata")
    for pair in pairs:
        name, _, value = pair.strip().partition(" ")
        try:
            told[name.lower()] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            raise InvalidParameter(
                "Upload-Metadata must be names with values in base64.", field="Upload-Metadata"
            ) from None
    return told


def _number(text: bytes, name: str) -> int:
    if not text.isdigit() or len(text) > 18:
        raise InvalidParameter(f"The header {name} must be a whole number of bytes.", field=name)
    return int(text)


def _offset(upload: Upload) -> Header:
    return b"upload-offset", b"%d" % upload.received


def _expires(moment: datetime) -> Header:
    return b"upload-expires", format_datetime(moment, usegmt=True).encode()


async def _send(send: Send, status: int, *headers: Header) -> None:
    length = () if status == 204 else ((b"content-length", b"0"),)
    await send({"type": "http.response.start", "status": status, "headers": [RESUMABLE, NO_STORE, *length, *headers]})
    await send({"type": "http.response.body", "body": b""})
