"""A validation session and its SQL.

States: ``open`` → ``passed`` (the callback said so) → ``exchanged``; or ``failed`` (the check was not passed),
``expired`` (the token is given up), ``unknown`` (Ark was asked, its answer was lost, and now it refuses the token).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from stagedoor.contract.results import ExchangedGroup
from stagedoor.db.database import Param, Tx
from stagedoor.db.rows import columns, in_list
from stagedoor.errors import NotFound
from stagedoor.sealed import BYTED_TOKEN

EXCHANGE, RECONCILE, WITHDRAWAL = "exchange", "reconcile", "withdrawal"
"""The kinds of the jobs of a session; their key is its id."""

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
    invitation_id: str | None = None

    @property
    def may_have_group(self) -> bool:
        """Ark was asked for the group and its answer was lost."""
        return self.state == "unknown" or self.unanswered > 0

    def is_exchanging(self, now: datetime) -> bool:
        return self.claimed_until is not None and now < self.claimed_until

    def to_result(self) -> ExchangedGroup:
        if self.group_id is None:
            raise RuntimeError(f"Session {self.id} has no group.")
        return exchanged_group(self.group_id)


def token_place(session_id: str) -> str:
    return BYTED_TOKEN.place(session_id)


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
        " :ended_at, :invitation_id)",
        **{**msgspec.structs.asdict(session), "tenant_id": tenant_id},
    )


def exchanged_group(group_id: str) -> ExchangedGroup:
    return ExchangedGroup(GroupId=group_id, Id=group_id)


class Exchange(msgspec.Struct, frozen=True):
    """What a token was exchanged for: all that is needed to answer it again, for ever."""

    channel_id: str
    project_name: str
    group_id: str


async def find_exchange(tx: Tx, tenant_id: str, token_hash: bytes, project_name: str | None = None) -> Exchange | None:
    """Return the exchange of a BytedToken of the tenant, in the project if one is named; None if there was none."""
    exchange = await tx.find(
        Exchange,
        f"SELECT {columns(Exchange)} FROM validation_sessions"
        " WHERE token_hash = :token_hash AND tenant_id = :tenant_id AND state = 'exchanged'",
        token_hash=token_hash,
        tenant_id=tenant_id,
    )
    return exchange if exchange is not None and project_name in {None, exchange.project_name} else None


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


async def find_session(tx: Tx, tenant_id: str, session_id: str) -> ValidationSession | None:
    sql = f"{_SELECT} WHERE id = :id AND tenant_id = :tenant_id"
    return await tx.find(ValidationSession, sql, id=session_id, tenant_id=tenant_id)


async def get_session(tx: Tx, tenant_id: str, session_id: str) -> ValidationSession:
    """Return the session.

    Raises:
        NotFound: the tenant has no such session.

    """
    session = await find_session(tx, tenant_id, session_id)
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
    finished since the session was ``seen``: its outcome is the answer then. The sessions of one invitation take turns,
    and after one that has a group there is none: an invitation is for one person.
    """
    alone = ""
    if seen.invitation_id is not None:
        await _lock_sessions(tx, seen.invitation_id)
        alone = (
            " AND NOT EXISTS (SELECT 1 FROM validation_sessions AS other WHERE other.invitation_id = :invitation_id"
            " AND other.id <> :id AND (other.state = 'exchanged' OR other.claimed_until > :now))"
        )
    free = "claimed_until IS NULL" if seen.claimed_until is None else "claimed_until = :seen AND claimed_until <= :now"
    params: dict[str, Param] = {} if seen.claimed_until is None else {"seen": seen.claimed_until, "now": now}
    if alone:
        params |= {"invitation_id": seen.invitation_id, "now": now}
    return await tx.find(
        ValidationSession,
        "UPDATE validation_sessions SET claims = claims + 1, claimed_until = :until, unanswered = unanswered + 1"
        " WHERE id = :id AND tenant_id = :tenant_id AND byted_token IS NOT NULL"
        f" AND state IN ('open', 'passed', 'unknown') AND claims = :claims AND {free}{alone}"
        f" RETURNING {columns(ValidationSession)}",
        id=seen.id,
        tenant_id=tenant_id,
        claims=seen.claims,
        until=until,
        **params,
    )


