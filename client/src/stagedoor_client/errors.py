"""What can go wrong, as a tree. Every error has code, status, retry, request_id, upstream, retry_after and response.

StagedoorError
├── ConfigurationError          no key, no base URL, or one that is none
├── ConnectionFailed            no answer came
│   └── TimedOut                  none in time
├── AnswerMalformed             an answer came that cannot be understood
├── WaitTimedOut                what was waited for has not happened in time
├── AssetFailed                 the asset that was waited for failed
├── InvitationEnded             the invitation that was waited for was cancelled, or not used in time
├── WebhookRefused              a webhook that is not the gateway's, or too old
└── GatewayError                the gateway answered with an error
    ├── BadRequest                400 and other 4xx
    ├── AuthenticationFailed      401
    ├── AccessDenied              403
    │   └── ConsentWithdrawn
    ├── NotFound                  404
    ├── Conflict                  409
    │   └── IdempotencyKeyInUse
    ├── Unprocessable             422
    │   └── IdempotencyKeyReused
    ├── LimitReached              429
    │   └── FlowLimitExceeded   QuotaExceeded
    ├── ExchangeError             what can become of a BytedToken
    │   └── ValidatePending   ExchangeInProgress   ValidateFailed   BytedTokenExpired   BytedTokenRefused   ExchangeUnknown
    └── ServerFailed              5xx
        └── OutcomeUnknown   UpstreamRejected   UpstreamUnavailable   UpstreamFailed   UpstreamTimeout   UpstreamMalformed   NoChannel
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Self

from stagedoor_client.invitations import Invitation
from stagedoor_client.reading import Response
from stagedoor_client.results import Asset

Retry = Literal["never", "same_request", "new_session", "later"]
RETRIES: tuple[Retry, ...] = ("never", "same_request", "new_session", "later")


@dataclass(frozen=True)
class Upstream:
    """What the asset library behind the gateway said: its own code and request id, where it gave them."""

    code: str = ""
    request_id: str = ""


class StagedoorError(Exception):
    """Something went wrong between the caller and the asset library."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        status: int | None = None,
        retry: Retry = "never",
        told: bool = False,
        request_id: str = "",
        upstream: Upstream | None = None,
        retry_after: float | None = None,
        response: Response | None = None,
    ) -> None:
        """Make the error.

        Args:
            message: a sentence for people.
            code: for programs; the name of the class when empty.
            status: the HTTP status, where an answer came.
            retry: what may be tried again, and how.
            told: whether the gateway itself said so.
            request_id: by which an operator finds the request.
            upstream: what the asset library said, where it spoke.
            retry_after: seconds to wait before the next try.
            response: the answer, where one came.

        """
        self.message = message
        self.code = code or type(self).__name__
        self.status = status
        self.retry: Retry = retry
        self.told = told
        self.request_id = request_id
        self.upstream = upstream
        self.retry_after = retry_after
        self.response = response
        super().__init__(message)

    def __str__(self) -> str:
        where = f" (HTTP {self.status}, request {self.request_id or 'unknown'})" if self.status else ""
        return f"{self.code}: {self.message}{where}"

    @classmethod
    def family(cls) -> Iterator[type[Self]]:
        """Yield this class and every class below it."""
        yield cls
        for child in cls.__subclasses__():
            yield from child.family()


class ConfigurationError(StagedoorError):
    """The client was not told where to call, or with which key."""


class ConnectionFailed(StagedoorError):
    """No answer came; ``sent`` tells whether the request may have arrived."""

    sent: bool = True


class TimedOut(ConnectionFailed):
    """No answer came in time."""


class AnswerMalformed(StagedoorError):
    """The answer is no success that can be understood."""


class WaitTimedOut(StagedoorError):
    """What was waited for has not happened in time; ``last`` is the asset as it was seen last."""

    last: Asset | None = None


