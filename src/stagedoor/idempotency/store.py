"""An idempotency key and its SQL."""

from datetime import datetime

import msgspec

from stagedoor.db.database import Tx
from stagedoor.db.rows import columns


class IdempotencyKey(msgspec.Struct, frozen=True):
    """What became of the first request with a key. ``claimed_until`` is set while it runs, ``answer`` when it is done."""

    tenant_id: str
    action: str
    key_hash: bytes
    body_hash: bytes
    claimed_until: datetime | None
    claims: int
    answer: bytes | None
    answer_until: datetime | None
    expires_at: datetime


_WHERE = "WHERE tenant_id = :tenant_id AND action = :action AND key_hash = :key_hash"


async def claim_key(tx: Tx, tenant_id: str, key: IdempotencyKey, now: datetime) -> IdempotencyKey:
    """Record the key as running unless it is on record; return what is then on record."""
    await tx.execute(
        f"DELETE FROM idempotency_keys {_WHERE} AND expires_at <= :now",
        tenant_id=tenant_id,
        action=key.action,
        key_hash=key.key_hash,
        now=now,
    )
    added = await tx.execute(
        f"INSERT INTO idempotency_keys ({columns(IdempotencyKey)}) VALUES (:tenant_id, :action, :key_hash, :body_hash,"
        " :claimed_until, :claims, :answer, :answer_until, :expires_at) ON CONFLICT DO NOTHING",
        **{**msgspec.structs.asdict(key), "tenant_id": tenant_id},
    )
    if added:
        return key
    sql = f"SELECT {columns(IdempotencyKey)} FROM idempotency_keys {_WHERE}"
    found = await tx.find(IdempotencyKey, sql, tenant_id=tenant_id, action=key.action, key_hash=key.key_hash)
    return found or key


async def reclaim_key(tx: Tx, tenant_id: str, key: IdempotencyKey, *, now: datetime, until: datetime) -> bool:
    """Take over a key whose first request died, and tell whether nobody else did."""
    changed = await tx.execute(
        f"UPDATE idempotency_keys SET claimed_until = :until, claims = claims + 1 {_WHERE}"
        " AND claims = :claims AND claimed_until <= :now",
        tenant_id=tenant_id,
        action=key.action,
        key_hash=key.key_hash,
        claims=key.claims,
        now=now,
        until=until,
    )
    return changed == 1


async def mark_answered(tx: Tx, tenant_id: str, key: IdempotencyKey, *, answer: bytes, until: datetime) -> None:
    await tx.execute(
        f"UPDATE idempotency_keys SET claimed_until = NULL, answer = :answer, answer_until = :until {_WHERE}",
        tenant_id=tenant_id,
        action=key.action,
        key_hash=key.key_hash,
        answer=answer,
        until=until,
    )


async def mark_lost(tx: Tx, tenant_id: str, key: IdempotencyKey, now: datetime) -> None:
    """Note that the request's outcome is not known: its lease is over."""
    await tx.execute(
        f"UPDATE idempotency_keys SET claimed_until = :now {_WHERE}",
        tenant_id=tenant_id,
        action=key.action,
        key_hash=key.key_hash,
        now=now,
    )


async def remove_key(tx: Tx, tenant_id: str, key: IdempotencyKey) -> None:
    await tx.execute(
        f"DELETE FROM idempotency_keys {_WHERE}", tenant_id=tenant_id, action=key.action, key_hash=key.key_hash
    )


async def wipe_answers(tx: Tx, now: datetime, *, at_most: int) -> int:
    """Wipe answers and forget keys whose time is over; return how many there were."""
    chosen = (
        f"SELECT tenant_id, action, key_hash FROM idempotency_keys WHERE {{}} <= :now LIMIT :at_most{tx.skip_locked}"
    )
    wiped = await tx.execute(
        "UPDATE idempotency_keys SET answer = NULL, answer_until = NULL"
        f" WHERE (tenant_id, action, key_hash) IN ({chosen.format('answer_until')})",
        now=now,
        at_most=at_most,
    )
    forgotten = await tx.execute(
        f"DELETE FROM idempotency_keys WHERE (tenant_id, action, key_hash) IN ({chosen.format('expires_at')})",
        now=now,
        at_most=at_most,
    )
    return wiped + forgotten
