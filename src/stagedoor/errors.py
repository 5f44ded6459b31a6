"""Every error stagedoor can answer with: one class per code, the docstring is the message.

StagedoorError
├── CallerError                  the request has to change, or the caller has to wait
│   ├── MissingParameter[.Field]     InvalidParameter[.Field]     NotFound.<what>
│   ├── MissingAuthenticationToken   AuthenticationError          AccessDenied
│   ├── SignatureError                 what can be wrong with a signed request
│   │   └── MissingRequestInfo   MissingSignature   InvalidTimestamp   InvalidAccessKey   SignatureDoesNotMatch
│   │       InvalidAuthorization   InvalidCredential   InvalidSecretToken   SignedRequestRepeated
│   ├── InvalidActionOrVersion
│   ├── MethodNotAllowed   RequestTimeout   RequestTooLarge   UnsupportedMediaType
│   ├── UploadOffsetMismatch   UploadNotComplete   UnsupportedTusVersion
│   ├── IdempotencyKeyInUse   IdempotencyKeyReused   Conflict
│   ├── FlowLimitExceeded   QuotaExceeded   OperationDenied   ConsentWithdrawn
│   └── ExchangeError                  what can become of a BytedToken
│       └── ValidatePending   ExchangeInProgress   ValidateFailed   BytedTokenExpired   BytedTokenRefused   ExchangeUnknown
└── ServiceError                 not the caller's fault
    ├── UpstreamError
    │   └── UpstreamRejected   UpstreamUnavailable   UpstreamFailed   UpstreamTimeout   UpstreamMalformed   OutcomeUnknown
    └── NoChannel   InvitationsUnavailable   UploadsUnavailable   FilesUnavailable   DatabaseUnavailable   InternalError
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar, Literal, Self

import msgspec

Retry = Literal["never", "same_request", "new_session", "later"]


class UpstreamFault(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the upstream itself said: its error code and its request id, where it gave them."""

    Code: str = ""
    RequestId: str = ""


