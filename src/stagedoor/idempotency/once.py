"""Run a request once per Idempotency-Key, or whatever else says that two requests are one."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
import structlog

from stagedoor.call import Call
from stagedoor.contract.operations import Operation
from stagedoor.db.database import Work
from stagedoor.errors import (
    BytedTokenExpired,
    DatabaseUnavailable,
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    InvalidParameter,
    OutcomeUnknown,
    StagedoorError,
    may_have_been_sent,
)
from stagedoor.idempotency.store import (
    IdempotencyKey,
    claim_key,
    mark_answered,
    mark_lost,
    reclaim_key,
    remove_key,
)
from stagedoor.runtime import Runtime
from stagedoor.sealed import KEPT_ANSWER

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
START_SESSION = "CreateVisualValidateSession"


class Told(NamedTuple):
    """What a caller is told of a repetition: what happened, and what to change. Nothing: what the error says itself."""

    running: str | None = None
    reused: str | None = None
    over: str = "The session that this Idempotency-Key started is over. Use a new key."
    lost: str | None = None


class OnceKey(NamedTuple):
    """By what a request is recognised when it comes again, and how long."""

    key_hash: bytes
    lifetime: timedelta
    told: Told = Told()


def chosen_key(call: Call, header: str) -> OnceKey:
    """Return the key of a caller's own choice, the value of the header Idempotency-Key.

    Raises:
        InvalidParameter: it cannot be one.

    """
    if not _KEY.fullmatch(header):
        raise InvalidParameter(
            "The Idempotency-Key must be 1 to 255 printable ASCII characters.", field="IdempotencyKey"
        )
    return OnceKey(call.rt.vault.hash("idempotency_key", header), call.rt.settings.idempotency_lifetime)


async def run_once(
    call: Call,
    operation: Operation,
    key: OnceKey,
    body: bytes,
    work: Callable[[], Awaitable[msgspec.Struct | msgspec.Raw]],
) -> tuple[msgspec.Raw, bool]:
    """Return the Result, as JSON, of the first request with this key, and whether it was one before this.

    A request that failed and changed nothing is forgotten, so that its key can be used again. One whose outcome was
    lost is not run again unless a second run does no harm.

    Args:
        call: who calls.
        operation: which of the creating operations.
        key: what two requests that are one have in common.
        body: the request body; the same key with another one is refused.
        work: what to run.

    Raises:
        IdempotencyKeyReused: the key was used with another body.
        IdempotencyKeyInUse: the first request is still running.
        OutcomeUnknown: the first request's answer was lost.
        BytedTokenExpired: the session it started is over and its token wiped.

    """
    rt, tenant_id, now = call.rt, call.tenant_id, call.rt.clock.now()
    mine = new_claim(call, operation, key, body, until=now + LEASE)
    found = await rt.db.write(lambda tx: claim_key(tx, tenant_id, mine, now))
    if found is not mine:
        answer = _recorded(call, key.told, found, mine, now)
        if answer is not None:
            return answer, True
        if not await rt.db.write(lambda tx: reclaim_key(tx, tenant_id, found, now=now, until=now + LEASE)):
            raise IdempotencyKeyInUse(key.told.running, retry_after=timedelta(seconds=1))
    return await _run(call, mine, work), False


def new_claim(call: Call, operation: Operation, key: OnceKey, body: bytes, *, until: datetime) -> IdempotencyKey:
    """Return what is put on record when a request with this key is the first."""
    return IdempotencyKey(
        tenant_id=call.tenant_id,
        action=operation.action,
        key_hash=key.key_hash,
        body_hash=hashlib.sha256(body).digest(),
        claimed_until=until,
        claims=1,
        answer=None,
        answer_until=None,
        expires_at=call.rt.clock.now() + key.lifetime,
    )


def _recorded(call: Call, told: Told, found: IdempotencyKey, mine: IdempotencyKey, now: datetime) -> msgspec.Raw | None:
    """Return the recorded answer; None when the first request died and may be run again."""
    if found.body_hash != mine.body_hash:
        raise IdempotencyKeyReused(told.reused)
    if found.claimed_until is not None and now < found.claimed_until:
        raise IdempotencyKeyInUse(told.running, retry_after=timedelta(seconds=1))
    if found.answer is not None:
        return msgspec.Raw(call.rt.vault.open_bytes(_place(found), found.answer))
    if found.claimed_until is None:
        raise BytedTokenExpired(told.over)
    if found.action != START_SESSION:
        raise OutcomeUnknown(told.lost)
    return None


async def _run(
    call: Call, key: IdempotencyKey, work: Callable[[], Awaitable[msgspec.Struct | msgspec.Raw]]
) -> msgspec.Raw:
    rt, tenant_id = call.rt, call.tenant_id
    try:
        result = msgspec.json.encode(await work())
    except StagedoorError as error:
        if may_have_been_sent(error):
            await _note(rt, lambda tx: mark_lost(tx, tenant_id, key, rt.clock.now()))
        else:
            await _note(rt, lambda tx: remove_key(tx, tenant_id, key))
        raise
    until = key.expires_at
    if key.action == START_SESSION:
        # Its answer holds a token and a link: it is kept no longer than they can be used.
        until = min(until, rt.clock.now() + timedelta(seconds=rt.settings.token_lifetime))
    sealed = rt.vault.seal(_place(key), result)
    await _note(rt, lambda tx: mark_answered(tx, tenant_id, key, answer=sealed, until=until))
    return msgspec.Raw(result)


async def _note(rt: Runtime, work: Work[None]) -> None:
    """Write down what became of a request. When that fails its outcome is the answer all the same, and the claim stays."""
    try:
        await rt.db.write(work)
    except DatabaseUnavailable:
        log.warning("idempotency_key_not_settled")


def _place(key: IdempotencyKey) -> str:
    return KEPT_ANSWER.place(key.tenant_id, key.action, key.key_hash)
