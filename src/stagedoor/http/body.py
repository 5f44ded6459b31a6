"""The strict JSON door: what comes in is one small, well-formed JSON object in UTF-8, or a clear error."""

import asyncio
import re
from collections.abc import Callable, Coroutine
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
MAX_VALUES = 10_000
MAX_REASON = 200
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
    return await _in_time(_receive_all(receive, limit), within)


async def _in_time(work: Coroutine[Any, Any, bytes], within: timedelta) -> bytes:
    """Do what ``asyncio.timeout`` does, at a fifth of its cost: this stands on the path of every request."""
    task, late = asyncio.current_task(), False

    def give_up() -> None:
        nonlocal late
        late = True
        if task is not None:
            task.cancel()

    timer = asyncio.get_running_loop().call_later(within.total_seconds(), give_up)
    try:
        return await work
    except asyncio.CancelledError:
        if late and task is not None and task.uncancel() == 0:
            raise RequestTimeout from None
        raise
    finally:
        timer.cancel()


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
        InvalidParameter: it is no JSON, not an object, too deep or too rich, has a key twice, or a value is not allowed.

    """
    if not body:
        raise InvalidParameter("The request body is empty. Send a JSON object.", field="Body")
    # A backslash that is itself escaped escapes nothing.
    plain = body.replace(rb"\\", b"") if b"\\" in body else body
    if body.count(b",") > MAX_VALUES and _count_outside_strings(plain, b",") > MAX_VALUES:
        raise InvalidParameter(f"The request body has more than {MAX_VALUES} values.", field="Body")
    try:
        value = _decoder(cls)(body)
        # Fields the struct does not know were skipped unread: read once more, everything.
        whole = _decode_anything(body)
    except msgspec.ValidationError as error:
        raise explain(error) from None
    except RecursionError:
        raise _too_deep() from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidParameter("The request body is not well-formed JSON in UTF-8.", field="Body") from None
    except ValueError:
        raise InvalidParameter("The request body has a number with too many digits.", field="Body") from None
    if rb"\u0000" in plain:
        raise InvalidParameter("The request body must not contain the character NUL.", field="Body")
    # A parser keeps one of two equal keys, and parsers disagree about which; every key written has a colon.
    if _count_keys(whole) != _count_outside_strings(plain, b":"):
        raise InvalidParameter("An object in the request body has the same key twice.", field="Body")
    return value


_decode_anything = msgspec.json.Decoder().decode
_decoders: dict[type, Callable[[bytes], Any]] = {}


def _decoder(cls: type[T]) -> Callable[[bytes], T]:
    if cls not in _decoders:
        _decoders[cls] = msgspec.json.Decoder(cls).decode
    return _decoders[cls]


def _too_deep() -> InvalidParameter:
    return InvalidParameter(f"The request body is nested deeper than {MAX_DEPTH}.", field="Body")


def _count_keys(value: object) -> int:
    """Return how many keys all objects of a document have together.

    Raises:
        InvalidParameter: it is nested deeper than ``MAX_DEPTH``.

    """
    keys = depth = 0
    level = [value]
    while level := [item for item in level if isinstance(item, (dict, list))]:
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        keys += sum(len(item) for item in level if isinstance(item, dict))
        level = [child for item in level for child in (item.values() if isinstance(item, dict) else item)]
    return keys


def _count_outside_strings(plain: bytes, mark: bytes) -> int:
    """Return how often a mark stands outside the strings of a document without escaped backslashes."""
    return sum(part.count(mark) for part in plain.replace(rb"\"", b"").split(b'"')[::2])


_MISSING = re.compile(r"Object missing required field `([^`]+)`")


def explain(error: msgspec.ValidationError) -> CallerError:
    """Return our error for a value that does not fit the contract, named after its field."""
    what, at, path = str(error).rpartition(" - at `$")
    if not at:
        what, path = path, ""
    path = re.sub(r"\[[^\]]*\]", "", path).strip(".`")
    if missing := _MISSING.fullmatch(what):
        field = f"{path}.{missing[1]}".lstrip(".")
        return MissingParameter(f"The parameter {field} is required.", field=field)
    what = what.replace("`", "")
    if what.startswith("Invalid enum value"):
        # msgspec quotes the value, which may be a secret that was sent in the wrong field.
        what = "This is none of the values allowed here"
    if len(what) > MAX_REASON:  # it may quote the name of an unknown field
        what = f"{what[:MAX_REASON]}…"
    return InvalidParameter(f"{path or 'The request body'}: {what}.", field=path or "Body")