class StagedoorError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "InternalError"
    status: ClassVar[int] = 500
    retry: ClassVar[Retry] = "later"
    code_n: ClassVar[int | None] = None
    """The number that the gateway in front of Ark gives this code (official-api.md §5.1)."""
    is_of_account: bool = False
    """The upstream refused for what is wrong with our account there, by a code of its own: nothing was made, and another may do it."""

    def __init__(
        self,
        message: str | None = None,
        *,
        field: str = "",
        upstream: UpstreamFault | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        """Make the error that answers a call.

        Args:
            message: replaces the class's docstring; says what to change.
            field: the parameter or object concerned, appended to the code (``InvalidParameter.URL``).
            upstream: what the upstream said, when it spoke.
            retry_after: how long to wait before the next try; becomes the ``Retry-After`` header.

        """
        self.message = message or (type(self).__doc__ or "").strip()
        self.field = field
        self.upstream = upstream
        self.retry_after = retry_after
        super().__init__(self.message)

    @property
    def full_code(self) -> str:
        return f"{self.code}.{self.field}" if self.field else self.code

    @property
    def full_code_n(self) -> int | None:
        """The number of the full code: codes that name a field are Ark's own, which has no numbers."""
        return None if self.field else self.code_n

    @classmethod
    def family(cls) -> Iterator[type[Self]]:
        """Yield this class and every class below it."""
        yield cls
        for child in cls.__subclasses__():
            yield from child.family()


class CallerError(StagedoorError):
    """The request cannot be served as it is."""

    code = "InvalidParameter"
    status = 400
    retry: ClassVar[Retry] = "never"


class MissingParameter(CallerError):
    """A required parameter is missing."""

    code = "MissingParameter"
    code_n = 100002


class InvalidParameter(CallerError):
    """A parameter has a value that is not allowed."""

    code = "InvalidParameter"


class NotFound(CallerError):
    """There is no such thing."""

    code = "NotFound"
    status = 404


class MissingAuthenticationToken(CallerError):
    """No API key was sent. Send it as `Authorization: Bearer sd_…`."""

    code = "MissingAuthenticationToken"
    status = 401
    code_n = 100003


class AuthenticationError(CallerError):
    """The API key is unknown, revoked or expired."""

    code = "AuthenticationError"
    status = 401


class AccessDenied(CallerError):
    """The API key may not do this."""

    code = "AccessDenied"
    status = 403
    code_n = 100013


class SignatureError(CallerError):
    """The signature of the request is not accepted."""


class MissingRequestInfo(SignatureError):
    """A signed request needs the header `X-Date`; a presigned address needs `X-Date`, `X-Credential` and `X-SignedQueries`."""

    code = "MissingRequestInfo"
    code_n = 100004


class MissingSignature(SignatureError):
    """The request names an access key but carries no signature."""

    code = "MissingSignature"
    status = 401
    code_n = 100005


class InvalidTimestamp(SignatureError):
    """The signature of the request is expired: its date is more than 15 minutes from now, or none. Check the clock and sign anew."""

    code = "InvalidTimestamp"
    code_n = 100006


class InvalidAccessKey(SignatureError):
    """The access key is unknown, revoked or expired."""

    code = "InvalidAccessKey"
    status = 401
    code_n = 100009


class SignatureDoesNotMatch(SignatureError):
    """The signature calculated here is not the one that was sent. Check the secret key and that nothing changes the request on its way."""

    code = "SignatureDoesNotMatch"
    status = 401
    code_n = 100010


class InvalidAuthorization(SignatureError):
    """The Authorization is neither `Bearer sd_…` nor `HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…` that signs `x-date`."""

    code = "InvalidAuthorization"
    code_n = 100024


class InvalidCredential(SignatureError):
    """The Credential must be `<access key>/<day of X-Date>/<region>/ark/request`."""

    code = "InvalidCredential"
    code_n = 100025


class InvalidSecretToken(SignatureError):
    """This gateway gives out no temporary keys: it takes no session token (`X-Security-Token`)."""

    code = "InvalidSecretToken"
    status = 401
    code_n = 100026


class SignedRequestRepeated(SignatureError):
    """This very request, with the same signature, has started a validation session before; the answer is for one person only and is not given again. Sign anew, a second later, to start another session. To be able to repeat a request, send an `Idempotency-Key` with it."""

    code = "SignedRequestRepeated"
    status = 409


class InvalidActionOrVersion(CallerError):
    """There is no such Action in this Version. The twelve Actions have the Version 2024-01-01."""

    code = "InvalidActionOrVersion"
    status = 404
    code_n = 100008


class OperationDenied(CallerError):
    """The asset library does not allow this operation on this object."""

    code = "OperationDenied"
    status = 403


class MethodNotAllowed(CallerError):
    """This path does not answer that method. The `Allow` header lists the ones it answers."""

    code = "MethodNotAllowed"
    status = 405

    def __init__(self, allow: str = "") -> None:
        """Refuse the method; ``allow`` is the comma-separated list of those that are served."""
        super().__init__()
        self.allow = allow


class ConsentWithdrawn(CallerError):
    """The actor of this group has taken the consent back. Nothing is added to it any more, and it is being deleted."""

    code = "ConsentWithdrawn"
    status = 403


class RequestTimeout(CallerError):
    """The request body did not arrive in time."""

    code = "RequestTimeout"
    status = 408
    retry: ClassVar[Retry] = "same_request"


class Conflict(CallerError):
    """Something with this name exists already."""

    code = "Conflict"
    status = 409


class RequestTooLarge(CallerError):
    """The request body is larger than 1 MiB."""

    code = "RequestTooLarge"
    status = 413


class UnsupportedMediaType(CallerError):
    """The request body must be `application/json` in UTF-8."""

    code = "UnsupportedMediaType"
    status = 415


class UploadOffsetMismatch(CallerError):
    """This part of the file does not begin where the last one ended. Ask with HEAD how far the upload is, and go on from there."""

    code = "UploadOffsetMismatch"
    status = 409


class UploadNotComplete(CallerError):
    """This upload is not complete: send the rest of the file first."""

    code = "UploadNotComplete"
    status = 409


class UnsupportedTusVersion(CallerError):
    """The version of the tus protocol must be 1.0.0, as the header `Tus-Resumable` says."""

    code = "UnsupportedTusVersion"
    status = 412


class IdempotencyKeyInUse(CallerError):
    """The first request with this Idempotency-Key is still running. Repeat this one in a moment."""

    code = "IdempotencyKeyInUse"
    status = 409
    retry: ClassVar[Retry] = "same_request"


class IdempotencyKeyReused(CallerError):
    """This Idempotency-Key was used with another request body. Use a new key for a new request."""

    code = "IdempotencyKeyReused"
    status = 422


class FlowLimitExceeded(CallerError):
    """Too many calls at the moment. Wait as long as `Retry-After` says."""

    code = "FlowLimitExceeded"
    code_n = 100018
    status = 429
    retry: ClassVar[Retry] = "later"


class QuotaExceeded(CallerError):
    """The allowance for this operation is used up."""

    code = "QuotaExceeded"
    status = 429
    retry: ClassVar[Retry] = "later"


class ExchangeError(CallerError):
    """The BytedToken cannot be exchanged now."""

    status = 409


class ValidatePending(ExchangeError):
    """The actor has not finished the face check yet. Repeat the request when they have."""

    code = "ValidatePending"
    retry: ClassVar[Retry] = "same_request"


class ExchangeInProgress(ExchangeError):
    """This BytedToken is being exchanged by an earlier request. Repeat this one in a moment."""

    code = "ExchangeInProgress"
    retry: ClassVar[Retry] = "same_request"


class ValidateFailed(ExchangeError):
    """The actor did not pass the face check or cancelled it. Start a new validation session."""

    code = "ValidateFailed"
    status = 422
    retry: ClassVar[Retry] = "new_session"


class BytedTokenExpired(ExchangeError):
    """The BytedToken is too old to be exchanged. Start a new validation session."""

    code = "BytedTokenExpired"
    status = 410
    retry: ClassVar[Retry] = "new_session"


class BytedTokenRefused(ExchangeError):
    """The asset library does not accept this BytedToken (expired, used up or unknown there). Start a new validation session."""

    code = "BytedTokenRefused"
    status = 410
    retry: ClassVar[Retry] = "new_session"


class ExchangeUnknown(ExchangeError):
    """An earlier exchange of this BytedToken was asked for and its answer was lost; now the token is refused. The group is being looked for; repeat the request later."""

    code = "ExchangeUnknown"
    retry: ClassVar[Retry] = "later"


class ServiceError(StagedoorError):
    """The service cannot answer at the moment."""

    status = 503


class UpstreamError(ServiceError):
    """The asset library did not answer as it should."""

    sent: ClassVar[bool] = True  # whether the request may have taken effect over there

    code = "UpstreamUnavailable"


class UpstreamRejected(UpstreamError):
    """The asset library refused this gateway's account. The operator has been told; nothing in the request is wrong."""

    code = "UpstreamRejected"
    status = 502
    sent = False


class UpstreamUnavailable(UpstreamError):
    """The asset library cannot be reached. Nothing was changed."""

    code = "UpstreamUnavailable"
    sent = False


class UpstreamFailed(UpstreamError):
    """The asset library failed while it served this request, which may or may not have taken effect."""

    code = "UpstreamFailed"
    status = 502


class UpstreamTimeout(UpstreamError):
    """The asset library did not answer in time."""

    code = "UpstreamTimeout"
    status = 504


class UpstreamMalformed(UpstreamError):
    """The asset library sent an answer that cannot be understood."""

    code = "UpstreamMalformed"
    status = 502


class OutcomeUnknown(UpstreamError):
    """The asset library was asked to create something and its answer was lost. It may exist there, but is not recorded here. Ask the operator, or create it again and accept a possible double."""

    code = "OutcomeUnknown"
    status = 504
    retry: ClassVar[Retry] = "never"


class NoChannel(ServiceError):
    """No upstream account is set up for this model. The operator has to add a channel."""

    code = "NoChannel"


class InvitationsUnavailable(ServiceError):
    """Invitations need an address where actors' browsers reach this gateway. The operator has to set STAGEDOOR_PUBLIC_URL."""

    code = "InvitationsUnavailable"


class UploadsUnavailable(ServiceError):
    """The asset library could not fetch an uploaded file from this gateway. The operator has to set STAGEDOOR_PUBLIC_URL to an address that is reached from outside, or STAGEDOOR_UPLOAD_STORE to a bucket."""

    code = "UploadsUnavailable"


class FilesUnavailable(ServiceError):
    """The place where uploaded files lie is full or cannot be reached. Nothing was changed."""

    code = "FilesUnavailable"


class DatabaseUnavailable(ServiceError):
    """The gateway's database is busy or cannot be written. Nothing was changed."""

    code = "DatabaseUnavailable"


class InternalError(ServiceError):
    """Something in the gateway failed. The operator finds the cause by the RequestId."""

    code = "InternalError"
    status = 500
    code_n = 100014


def by_code(code: str | None) -> StagedoorError:
    """Return a fresh error of the class that has this code; InternalError when there is none."""
    for cls in StagedoorError.family():
        # A family shares the code of one of its members; the member has its name, too.
        if cls.code == cls.__name__ == code:
            return cls()
    return InternalError()


def may_go_elsewhere(error: StagedoorError) -> bool:
    """Tell whether a call to create that ended in this error surely made nothing, and another account may do it."""
    return error.is_of_account or isinstance(error, UpstreamUnavailable)


def may_have_been_sent(error: StagedoorError) -> bool:
    """Tell whether the call that ended in this error may have taken effect upstream without an answer."""
    return isinstance(error, UpstreamError) and error.sent
