"""The strict JSON door: what comes in is one small, well-formed JSON object in UTF-8, or a clear error."""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
from starlette.types import Receive, Scope

from stagedoor.errors import (
    CallerError,
    InvalidParameter,
    MissingParameter,
    RequestTimeout,
    RequestTooLarge,
    UnsupportedMediaType,
)

T = TypeVar("T")

MAX_DEPTH = 32
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_CONTENT_TYPE = re.compile(rb"application/json\s*(;\s*charset=\"?utf-8\"?\s*)?", re.IGNORECASE)


async def read_body(scope: Scope, receive: Receive, *, limit: int, within: timedelta) -> bytes:
    """Read a JSON request body.

    Args:
        scope: the request.
        receive: where the body comes from.
        limit: most bytes to accept; reading stops there.
        within: time for the whole body to arrive.

    Raises:
        UnsupportedMediaType: the content type is not JSON in UTF-8.
        RequestTooLarge: there are more bytes.
        RequestTimeout: they did not come in time.

    """
    headers = dict(scope["headers"])
    if not _CONTENT_TYPE.fullmatch(headers.get(b"content-type", b"").strip()):
        raise UnsupportedMediaType
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise UnsupportedMediaType("The request body must not be compressed.")
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and len(declared) < 20 and int(declared) > limit:
        raise RequestTooLarge
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await _receive_all(receive, limit)
    except TimeoutError:
        raise RequestTimeout from None


async def _receive_all(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RequestTimeout("The request body ended early.")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise RequestTooLarge
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def decode(body: bytes, cls: type[T]) -> T:
    """Read a JSON object into a struct.

    Raises:
        MissingParameter: a required field is absent.
        InvalidParameter: it is no JSON, not an object, too deep, has a key twice, or a value is not allowed.

    """
    if not body:
        raise InvalidParameter("The request body is empty. Send a JSON object.", field="Body")
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        _check_depth(body)
    try:
        value = _decoder(cls)(body)
    except msgspec.ValidationError as error:
        raise explain(error) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise InvalidParameter("The request body is not well-formed JSON in UTF-8.", field="Body") from None
    _check_keys(body)
    if _NUL.search(body):
        raise InvalidParameter("The request body must not contain the character NUL.", field="Body")
    return value


_decoders: dict[type, Callable[[bytes], Any]] = {}


def _decoder(cls: type[T]) -> Callable[[bytes], T]:
    if cls not in _decoders:
        _decoders[cls] = msgspec.json.Decoder(cls).decode
    return _decoders[cls]


def _check_depth(body: bytes) -> None:
    depth = 0
    for token in re.finditer(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', body):
        if token[0] in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise InvalidParameter(f"The request body is nested deeper than {MAX_DEPTH}.", field="Body")
        elif token[0] in b"]}":
            depth -= 1


def _check_keys(body: bytes) -> None:
    """Refuse an object with the same key twice: parsers disagree about which one counts."""
    try:
        json.loads(body, object_pairs_hook=_refuse_twins)
    except ValueError as error:
        raise InvalidParameter(f"The request body is not acceptable: {error}.", field="Body") from None


def _refuse_twins(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("an object has the same key twice")


_MISSING = re.compile(r"Object missing required field `(?P<field>[^`]+)`(?: - at `\$\.?(?P<path>[^`]*)`)?")
_INVALID = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?", re.DOTALL)


def explain(error: msgspec.ValidationError) -> CallerError:
    """Return our error for a value that does not fit the contract, named after its field."""
    text = str(error)
    if missing := _MISSING.fullmatch(text):
        field = ".".join(part for part in (missing["path"], missing["field"]) if part)
        return MissingParameter(f"The parameter {field} is required.", field=field)
    found = _INVALID.fullmatch(text)
    path = re.sub(r"\[[^\]]*\]", "", (found["path"] if found else None) or "").strip(".")
    what = (found["what"] if found else text).replace("`", "")
    return InvalidParameter(f"{path or 'The request body'}: {what}.", field=path or "Body")