async def keep_exchange(tx: Tx, tenant_id: str, claimed: ValidationSession, until: datetime) -> None:
    """Lengthen the lease of an exchange in flight, if it is still ours."""
    await tx.execute(
        "UPDATE validation_sessions SET claimed_until = :until"
        " WHERE id = :id AND tenant_id = :tenant_id AND claims = :claims AND claimed_until IS NOT NULL",
        id=claimed.id,
        tenant_id=tenant_id,
        claims=claimed.claims,
        until=until,
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
) -> bool:
    """End a session without a group, if the lease is still ours, and tell whether it was; only an ``unknown`` one keeps its token."""
    wipe = "" if state == "unknown" else ", byted_token = NULL, open_until = NULL, ended_at = :now"
    params = {} if state == "unknown" else {"now": now}
    changed = await tx.execute(
        f"UPDATE validation_sessions SET state = :state, outcome = :outcome, claimed_until = NULL{wipe}"
        " WHERE id = :id AND tenant_id = :tenant_id AND claims = :claims AND state <> 'exchanged'",
        id=claimed.id,
        tenant_id=tenant_id,
        claims=claimed.claims,
        state=state,
        outcome=outcome,
        **params,
    )
    return changed == 1


async def mark_exchanged(
    tx: Tx, tenant_id: str, session_id: str, group_id: str, now: datetime, *, outcome: str | None = None
) -> bool:
    """Write down the group that Ark gave for the session's token, or that can only be its own, wipe the token, and tell whether it was news.

    The lease is not asked for: an answer of Ark for this very token is true however late it is written.
    """
    changed = await tx.execute(
        "UPDATE validation_sessions SET state = 'exchanged', group_id = :group_id, outcome = :outcome, unanswered = 0,"
        " claimed_until = NULL, byted_token = NULL, open_until = NULL, ended_at = :now"
        " WHERE id = :id AND tenant_id = :tenant_id AND state <> 'exchanged'",
        id=session_id,
        tenant_id=tenant_id,
        group_id=group_id,
        outcome=outcome,
        now=now,
    )
    return changed == 1


async def list_rivals(
    tx: Tx, session: ValidationSession, *, born_after: datetime, born_before: datetime, alive_at: datetime
) -> list[ValidationSession]:
    """Return the other sessions of the same project that may own a group made at some moment, of whatever tenant.

    Those are the ones without a group that Ark has not refused for good.

    Args:
        tx: the transaction.
        session: whose rivals.
        born_after: they were started after this,
        born_before: and before this.
        alive_at: they had not ended by then.

    """
    return await tx.list(
        ValidationSession,
        f"{_SELECT} WHERE channel_id = :channel_id AND created_at BETWEEN :born_after AND :born_before"
        " AND project_name = :project_name AND id <> :id AND group_id IS NULL"
        " AND (ended_at IS NULL OR ended_at >= :alive_at)"
        " AND (outcome IS NULL OR outcome NOT IN ('ValidateFailed', 'BytedTokenRefused'))",
        channel_id=session.channel_id,
        born_after=born_after,
        born_before=born_before,
        project_name=session.project_name,
        id=session.id,
        alive_at=alive_at,
    )


class _First(msgspec.Struct, frozen=True):
    created_at: datetime | None


async def find_first_unresolved(tx: Tx, channel_id: str, *, not_of: str) -> datetime | None:
    """Return when the oldest session of the channel began that may still earn a group for another tenant; None: there is none."""
    first = await tx.find(
        _First,
        "SELECT min(created_at) AS created_at FROM validation_sessions WHERE channel_id = :channel_id"
        " AND tenant_id <> :not_of AND state IN ('open', 'passed', 'unknown')",
        channel_id=channel_id,
        not_of=not_of,
    )
    return None if first is None else first.created_at


