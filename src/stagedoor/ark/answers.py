"""Read what came back. Nothing counts as success unless it holds what was asked for.

Answers are met enveloped (``ResponseMetadata`` and ``Result``) and flat (the result alone); refusals in the envelope, as
``{"error": …}`` without one, and with HTTP 200 (dialect.md §4.4, §5).
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NoReturn

import msgspec

from stagedoor.ark.transport import Answer

JSON_TYPE = re.compile(r'application/(?:[a-z0-9.-]+\+)?json\s*(?:;\s*charset="?utf-?8"?\s*)?;?', re.IGNORECASE)
SANE_CODE = re.compile(r"[A-Za-z0-9_.-]{1,128}")
SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
RETRY_AFTER_AT_LEAST = timedelta(seconds=1)
RETRY_AFTER_AT_MOST = timedelta(seconds=30)


class Malformed(Exception):
    """The answer is not what was asked for, and not a refusal either; says why, in our own words."""

    def __init__(self, reason: str, *, request_id: str = "") -> None:
        """Keep the reason for the log, and the upstream's request id when it gave one."""
        super().__init__(reason)
        self.reason = reason
        self.request_id = request_id


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """The upstream said no: with a code and a message of its own, or with nothing but a status."""

    status: int
    code: str = ""
    message: str = ""
    request_id: str = ""
    retry_after: timedelta | None = None


class Success(msgspec.Struct, frozen=True, kw_only=True):
    """The upstream said yes; whether the result holds what was asked for is for ``results.py`` to say."""

    status: int
    result: dict[str, object]
    enveloped: bool
    request_id: str = ""


def read(answer: Answer, *, now: datetime) -> Success | Refusal:
    """Tell an answer that says yes from one that says no.

    Args:
        answer: what came back.
        now: the time, for a ``Retry-After`` that is a date.

    Raises:
        Malformed: it says neither.

    """
    ok = 200 <= answer.status < 300
    try:
        content = _decode(answer, strict=ok)
    except Malformed:
        if ok:
            raise
        content = {}
    refusal = _find_refusal(answer, content, now)
    if refusal is not None:
        return refusal
    if not ok:
        return _refusal(answer, {}, content, now)
    return _success(answer, content)


def _decode(answer: Answer, *, strict: bool) -> dict[str, object]:
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise Malformed("compressed although it was asked not to be")
    content_type = answer.headers.get("content-type", "application/json")
    if strict and not JSON_TYPE.fullmatch(content_type.strip()):
        raise Malformed("not labelled as JSON in UTF-8")
    try:
        content = msgspec.json.decode(answer.body)
        # msgspec keeps the last of two equal keys; an answer that says two things at once says nothing. Each key written has
        # a colon, so with as many colons as keys there is none of them twice, and no need for the slower look.
        if answer.body.count(b":") != _count_keys(content):
            DUPLICATES.decode(answer.body.decode())
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON" if answer.body else "empty") from error
    if not isinstance(content, dict):
        raise Malformed("JSON, but not an object")
    return content


def _count_keys(value: object) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_count_keys, value.values()))
    return sum(map(_count_keys, value)) if isinstance(value, list) else 0


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("The same key twice.")


DUPLICATES = json.JSONDecoder(object_pairs_hook=_refuse_duplicates)


def _find_refusal(answer: Answer, content: Mapping[str, object], now: datetime) -> Refusal | None:
    metadata = content.get("ResponseMetadata")
    candidates = [metadata.get("Error") if isinstance(metadata, dict) else None, content.get("error")]
    if "Id" not in content:
        # In a flat asset ``Error`` says why the asset failed; anywhere else it says why the call did.
        candidates.append(content.get("Error"))
    error = next((candidate for candidate in candidates if candidate is not None), None)
    if error is None:
        return None
    if isinstance(error, str) and error:
        error = {"message": error}
    if not isinstance(error, dict) or not error:
        _malformed("an Error that cannot be read", answer, content)
    return _refusal(answer, error, content, now)


def _refusal(answer: Answer, error: Mapping[str, object], content: Mapping[str, object], now: datetime) -> Refusal:
    message = error.get("Message", error.get("message"))
    return Refusal(
        status=answer.status,
        code=_sane(SANE_CODE, error.get("Code"), error.get("code"), error.get("type")),
        message=message if isinstance(message, str) else "",
        request_id=_request_id(answer, content),
        retry_after=retry_after(answer.headers.get("retry-after", ""), now=now),
    )


def _success(answer: Answer, content: dict[str, object]) -> Success:
    request_id = _request_id(answer, content)
    metadata = content.get("ResponseMetadata")
    if metadata is not None and not isinstance(metadata, dict):
        _malformed("a ResponseMetadata that is not an object", answer, content)
    flat = metadata is None and "Result" not in content
    result = content if flat else content.get("Result")
    if result is None:
        result = {}
    if not isinstance(result, dict):
        _malformed("a Result that is not an object", answer, content)
    return Success(
        status=answer.status,
        result=_without_nulls(result),
        enveloped=metadata is not None,
        request_id=request_id,
    )


def _without_nulls(result: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in result.items() if value is not None or name == "Items"}


def _malformed(reason: str, answer: Answer, content: Mapping[str, object]) -> NoReturn:
    raise Malformed(reason, request_id=_request_id(answer, content))


def _request_id(answer: Answer, content: Mapping[str, object]) -> str:
    metadata = content.get("ResponseMetadata")
    said = metadata.get("RequestId") if isinstance(metadata, dict) else None
    return _sane(SANE_REQUEST_ID, said, answer.headers.get("x-request-id"))


def _sane(pattern: re.Pattern[str], *candidates: object) -> str:
    for candidate in candidates:
        if isinstance(candidate, str) and pattern.fullmatch(candidate):
            return candidate
    return ""


def retry_after(text: str, *, now: datetime) -> timedelta | None:
    """Read a ``Retry-After`` header (seconds or an HTTP date), held between 1 s and 30 s; anything else is None."""
    if re.fullmatch(r"[0-9]{1,12}", text.strip()):
        wait = timedelta(seconds=min(int(text), RETRY_AFTER_AT_MOST.seconds))
    else:
        moment = http_date(text)
        if moment is None:
            return None
        wait = moment - now
    return min(max(wait, RETRY_AFTER_AT_LEAST), RETRY_AFTER_AT_MOST)


def http_date(text: str) -> datetime | None:
    """Read an HTTP date as aware UTC, or return None."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
