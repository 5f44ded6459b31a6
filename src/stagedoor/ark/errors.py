"""What each refusal of the upstream means here: one table from its codes and statuses to our errors.

Codes: official-api.md §5.1-5.3 and dialect.md §5; GetVisualValidateResult outside the happy path is undocumented
(official-api.md §2), so its rows hold every reading that was reported.
"""

import re
from datetime import timedelta
from enum import Enum

import msgspec

from stagedoor import errors
from stagedoor.ark.answers import Refusal
from stagedoor.contract.operations import Operation

EXCHANGE = "GetVisualValidateResult"


class Fate(Enum):
    """What has become of a request that did not succeed."""

    UNSENT = "it never got there"
    REFUSED = "it was refused and changed nothing"
    UNCERTAIN = "it may have taken effect"


class Meaning(msgspec.Struct, frozen=True):
    """What a refusal means: our error, whether asking again may help, and what has become of the request."""

    error: type[errors.StagedoorError]
    transient: bool = False
    fate: Fate = Fate.REFUSED


class Failure(Exception):
    """One try that did not succeed; carries the error for the caller and what the retry plan has to know."""

    def __init__(self, error: errors.StagedoorError, *, transient: bool, fate: Fate) -> None:
        """Keep the error to raise when nobody tries again."""
        super().__init__(error.message)
        self.error = error
        self.transient = transient
        self.fate = fate


REJECTED = Meaning(errors.UpstreamRejected)
LIMITED = Meaning(errors.FlowLimitExceeded, transient=True)
FAILED = Meaning(errors.UpstreamFailed, transient=True, fate=Fate.UNCERTAIN)
MALFORMED = Meaning(errors.UpstreamMalformed, transient=True, fate=Fate.UNCERTAIN)
USED_UP = Meaning(errors.QuotaExceeded)
INVALID = Meaning(errors.InvalidParameter)
MISSING = Meaning(errors.MissingParameter)
NOT_FOUND = Meaning(errors.NotFound)
DENIED = Meaning(errors.OperationDenied)
PENDING = Meaning(errors.ValidatePending)
NOT_PASSED = Meaning(errors.ValidateFailed)
TOKEN_REFUSED = Meaning(errors.BytedTokenRefused)

# A code is looked up whole, then without its last part, and so on: InvalidParameter.URL, InvalidParameter.
CODES: dict[str, Meaning] = {
    # about our account, our signature or our settings: the operator's business
    "AccessDenied": REJECTED,
    "AccountOverdueError": REJECTED,
    "AuthenticationError": REJECTED,
    "InvalidAccessKey": REJECTED,
    "InvalidAccessKeyId": REJECTED,
    "InvalidAccountStatus": REJECTED,
    "InvalidAction": REJECTED,
    "InvalidActionOrVersion": REJECTED,
    "InvalidAuthorization": REJECTED,
    "InvalidCredential": REJECTED,
    "InvalidSecretToken": REJECTED,
    "InvalidTimestamp": REJECTED,
    "LackPolicy": REJECTED,
    "LackProjectPolicy": REJECTED,
    "MissingAuthenticationToken": REJECTED,
    "MissingRequestInfo": REJECTED,
    "MissingSignature": REJECTED,
    "OperationDenied.ServiceNotOpen": REJECTED,
    "OperationDenied.ServiceOverdue": REJECTED,
    "ServiceNotFound": REJECTED,
    "SignatureDoesNotMatch": REJECTED,
    "SubscriptionRequired": REJECTED,
    "insufficient_user_quota": REJECTED,
    "invalid_api_key": REJECTED,
    "model_not_found": REJECTED,
    # too fast
    "AccountRateLimitExceeded": LIMITED,
    "FlowLimitExceeded": LIMITED,
    "QuotaExceeded.QPM": LIMITED,
    "RateLimitExceeded": LIMITED,
    "RequestBurstTooFast": LIMITED,
    "RequestLimitExceeded": LIMITED,
    "ServerOverloaded": LIMITED,
    "Throttling": LIMITED,
    # too much
    "AssetGroupLimitExceeded": USED_UP,
    "AssetLimitExceeded": USED_UP,
    "QuotaExceeded": USED_UP,
    # about the request
    "InvalidParameter": INVALID,
    "MissingParameter": MISSING,
    "NotFound": NOT_FOUND,
    "OperationDenied": DENIED,
    "asset_group_not_found": NOT_FOUND,
    "asset_not_found": NOT_FOUND,
    "group_not_found": NOT_FOUND,
    "resource_not_found": NOT_FOUND,
    "unsupported_asset_operation": DENIED,
    # the library itself is in trouble
    "FailToConnect": FAILED,
    "InternalError": FAILED,
    "InternalServiceError": FAILED,
    "InternalServiceTimeout": FAILED,
    "ServiceUnavailable": FAILED,
    "ServiceUnavailableTemp": FAILED,
}

