"""One try: send the request, read the answer, say what it means. Trying again is the business of ``retry.py``."""

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import timedelta
from typing import Protocol

import msgspec
import structlog

from stagedoor import errors, traces
from stagedoor.ark import errors as ark_errors
from stagedoor.ark import results
from stagedoor.ark.answers import Malformed, Refusal, Success, read
from stagedoor.ark.errors import Failure, Fate
from stagedoor.ark.mask import clean
from stagedoor.ark.transport import Answer, AnswerTooLarge, NoAnswer, NotSent, Transport
from stagedoor.clock import Clock
from stagedoor.contract.operations import Operation

log = structlog.get_logger(__name__)

heard_request_id: ContextVar[str] = ContextVar("heard_request_id", default="")
"""The request id of the last answer that this task has had from an upstream."""

# Fields of a request that are credentials, or addresses that may hold some.
SECRET_FIELDS = ("BytedToken", "CallbackURL", "URL")


class Request(msgspec.Struct, frozen=True):
    """What goes over the wire."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class Driver(Protocol):
    """How one kind of upstream is spoken to."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be seen in a log or an error."""

    def request(self, operation: Operation, body: Mapping[str, object]) -> Request:
        """Put a call into the upstream's form."""

    def normalise(self, operation: Operation, success: Success) -> Success:
        """Put a result into official fields.

        Raises:
            Malformed: it cannot be put into them.

        """

    def hears(self, answer: Answer) -> None:
        """Learn from an answer that is no refusal."""

    def corrects(self, refusal: Refusal, answer: Answer) -> bool:
        """Learn from a refusal, whatever it is about; True when the next request will be a different, better one."""


async def attempt(
    driver: Driver,
    transport: Transport,
    clock: Clock,
    operation: Operation,
    body: Mapping[str, object],
    timeout: timedelta,  # noqa: ASYNC109 - passed on to the transport, which tells a late connection from a late answer
) -> dict[str, object]:
    """Ask once and return the result in official fields.

    Args:
        driver: the upstream's form of speech.
        transport: carries the request.
        clock: for dates in answers.
        operation: which of the twelve.
        body: official fields, without ``model``.
        timeout: for everything together.

    Raises:
        Failure: there is no result; says which error it is and whether asking again may help.

    """
    request = driver.request(operation, body)
    try:
        answer = await transport.send(
            request.method, request.url, headers=request.headers, body=request.body, timeout=timeout
        )
    except NotSent as error:
        log.warning("upstream_unreachable", action=operation.action, reason=str(error))
        raise ark_errors.not_sent() from error
    except NoAnswer as error:
        log.warning("upstream_no_answer", action=operation.action, reason=str(error))
        raise ark_errors.no_answer(operation, timed_out=error.timed_out) from error
    except AnswerTooLarge as error:
        raise _malformed(operation, "too large") from error
    return _judge(driver, clock, operation, body, answer)


def _judge(
    driver: Driver, clock: Clock, operation: Operation, body: Mapping[str, object], answer: Answer
) -> dict[str, object]:
    try:
        said = read(answer, now=clock.now())
        traces.note("stagedoor.upstream_request_id", said.request_id)
        heard_request_id.set(said.request_id)
        if isinstance(said, Success):
            driver.hears(answer)
            return results.check(operation, body, driver.normalise(operation, said))
    except results.NotYet as error:
        raise Failure(errors.ValidatePending(), transient=False, fate=Fate.REFUSED) from error
    except Malformed as error:
        raise _malformed(operation, error.reason, status=answer.status, request_id=error.request_id) from error
    raise _refused(driver, operation, body, answer, said)


def _refused(
    driver: Driver, operation: Operation, body: Mapping[str, object], answer: Answer, refusal: Refusal
) -> Failure:
    secrets = [*driver.secrets, *(str(body.get(field, "")) for field in SECRET_FIELDS)]
    words = clean(refusal.message, secrets)
    failure = ark_errors.refused(operation, refusal, words=words)
    if isinstance(failure.error, errors.UpstreamError):
        log.warning(
            "upstream_rejected" if isinstance(failure.error, errors.UpstreamRejected) else "upstream_failed",
            action=operation.action,
            status=refusal.status,
            code=refusal.code,
            message=words,
            upstream_request_id=refusal.request_id,
        )
    if driver.corrects(refusal, answer):
        return Failure(failure.error, transient=True, fate=Fate.UNSENT)
    return failure


def _malformed(operation: Operation, reason: str, *, status: int = 0, request_id: str = "") -> Failure:
    log.warning(
        "upstream_malformed", action=operation.action, reason=reason, status=status, upstream_request_id=request_id
    )
    return ark_errors.malformed(request_id)
