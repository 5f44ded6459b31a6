"""Reading an answer: enveloped or flat, good or bad, of any gateway of the dialect."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx2

from stagedoor_client.errors import (
    RETRIES,
    AnswerMalformed,
    ConnectionFailed,
    Retry,
    StagedoorError,
    TimedOut,
    Upstream,
    ValidatePending,
    error_class,
)
from stagedoor_client.reading import Response

Document = Mapping[str, Any]
_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)


class Answer(NamedTuple):
    """A success: the result without its envelope, and the answer that brought it."""

    result: Document
    response: Response


def read_answer(answer: httpx2.Response) -> Answer | StagedoorError:
    """Return the success, or the error that it is. HTTP 200 does not make a success: an error inside says otherwise."""
    document = _document(answer.content)
    metadata = _object(document, "ResponseMetadata")
    response = _response(answer, metadata)
    said = _object(metadata, "Error") or _object(document, "error")
    if said or answer.status_code >= 400:
        return _error(said, response)
    if answer.status_code >= 300 or document is None:
        return AnswerMalformed(
            "The answer is no JSON object.",
            status=answer.status_code,
            request_id=response.request_id,
            response=response,
        )
    return Answer(_object(document, "Result") if "ResponseMetadata" in document else document, response)


def read_failure(failure: httpx2.RequestError) -> ConnectionFailed:
    """Return the error for an answer that did not come. It has no trace of the request, which carries the key."""
    kind = TimedOut if isinstance(failure, httpx2.TimeoutException) else ConnectionFailed
    error = kind(f"{type(failure).__name__}: {failure}".rstrip(": "), retry="same_request")
    error.sent = not isinstance(failure, _NOT_SENT)
    return error


def not_understood(answer: Answer, missing: str) -> AnswerMalformed:
    """Return the error for a success that has not what was asked for."""
    response = answer.response
    return AnswerMalformed(
        f"The answer has no {missing}.", status=response.status, request_id=response.request_id, response=response
    )


def still_pending(answer: Answer) -> ValidatePending:
    """Return the error for an exchange that gave no group: some gateways say so that the check is not over."""
    response = answer.response
    return ValidatePending(
        "The actor has not finished the check yet.",
        status=response.status,
        retry="same_request",
        request_id=response.request_id,
        response=response,
    )


def _document(content: bytes) -> Document | None:
    if not content:
        return {}
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _object(document: Document | None, name: str) -> Document:
    found = (document or {}).get(name)
    return found if isinstance(found, dict) else {}


def _response(answer: httpx2.Response, metadata: Document) -> Response:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    request_id = str(metadata.get("RequestId") or headers.get("x-request-id", ""))
    return Response(status=answer.status_code, headers=headers, content=answer.content, request_id=request_id)


def _error(said: Document, response: Response) -> StagedoorError:
    code = str(said.get("Code") or said.get("code") or "")
    told = said.get("Retry")
    upstream = _object(said, "Upstream")
    return error_class(code, response.status)(
        str(said.get("Message") or said.get("message") or "The gateway gave no reason."),
        code=code or f"HTTP{response.status}",
        status=response.status,
        retry=told if told in RETRIES else _usual(code, response.status),
        told=told in RETRIES,
        request_id=response.request_id,
        upstream=Upstream(str(upstream.get("Code", "")), str(upstream.get("RequestId", ""))) if upstream else None,
        retry_after=_seconds(response.headers.get("retry-after", "")),
        response=response,
    )


def _usual(code: str, status: int) -> Retry:
    """Return what may be tried again where the gateway does not say so itself."""
    if error_class(code, status) is ValidatePending:
        return "same_request"
    return "later" if status in {408, 429} or status >= 500 else "never"


def _seconds(text: str) -> float | None:
    """Read a ``Retry-After`` in seconds; one that is a date says nothing, since clocks differ."""
    return float(text) if text.isascii() and text.isdigit() else None