# The same for the exchange of a BytedToken, looked at first.
EXCHANGE_CODES: dict[str, Meaning] = {
    "ValidateNotReady": PENDING,
    "ValidatePending": PENDING,
    "VisualValidateNotReady": PENDING,
    "VisualValidatePending": PENDING,
    "LivenessFailed": NOT_PASSED,
    "ValidateCanceled": NOT_PASSED,
    "ValidateCancelled": NOT_PASSED,
    "ValidateFailed": NOT_PASSED,
    "VisualValidateFailed": NOT_PASSED,
    "BytedTokenExpired": TOKEN_REFUSED,
    "BytedTokenInvalid": TOKEN_REFUSED,
    "BytedTokenNotFound": TOKEN_REFUSED,
    "BytedTokenUsed": TOKEN_REFUSED,
    "InvalidBytedToken": TOKEN_REFUSED,
    "InvalidParameter.BytedToken": TOKEN_REFUSED,
    "NotFound": TOKEN_REFUSED,
    "NotFound.ProjectName": NOT_FOUND,
    "ValidateExpired": TOKEN_REFUSED,
    "asset_group_not_found": TOKEN_REFUSED,
    "resource_not_found": TOKEN_REFUSED,
}

# Read only where the code says no more than that the request is wrong.
EXCHANGE_PHRASES: tuple[tuple[re.Pattern[str], Meaning], ...] = (
    (re.compile(r"not (?:ready|finished|completed)|still in progress|未完成", re.IGNORECASE), PENDING),
    (
        re.compile(
            r"record does not exist|token.{0,40}(?:not found|invalid|expired|used)|has expired|token.{0,8}(?:有误|过期|失效|不存在)",
            re.IGNORECASE,
        ),
        TOKEN_REFUSED,
    ),
)

STATUSES: dict[int, Meaning] = {401: REJECTED, 402: REJECTED, 403: REJECTED, 407: REJECTED, 408: FAILED, 429: LIMITED}
# These blame the caller, so they need more than a status to be believed: a proxy's error page has one, too.
SPOKEN_STATUSES: dict[int, Meaning] = {400: INVALID, 409: DENIED, 413: INVALID, 415: INVALID, 422: INVALID}

READING_FAILED = "The asset library failed while it was asked. Nothing was changed."

A_MOMENT = timedelta(seconds=1)

# The upstream's own words help where they are about the caller's request and hold nothing about our account.
OUTSPOKEN = (errors.InvalidParameter, errors.MissingParameter, errors.OperationDenied)


def meaning_of(operation: Operation, refusal: Refusal) -> Meaning:
    """Look up what a refusal of this operation means."""
    found = _lookup(CODES, refusal.code)
    if operation.action == EXCHANGE:
        found = _of_exchange(refusal, found) or found
    return found or _by_status(refusal)


def _of_exchange(refusal: Refusal, otherwise: Meaning | None) -> Meaning | None:
    said = _lookup(EXCHANGE_CODES, refusal.code)
    if said or otherwise not in {None, INVALID} or refusal.status >= 500 or refusal.status in STATUSES:
        return said
    if refusal.status == 202:
        return PENDING
    return next((meaning for phrase, meaning in EXCHANGE_PHRASES if phrase.search(refusal.message)), None)


def _by_status(refusal: Refusal) -> Meaning:
    if refusal.status >= 500:
        return FAILED
    spoken = SPOKEN_STATUSES if refusal.code or refusal.message else {}
    return STATUSES.get(refusal.status) or spoken.get(refusal.status) or MALFORMED


def _lookup(table: dict[str, Meaning], code: str) -> Meaning | None:
    while code:
        if code in table:
            return table[code]
        code = code.rpartition(".")[0]
    return None


def refused(operation: Operation, refusal: Refusal, *, words: str) -> Failure:
    """Make the failure of a try that was refused.

    Args:
        operation: which of the twelve.
        refusal: what the upstream said.
        words: its message, cleaned; used where it may be shown.

    """
    meaning = meaning_of(operation, refusal)
    kind = meaning.error
    if operation.creates and meaning is FAILED:
        kind = errors.OutcomeUnknown
    family, _, field = refusal.code.partition(".")
    error = kind(
        words if words and issubclass(kind, OUTSPOKEN) else _own_words(operation, kind),
        field=field if family == kind.code else "",
        upstream=errors.UpstreamFault(Code=refusal.code, RequestId=refusal.request_id),
        retry_after=refusal.retry_after or (A_MOMENT if meaning is LIMITED else None),
    )
    return Failure(error, transient=meaning.transient, fate=meaning.fate)


def _own_words(operation: Operation, kind: type[errors.StagedoorError]) -> str | None:
    return READING_FAILED if operation.reads and kind is errors.UpstreamFailed else None


def malformed(request_id: str = "") -> Failure:
    """Make the failure of a try whose answer cannot be understood."""
    fault = errors.UpstreamFault(RequestId=request_id) if request_id else None
    return Failure(errors.UpstreamMalformed(upstream=fault), transient=MALFORMED.transient, fate=MALFORMED.fate)


def not_sent() -> Failure:
    """Make the failure of a try that found no connection."""
    return Failure(errors.UpstreamUnavailable(), transient=True, fate=Fate.UNSENT)


def no_answer(operation: Operation, *, timed_out: bool) -> Failure:
    """Make the failure of a try that was perhaps sent and got no complete answer."""
    if operation.creates:
        error: errors.StagedoorError = errors.OutcomeUnknown()
    elif timed_out:
        error = errors.UpstreamTimeout()
    else:
        error = errors.UpstreamTimeout("The connection to the asset library broke before its answer was complete.")
    return Failure(error, transient=True, fate=Fate.UNCERTAIN)
