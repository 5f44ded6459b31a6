"""Which errors each operation can answer with, and how the OpenAPI documents show them."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache

import msgspec

from stagedoor import errors
from stagedoor.contract.operations import Operation
from stagedoor.doors.openapi.schemas import REF, Json, Say
from stagedoor.doors.table import Action
from stagedoor.errors import StagedoorError, UpstreamFault
from stagedoor.http.envelope import error_body

ErrorType = type[StagedoorError]

REQUEST_ID = "20260601191715C9DAA092032F19CEC367"
REGION = "cn-beijing"

EVERYWHERE: tuple[ErrorType, ...] = (
    errors.InvalidParameter,
    errors.MethodNotAllowed,
    errors.RequestTooLarge,
    errors.InternalError,
)
DATABASE: tuple[ErrorType, ...] = (errors.DatabaseUnavailable,)
KEY: tuple[ErrorType, ...] = (errors.MissingAuthenticationToken, errors.AuthenticationError, errors.AccessDenied)
LIMITED: tuple[ErrorType, ...] = (errors.FlowLimitExceeded,)
BODY: tuple[ErrorType, ...] = (errors.RequestTimeout, errors.UnsupportedMediaType)
UPSTREAM: tuple[ErrorType, ...] = (
    errors.OperationDenied,
    errors.FlowLimitExceeded,
    errors.QuotaExceeded,
    errors.UpstreamRejected,
    errors.UpstreamMalformed,
    errors.UpstreamUnavailable,
)
# A call that creates and was left without a good answer is an unknown outcome instead.
UNFINISHED: tuple[ErrorType, ...] = (errors.UpstreamFailed, errors.UpstreamTimeout)
CREATES: tuple[ErrorType, ...] = (errors.IdempotencyKeyInUse, errors.IdempotencyKeyReused, errors.OutcomeUnknown)
EXCHANGE: tuple[ErrorType, ...] = (
    errors.ValidatePending,
    errors.ExchangeInProgress,
    errors.ValidateFailed,
    errors.BytedTokenExpired,
    errors.BytedTokenRefused,
    errors.ExchangeUnknown,
)
# Only under /?Action=…, which is the official API's to describe.
ACTION_DOOR: tuple[ErrorType, ...] = (
    *(cls for cls in errors.SignatureError.family() if cls is not errors.SignatureError),
    errors.InvalidActionOrVersion,
)
# These are answered from our own record: no upstream takes part.
LOCAL = frozenset({"ListAssetGroups", "GetAssetGroup", "ListAssets"})
# Ids of others in a filter match nothing, so there is nothing that could be missing.
WITHOUT_NOT_FOUND = frozenset({"ListAssetGroups", "ListAssets"})


def errors_of(operation: Operation) -> tuple[ErrorType, ...]:
    """Return every error that one of the twelve operations can answer with."""
    found = [*EVERYWHERE, *DATABASE, *KEY, errors.MissingParameter, errors.NoChannel]
    if not operation.in_query:
        found += BODY
    if operation.action not in WITHOUT_NOT_FOUND:
        found.append(errors.NotFound)
    if operation.action in LOCAL:
        found += LIMITED
    else:
        found += [*UPSTREAM, *(CREATES if operation.creates else UNFINISHED)]
    if operation.action == "CreateAsset":
        found += [errors.ConsentWithdrawn, errors.UploadNotComplete, errors.UploadsUnavailable, errors.FilesUnavailable]
    if operation.action == "GetVisualValidateResult":
        found += EXCHANGE
    if operation.action == "CreateVisualValidateSession":
        # The answer kept for an Idempotency-Key ends with the session.
        found.append(errors.BytedTokenExpired)
    return tuple(found)


def errors_of_invitations(operation: Operation) -> tuple[ErrorType, ...]:
    """Return every error that an operation about invitations can answer with."""
    found = [*EVERYWHERE, *DATABASE, *KEY, *LIMITED, errors.NoChannel, errors.InvitationsUnavailable]
    if not operation.in_query:
        found += [errors.MissingParameter, *BODY]
    if operation.has_id:
        found.append(errors.NotFound)
    if operation.creates:
        found += CREATES
    if operation.action == "CancelInvitation":
        found.append(errors.Conflict)
    return tuple(found)


def errors_of_admin(path: str, action: Action) -> tuple[ErrorType, ...]:
    """Return every error that an operator's action can answer with."""
    found = [*EVERYWHERE, *DATABASE, *KEY]
    if action.body is not None:
        found += [errors.MissingParameter, *BODY]
    if "{" in path:
        found.append(errors.NotFound)
    if action.name in {"CreateChannel", "UpdateChannel", "ResolveCase"}:
        found.append(errors.Conflict)
    if action.name == "ResolveCase":
        found += [errors.NoChannel, *UPSTREAM, *UNFINISHED]
    return tuple(found)


