"""A validation session and its SQL.

States: ``open`` → ``passed`` (the callback said so) → ``exchanged``; or ``failed`` (the check was not passed),
``expired`` (the token is given up), ``unknown`` (Ark was asked, its answer was lost, and now it refuses the token).
"""

from datetime import datetime
from typing import Literal

import msgspec

from stagedoor.contract.results import ExchangedGroup
from stagedoor.db.database import Tx
from stagedoor.db.rows import columns
from stagedoor.errors import NotFound

State = Literal["open", "passed", "exchanged", "failed", "expired", "unknown"]


class ValidationSession(msgspec.Struct, frozen=True):
    """One face check of one actor. The BytedToken is found by its keyed hash and sealed until the session ends."""

    id: str
    tenant_id: str
    channel_id: str
    project_name: str
    callback_url: str
    token_hash: bytes
    byted_token: bytes | None
    open_until: datetime | None
    callback_hash: bytes | None
    state: State
    callback_code: str | None
    callback_at: datetime | None
    claims: int
    claimed_until: datetime | None
    unanswered: int
    outcome: str | None
    group_id: str | None
    created_at: datetime
    ended_at: datetime | None

    @property
    def may_have_group(self) -> bool:
        """Ark was asked for the group and its answer was lost."""
        return self.state == "unknown" or self.unanswered > 0

    def is_exchanging(self, now: datetime) -> bool:
        return self.claimed_until is not None and now < self.claimed_until

    def to_result(self) -> ExchangedGroup:
        if self.group_id is None:
            raise RuntimeError(f"Session {self.id} has no group.")
        return ExchangedGroup(GroupId=self.group_id, Id=self.group_id)


_SELECT = f"SELECT {columns(ValidationSession)} FROM validation_sessions"


async def add_session(tx: Tx, tenant_id: str, session: ValidationSession) -> None:
    """Record a session.

    Raises:
        AlreadyThere: its token is known.

    """
    await tx.execute(
        f"INSERT INTO validation_sessions ({columns(ValidationSession)}) VALUES (:id, :tenant_id, :channel_id,"
        " :project_name, :callback_url, :token_hash, :byted_token, :open_until, :callback_hash, :state,"
        " :callback_code, :callback_at, :claims, :claimed_until, :unanswered, :outcome, :group_id, :created_at,"
        " :ended_at)",
        **{**msgspec.structs.asdict(session), "tenant_id": tenant_id},
    )


async def get_session_by_token(
    tx: Tx, tenant_id: str, token_hash: bytes, project_name: str | None = None
) -> ValidationSession:
    """Return the tenant's session of a BytedToken, in the project if one is named.

    Raises:
        NotFound: the tenant started no session with this token; another tenant's looks the same.

    """
    sql = f"{_SELECT} WHERE token_hash = :token_hash AND tenant_id = :tenant_id"
    session = await tx.find(ValidationSession, sql, token_hash=token_hash, tenant_id=tenant_id)
    if session is None or project_name not in {None, session.project_name}:
        raise NotFound("This BytedToken was not issued here.", field="BytedToken")
    return session


async def find_session_by_callback(tx: Tx, callback_hash: bytes) -> ValidationSession | None:
    """Return the session whose callback carries this state; the browser that brings it belongs to no tenant."""
    return await tx.find(ValidationSession, f"{_SELECT} WHERE callback_hash = :hash", hash=callback_hash)


async def get_session(tx: Tx, tenant_id: str, session_id: str) -> ValidationSession:
    """Return the session.

    Raises:
        NotFound: the tenant has no such session.

    """
    sql = f"{_SELECT} WHERE id = :id AND tenant_id = :tenant_id"
    session = await tx.find(ValidationSession, sql, id=session_id, tenant_id=tenant_id)
    if session is None:
        raise NotFound(f"There is no validation session {session_id}.", field="session_id")
    return session


async def mark_callback(tx: Tx, tenant_id: str, session_id: str, *, state: State, code: str, now: datetime) -> bool:
    """Record what the callback said, and tell whether it was news.

    A pass is believed until Ark is asked, even after a failure; nothing changes a session that is further on or whose
    token is given up.
    """
    changed = await tx.execute(
        "UPDATE validation_sessions SET state = :state, callback_code = :code, callback_at = :now"
        " WHERE id = :id AND tenant_id = :tenant_id AND open_until > :now"
        " AND (state = 'open' OR (state = 'failed' AND :state = 'passed'))",
        id=session_id,
        tenant_id=tenant_id,
        state=state,
        code=code,
        now=now,
    )
    return changed == 1


