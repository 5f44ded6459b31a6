"""The strict JSON door: what comes in is one small, well-formed JSON object in UTF-8, or a clear error."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable
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


async def read_body(scope: Scope, receive: Receive, *, limit: int, within: float) -> bytes:
    """Read a JSON request body.

    Args:
        scope: the request, as the guard hands it on.
        receive: where the body comes from.
        limit: most bytes to accept; reading stops there.
        within: seconds for the whole body to arrive.

    Raises:
        UnsupportedMediaType: the content type is not JSON in UTF-8.
        RequestTooLarge: there are more bytes.
        RequestTimeout: they did not come in time.

    """
    headers = scope["state"]["headers"]
    if not is_json(headers.get(b"content-type", b"")):
        raise UnsupportedMediaType
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise UnsupportedMediaType("The request body must not be compressed.")
    return await receive_body(scope, receive, limit=limit, within=within)


def is_json(content_type: bytes) -> bool:
    """Tell whether a content type is JSON in UTF-8."""
    return content_type == b"application/json" or _CONTENT_TYPE.fullmatch(content_type.strip()) is not None


async def receive_body(scope: Scope, receive: Receive, *, limit: int, within: float) -> bytes:
    """Read a body of whatever kind.

    Raises:
        RequestTooLarge: there are more bytes.
        RequestTimeout: they did not come in time.

    """
    state = scope["state"]
    headers = state["headers"]
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and len(declared) < 20 and int(declared) > limit:
        raise _too_large(limit)
    try:
        if (has_whole_body := state.get("has_whole_body")) is not None and has_whole_body():
            body = await _receive_all(receive, limit)
        else:
            with _Deadline(within):
                body = await _receive_all(receive, limit)
    except RequestTimeout:
        state["body_ended"] = True
        raise
    state["body_ended"] = True
    return body


async def stream_body(scope: Scope, receive: Receive, *, silence: float, within: float) -> AsyncIterator[bytes]:
    """Yield a body of whatever size as it comes.

    Args:
        scope: the request, as the guard hands it on.
        receive: where the body comes from.
        silence: seconds for which nothing may come.
        within: seconds for the whole body to arrive.

    Raises:
        RequestTimeout: it did not come in time, or ended early.

    """
    state, ends_at = scope["state"], asyncio.get_running_loop().time() + within
    more = True
    while more:
        try:
            with _Deadline(max(0.0, min(silence, ends_at - asyncio.get_running_loop().time()))):
                message = await receive()
        except RequestTimeout:
            state["body_ended"] = True
            raise
        if message["type"] == "http.disconnect":
            state["body_ended"] = True
            raise RequestTimeout("The request body ended early.")
        more = message.get("more_body", False)
        if not more:
            state["body_ended"] = True
        if chunk := message.get("body", b""):
            yield chunk


class _Deadline:
    """What ``asyncio.timeout`` does, at a fifth of its cost: this stands on the path of every request."""

    __slots__ = ("_late", "_task", "_timer")

    def __init__(self, seconds: float) -> None:
        self._late = False
        self._task = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        self._late = True
        if self._task is not None:
            self._task.cancel()

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        self._timer.cancel()
        if self._late and kind is asyncio.CancelledError and self._task is not None and self._task.uncancel() == 0:
            raise RequestTimeout from None


def _too_large(limit: int) -> RequestTooLarge:
    return RequestTooLarge(f"The request body is larger than {limit} bytes.")


async def _receive_all(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RequestTimeout("The request body ended early.")
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return b"".join([*chunks, chunk]) if chunks else chunk
        chunks.append(chunk)


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
    keys = _count_keys(whole)
    if plain.count(b":") != keys and _count_outside_strings(plain, b":") != keys:
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
    level = [value] if isinstance(value, (dict, list)) else []
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        below: list[dict[str, object] | list[object]] = []
        for item in level:
            children: Iterable[object] = item
            if isinstance(item, dict):
                keys += len(item)
                children = item.values()
            below += [child for child in children if isinstance(child, (dict, list))]
        level = below
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