def error_classes() -> tuple[ErrorType, ...]:
    """Return the classes that have a code of their own, in the order of their definition."""
    return tuple(cls for cls in StagedoorError.family() if cls.__dict__.get("code") == cls.__name__)


def _upstream(code: str) -> UpstreamFault:
    return UpstreamFault(Code=code, RequestId="2026060119171568BE49C1A8F1D2047E33")


# Where an error is met with a field, an upstream's word or a wait, its example has them.
SAMPLES: Mapping[str, StagedoorError] = {
    sample.code: sample
    for sample in (
        errors.MissingParameter("The parameter model is required.", field="model"),
        errors.InvalidParameter("The URL must be reachable from the public internet.", field="URL"),
        errors.NotFound("The specified asset asset-20260602153912-kctzf is not found.", field="asset_id"),
        errors.AccessDenied("The API key lacks the scope assets:write."),
        errors.MethodNotAllowed("GET, PATCH, DELETE"),
        errors.Conflict("There is a channel named beijing already.", field="Name"),
        errors.OperationDenied(upstream=_upstream("OperationDenied")),
        errors.FlowLimitExceeded(retry_after=timedelta(seconds=1)),
        errors.QuotaExceeded(upstream=_upstream("QuotaExceeded")),
        errors.UpstreamRejected(upstream=_upstream("SignatureDoesNotMatch")),
        errors.UpstreamFailed(upstream=_upstream("InternalError")),
        errors.ValidateFailed(upstream=_upstream("ValidateFailed")),
        errors.BytedTokenRefused(upstream=_upstream("NotFound.BytedToken")),
    )
}


def error_examples(actions: Mapping[str, Iterable[ErrorType]], say: Say) -> dict[str, Json]:
    """Return one example per error, answered by the first operation that can.

    Args:
        actions: operation to the errors it can answer with.
        say: puts a sentence into the document's language.

    """
    first: dict[ErrorType, str] = {}
    for action, kinds in actions.items():
        for kind in kinds:
            first.setdefault(kind, action)
    return {cls.code: _example(cls, first.get(cls, ""), say) for cls in error_classes()}


def _example(cls: ErrorType, action: str, say: Say) -> Json:
    sample = SAMPLES.get(cls.code) or by_class(cls)
    body = msgspec.json.decode(error_body(REQUEST_ID, action, REGION, sample))
    return {"description": f"{message_of(cls, say)} ({say(f'Retry: {cls.retry}.')})", "value": body}


def by_class(cls: ErrorType) -> StagedoorError:
    """Return an error of this class as it is without any particulars."""
    return errors.MethodNotAllowed("GET, HEAD") if cls is errors.MethodNotAllowed else cls()


def message_of(cls: ErrorType, say: Say) -> str:
    return say((cls.__doc__ or "").strip())


def error_responses(kinds: Iterable[ErrorType], say: Say) -> dict[str, Json]:
    """Return the responses of an operation's errors, by status."""
    by_status: dict[int, list[ErrorType]] = {}
    for kind in sorted(kinds, key=lambda cls: (cls.status, cls.code)):
        by_status.setdefault(kind.status, []).append(kind)
    return {str(status): _response(status, tuple(same), say) for status, same in by_status.items()}


@cache
def _response(status: int, kinds: tuple[ErrorType, ...], say: Say) -> Json:
    lines = [f"- `{kind.code}`: {message_of(kind, say)} ({say(f'Retry: {kind.retry}.')})" for kind in kinds]
    headers = {"X-Request-Id": header("RequestId")}
    if status == 401:
        headers["WWW-Authenticate"] = header("WWWAuthenticate")
    if status == 405:
        headers["Allow"] = header("Allow")
    if status in {409, 429, 502, 503, 504}:
        headers["Retry-After"] = header("RetryAfter")
    examples = {kind.code: {"$ref": f"#/components/examples/{kind.code}"} for kind in kinds}
    if status == 429:
        headers |= rate_headers()
    content = {"schema": {"$ref": f"{REF}Failure"}, "examples": examples}
    return {"description": "\n".join(lines), "headers": headers, "content": {"application/json": content}}


def rate_headers() -> Json:
    return {"RateLimit": header("RateLimit"), "RateLimit-Policy": header("RateLimitPolicy")}


def header(name: str) -> Json:
    return {"$ref": f"#/components/headers/{name}"}