class AssetFailed(StagedoorError):
    """The asset failed; ``code`` says why, ``asset`` is all of it."""

    def __init__(self, asset: Asset) -> None:
        """Say why it failed, as the asset library does."""
        problem = asset.error
        super().__init__(
            (problem.message if problem else "") or "The asset was not accepted.",
            code=problem.code if problem else "",
            response=asset.response,
        )
        self.asset = asset


class InvitationEnded(StagedoorError):
    """The invitation ended without a group; ``code`` is its status, ``invitation`` all of it."""

    def __init__(self, invitation: Invitation) -> None:
        """Say how it ended."""
        super().__init__(
            f"The invitation is {invitation.status}.", code=invitation.status, response=invitation.response
        )
        self.invitation = invitation


class WebhookRefused(StagedoorError):
    """This webhook is not to be believed."""


class GatewayError(StagedoorError):
    """The gateway answered with an error."""


class BadRequest(GatewayError):
    """The request has to change."""


class AuthenticationFailed(GatewayError):
    """The key is missing, unknown, revoked or expired."""


class AccessDenied(GatewayError):
    """The key may not do this."""


class ConsentWithdrawn(AccessDenied):
    """The actor has taken the consent back."""


class NotFound(GatewayError):
    """There is no such thing, or it is not yours."""


class Conflict(GatewayError):
    """Something stands in the way."""


class IdempotencyKeyInUse(Conflict):
    """The first request with this Idempotency-Key is still running."""


class Unprocessable(GatewayError):
    """The request is well-formed and cannot be done."""


class IdempotencyKeyReused(Unprocessable):
    """This Idempotency-Key was used with another request."""


class LimitReached(GatewayError):
    """Too much, for now."""


class FlowLimitExceeded(LimitReached):
    """Too many calls at the moment."""


class QuotaExceeded(LimitReached):
    """The allowance for this operation is used up."""


class ExchangeError(GatewayError):
    """The BytedToken cannot be exchanged now."""


class ValidatePending(ExchangeError):
    """The actor has not finished the check yet."""


class ExchangeInProgress(ExchangeError):
    """This BytedToken is being exchanged by another request."""


class ValidateFailed(ExchangeError):
    """The actor did not pass the check or turned back."""


class BytedTokenExpired(ExchangeError):
    """The BytedToken is too old."""


class BytedTokenRefused(ExchangeError):
    """The asset library does not accept this BytedToken."""


class ExchangeUnknown(ExchangeError):
    """An earlier answer was lost; the group is being looked for."""


class ServerFailed(GatewayError):
    """The gateway, or what is behind it, failed."""


class OutcomeUnknown(ServerFailed):
    """Something may have been created whose answer was lost."""


class UpstreamRejected(ServerFailed):
    """The asset library refused the gateway's account."""


class UpstreamUnavailable(ServerFailed):
    """The asset library cannot be reached."""


class UpstreamFailed(ServerFailed):
    """The asset library failed."""


class UpstreamTimeout(ServerFailed):
    """The asset library did not answer in time."""


class UpstreamMalformed(ServerFailed):
    """The asset library sent an answer that cannot be understood."""


class NoChannel(ServerFailed):
    """The gateway has no account for this model."""


_BY_NAME = {cls.__name__: cls for cls in GatewayError.family()}
_BY_STATUS: dict[int, type[GatewayError]] = {
    401: AuthenticationFailed,
    403: AccessDenied,
    404: NotFound,
    409: Conflict,
    422: Unprocessable,
    429: LimitReached,
}
# What other gateways of the dialect say while the actor is still at it.
_PENDING = {"ValidatePending", "VisualValidatePending", "ValidateNotReady"}


def error_class(code: str, status: int) -> type[GatewayError]:
    """Return the class of a code, by the part before its first dot, or else of a status."""
    name = code.partition(".")[0]
    if name in _PENDING:
        return ValidatePending
    # A code that is only the name of a family says less than the status.
    named = _BY_NAME.get(name)
    if named is not None and not named.__subclasses__():
        return named
    return _BY_STATUS.get(status) or (ServerFailed if status >= 500 else BadRequest)