async def claim_exchange(
    tx: Tx, tenant_id: str, seen: ValidationSession, *, now: datetime, until: datetime
) -> ValidationSession | None:
    """Take the lease of a session's exchange and note, before Ark is asked, that an answer is owed.

    Returns None when somebody else holds the lease, when the session has ended, or when an exchange has begun or
    finished since the session was ``seen``: its outcome is the answer then.
    """
    free = "claimed_until IS NULL" if seen.claimed_until is None else "claimed_until = :seen AND claimed_until <= :now"
    params = {} if seen.claimed_until is None else {"seen": seen.claimed_until, "now": now}
    return await tx.find(
        ValidationSession,
        "UPDATE validation_sessions SET claims = claims + 1, claimed_until = :until, unanswered = unanswered + 1"
        " WHERE id = :id AND tenant_id = :tenant_id AND byted_token IS NOT NULL"
        f" AND state IN ('open', 'passed', 'unknown') AND claims = :claims AND {free}"
        f" RETURNING {columns(ValidationSession)}",
        id=seen.id,
        tenant_id=tenant_id,
        claims=seen.claims,
        until=until,
        **params,
    )


async def release_exchange(
    tx: Tx, tenant_id: str, claimed: ValidationSession, *, outcome: str, unanswered: int
) -> None:
    """Give the lease back after an exchange that settled nothing, leaving its error code for those who wait."""
    await tx.execute(
        "UPDATE validation_sessions SET claimed_until = NULL, outcome = :outcome, unanswered = :unanswered"
        " WHERE id = :id AND tenant_id = :tenant_id AND claims = :claims",
        id=claimed.id,
        tenant_id=tenant_id,
        claims=claimed.claims,
        outcome=outcome,
        unanswered=unanswered,
    )


async def mark_ended(
    tx: Tx, tenant_id: str, claimed: ValidationSession, *, state: State, outcome: str, now: datetime
) -> None:
    """End a session without a group, if the lease is still ours; the token is wiped unless the end is ``unknown``."""
    wipe = "" if state == "unknown" else ", byted_token = NULL, open_until = NULL, ended_at = :now"
    params = {} if state == "unknown" else {"now": now}
    await tx.execute(
        f"UPDATE validation_sessions SET state = :state, outcome = :outcome, claimed_until = NULL{wipe}"
        " WHERE id = :id AND tenant_id = :tenant_id AND claims = :claims AND state <> 'exchanged'",
        id=claimed.id,
        tenant_id=tenant_id,
        claims=claimed.claims,
        state=state,
        outcome=outcome,
        **params,
    )


async def mark_exchanged(tx: Tx, tenant_id: str, session_id: str, group_id: str, now: datetime) -> None:
    """Write down the group that Ark gave for the session's token, and wipe the token.

    The lease is not asked for: an answer of Ark for this very token is true however late it is written.
    """
    await tx.execute(
        "UPDATE validation_sessions SET state = 'exchanged', group_id = :group_id, outcome = NULL, unanswered = 0,"
        " claimed_until = NULL, byted_token = NULL, open_until = NULL, ended_at = :now"
        " WHERE id = :id AND tenant_id = :tenant_id AND state <> 'exchanged'",
        id=session_id,
        tenant_id=tenant_id,
        group_id=group_id,
        now=now,
    )


async def expire_sessions(tx: Tx, now: datetime, *, at_most: int) -> int:
    """Give up tokens that are too old, wipe them, and return how many there were.

    A session whose exchange was asked for and never answered may have a group: it becomes ``unknown``, not ``expired``.
    One that is being exchanged is left alone until its lease is over.
    """
    return await tx.execute(
        "UPDATE validation_sessions SET byted_token = NULL, open_until = NULL, ended_at = :now,"
        " state = CASE WHEN state NOT IN ('open', 'passed') THEN state WHEN unanswered > 0 THEN 'unknown'"
        " ELSE 'expired' END"
        " WHERE id IN (SELECT id FROM validation_sessions WHERE open_until <= :now"
        " AND (claimed_until IS NULL OR claimed_until <= :now) LIMIT :at_most)",
        now=now,
        at_most=at_most,
    )
