"""Binding a group to the session that earned it, in one transaction."""

from stagedoor import metrics
from stagedoor.audit.store import GATEWAY, record
from stagedoor.cases.record import close_case
from stagedoor.db.database import Tx
from stagedoor.errors import BytedTokenExpired
from stagedoor.events.store import emit
from stagedoor.groups.store import AssetGroup, add_group, find_group_owner
from stagedoor.jobs.store import add_job, drop_job, has_job
from stagedoor.runtime import Runtime
from stagedoor.validation.store import (
    EXCHANGE,
    RECONCILE,
    WITHDRAWAL,
    ValidationSession,
    list_invited_sessions,
    mark_exchanged,
    mark_invited_sessions_closed,
)


async def bind_group(
    tx: Tx, rt: Runtime, session: ValidationSession, group_id: str, *, outcome: str | None = None, by: str = GATEWAY
) -> bool:
    """Write down group and session together, and owe nothing more; False when the group belongs to another tenant.

    Args:
        tx: the transaction.
        rt: the runtime.
        session: the session, in whatever state; one that has a group keeps it.
        group_id: what Ark gave.
        outcome: how it was found, when not by asking for it.
        by: who has decided that it is this one; the gateway, when nobody had to.

    Raises:
        AlreadyThere: another transaction is writing this group at this moment; once more, and it is there.

    """
    owner = await find_group_owner(tx, group_id)
    if owner not in {None, session.tenant_id}:
        return False
    now = rt.clock.now()
    if not await mark_exchanged(tx, session.tenant_id, session.id, group_id, now, outcome=outcome):
        # It has its group. An answer that names another one comes too late to be anybody's.
        return True
    if session.callback_at is not None:
        tx.then(metrics.group_came((now - session.callback_at).total_seconds()))
    if owner is None:
        await add_group(tx, session.tenant_id, _group(rt, session, group_id))
    await drop_job(tx, EXCHANGE, session.id)
    await drop_job(tx, RECONCILE, session.id)
    await close_case(tx, session.id, group_id, event_id=rt.new_id("evt"), now=now)
    tenant_id = session.tenant_id
    details = {"session_id": session.id}
    if outcome is None:
        await record(tx, tenant_id, by, "group.bound", group_id, details, now=now)
    else:
        await record(tx, tenant_id, by, "group.reconciled", group_id, {**details, "how": outcome}, now=now)
    if owner is None:
        data = {"group_type": "LivenessFace"}
        await emit(tx, tenant_id, "group.created", group_id, data, event_id=rt.new_id("evt"), now=now)
    name = "session.exchanged" if outcome is None else "session.reconciled"
    await emit(tx, tenant_id, name, session.id, {"group_id": group_id}, event_id=rt.new_id("evt"), now=now)
    if session.invitation_id is not None:
        await _complete_invitation(tx, rt, session, session.invitation_id, group_id)
    return True


async def _complete_invitation(
    tx: Tx, rt: Runtime, session: ValidationSession, invitation_id: str, group_id: str
) -> None:
    """Close the invitation's other sessions, and say that it is completed, once."""
    tenant_id, now = session.tenant_id, rt.clock.now()
    if await has_job(tx, WITHDRAWAL, invitation_id):
        await add_job(tx, tenant_id, WITHDRAWAL, invitation_id, now=now, due_at=now)
    await close_invited_sessions(tx, rt, tenant_id, invitation_id)
    sessions = await list_invited_sessions(tx, tenant_id, [invitation_id])
    if any(other.group_id is not None for other in sessions if other.id != session.id):
        return
    data = {"group_id": group_id, "session_id": session.id}
    await emit(tx, tenant_id, "invitation.completed", invitation_id, data, event_id=rt.new_id("evt"), now=now)


async def close_invited_sessions(tx: Tx, rt: Runtime, tenant_id: str, invitation_id: str) -> None:
    """Give up the sessions of an invitation that nobody waits for any more."""
    now = rt.clock.now()
    for session_id in await mark_invited_sessions_closed(tx, tenant_id, invitation_id, now):
        await drop_job(tx, EXCHANGE, session_id)
        data = {"reason": BytedTokenExpired.code}
        await emit(tx, tenant_id, "session.expired", session_id, data, event_id=rt.new_id("evt"), now=now)


def _group(rt: Runtime, session: ValidationSession, group_id: str) -> AssetGroup:
    now = rt.clock.now()
    return AssetGroup(
        id=group_id,
        tenant_id=session.tenant_id,
        channel_id=session.channel_id,
        group_type="LivenessFace",
        name="",
        name_folded="",
        description="",
        project_name=session.project_name,
        created_at=now,
        updated_at=now,
    )
