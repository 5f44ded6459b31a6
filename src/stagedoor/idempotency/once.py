"""Run a request once per Idempotency-Key."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

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

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
START_SESSION = "CreateVisualValidateSession"


async def run_once(
    call: Call, operation: Operation, key: str, body: bytes, work: Callable[[], Awaitable[msgspec.Struct | msgspec.Raw]]
) -> tuple[msgspec.Raw, bool]:
    """Return the Result, as JSON, of the first request with this key, and whether it was one before this.

    A request that failed and changed nothing is forgotten, so that its key can be used again. One whose outcome was
    lost is not run again unless a second run does no harm.

    Args:
        call: who calls.
        operation: which of the creating operations.
        key: the header's value, 1–255 printable ASCII characters.
        body: the request body; the same key with another one is refused.
        work: what to run.

    Raises:
        InvalidParameter: the key cannot be one.
        IdempotencyKeyReused: the key was used with another body.
        IdempotencyKeyInUse: the first request is still running.
        OutcomeUnknown: the first request's answer was lost.
        BytedTokenExpired: the session it started is over and its token wiped.

    """
    if not _KEY.fullmatch(key):
        raise InvalidParameter(
            "The Idempotency-Key must be 1 to 255 printable ASCII characters.", field="IdempotencyKey"
        )
    rt, tenant_id, now = call.rt, call.tenant_id, call.rt.clock.now()
    mine = IdempotencyKey(
        tenant_id=tenant_id,
        action=operation.action,
        key_hash=rt.vault.hash("idempotency_key", key),
        body_hash=hashlib.sha256(body).digest(),
        claimed_until=now + LEASE,
        claims=1,
        answer=None,
        answer_until=None,
        expires_at=now + rt.settings.idempotency_lifetime,
    )
    found = await rt.db.write(lambda tx: claim_key(tx, tenant_id, mine, now))
    if found is not mine:
        answer = _recorded(call, found, mine, now)
        if answer is not None:
            return answer, True
        if not await rt.db.write(lambda tx: reclaim_key(tx, tenant_id, found, now=now, until=now + LEASE)):
            raise IdempotencyKeyInUse(retry_after=timedelta(seconds=1))
    return await _run(call, mine, work), False


def _recorded(call: Call, found: IdempotencyKey, mine: IdempotencyKey, now: datetime) -> msgspec.Raw | None:
    """Return the recorded answer; None when the first request died and may be run again."""
    if found.body_hash != mine.body_hash:
        raise IdempotencyKeyReused
    if found.claimed_until is not None and now < found.claimed_until:
        raise IdempotencyKeyInUse(retry_after=timedelta(seconds=1))
    if found.answer is not None:
        return msgspec.Raw(call.rt.vault.open_bytes(_place(found), found.answer))
    if found.claimed_until is None:
        raise BytedTokenExpired("The session that this Idempotency-Key started is over. Use a new key.")
    if found.action != START_SESSION:
        raise OutcomeUnknown
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
    # A session's answer holds its token and its link: it is kept no longer than they can be used.
    lifetime = (
        timedelta(seconds=rt.settings.token_lifetime)
        if key.action == START_SESSION
        else rt.settings.idempotency_lifetime
    )
    sealed = rt.vault.seal(_place(key), result)
    await _note(rt, lambda tx: mark_answered(tx, tenant_id, key, answer=sealed, until=rt.clock.now() + lifetime))
    return msgspec.Raw(result)


async def _note(rt: Runtime, work: Work[None]) -> None:
    """Write down what became of a request. When that fails its outcome is the answer all the same, and the claim stays."""
    try:
        await rt.db.write(work)
    except DatabaseUnavailable:
        log.warning("idempotency_key_not_settled")


def _place(key: IdempotencyKey) -> str:
    return f"idempotency_keys.answer:{key.tenant_id}/{key.action}/{key.key_hash.hex()}"