async def mark_without_group(tx: Tx, tenant_id: str, session_id: str, *, outcome: str, now: datetime) -> bool:
    """End an ``unknown`` session, since an operator has found that it has no group, and tell whether it was news."""
    changed = await tx.execute(
        "UPDATE validation_sessions SET state = 'expired', outcome = :outcome, unanswered = 0, claimed_until = NULL,"
        " byted_token = NULL, open_until = NULL, ended_at = :now"
        " WHERE id = :id AND tenant_id = :tenant_id AND state = 'unknown'",
        id=session_id,
        tenant_id=tenant_id,
        outcome=outcome,
        now=now,
    )
    return changed == 1


class _GivenUp(msgspec.Struct, frozen=True):
    state: State


async def give_up_session(tx: Tx, tenant_id: str, session_id: str, now: datetime) -> State | None:
    """Give up a token that is too old, wipe it, and return the session's state; None when there was nothing to give up.

    A session whose exchange was asked for and never answered may have a group: it becomes ``unknown``, not ``expired``.
    """
    given_up = await tx.find(
        _GivenUp,
        "UPDATE validation_sessions SET byted_token = NULL, open_until = NULL, ended_at = :now,"
        " state = CASE WHEN state NOT IN ('open', 'passed') THEN state WHEN unanswered > 0 THEN 'unknown'"
        " ELSE 'expired' END"
        " WHERE id = :id AND tenant_id = :tenant_id AND open_until <= :now"
        " AND (claimed_until IS NULL OR claimed_until <= :now) RETURNING state",
        id=session_id,
        tenant_id=tenant_id,
        now=now,
    )
    return None if given_up is None else given_up.state


async def list_invited_sessions(tx: Tx, tenant_id: str, invitation_ids: Sequence[str]) -> list[ValidationSession]:
    """Return the sessions that were started for some invitations, the oldest first."""
    ids, params = in_list("id", invitation_ids)
    sql = f"{_SELECT} WHERE invitation_id IN {ids} AND tenant_id = :tenant_id"
    sessions = await tx.list(ValidationSession, sql, tenant_id=tenant_id, **params)
    return sorted(sessions, key=lambda session: session.created_at)


class _Closed(msgspec.Struct, frozen=True):
    id: str


async def mark_invited_sessions_closed(tx: Tx, tenant_id: str, invitation_id: str, now: datetime) -> list[str]:
    """Give up what is still open of an invitation, and return the ids of those that are expired now.

    What Ark is being asked about, or was asked about without an answer, is left alone: it may have a group.
    """
    await _lock_sessions(tx, invitation_id)
    idle = (
        "invitation_id = :invitation_id AND tenant_id = :tenant_id AND open_until IS NOT NULL AND unanswered = 0"
        " AND (claimed_until IS NULL OR claimed_until <= :now)"
    )
    params: dict[str, Param] = {"invitation_id": invitation_id, "tenant_id": tenant_id, "now": now}
    wipe = "UPDATE validation_sessions SET byted_token = NULL, open_until = NULL, ended_at = :now"
    expired = await tx.list(
        _Closed, f"{wipe}, state = 'expired' WHERE {idle} AND state IN ('open', 'passed') RETURNING id", **params
    )
    await tx.execute(f"{wipe} WHERE {idle} AND state = 'failed'", **params)
    return [closed.id for closed in expired]


async def _lock_sessions(tx: Tx, invitation_id: str) -> None:
    """Make other transactions about the same invitation wait for this one."""
    sql = "UPDATE validation_sessions SET claims = claims WHERE invitation_id = :invitation_id"
    await tx.execute(sql, invitation_id=invitation_id)
