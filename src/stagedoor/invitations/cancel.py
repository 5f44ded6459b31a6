"""The ends of an invitation that nobody has used: called back by its maker, or too old."""

from datetime import datetime

from stagedoor.audit.store import record
from stagedoor.call import Call
from stagedoor.contract import invitations as contract
from stagedoor.db.database import Tx
from stagedoor.errors import Conflict
from stagedoor.events.store import emit
from stagedoor.invitations.get import show_invitation
from stagedoor.invitations.shown import passed_session
from stagedoor.invitations.store import EXPIRE, find_invitation, get_invitation, mark_cancelled
from stagedoor.jobs.runner import Again, Taken
from stagedoor.jobs.store import drop_job
from stagedoor.runtime import Runtime
from stagedoor.validation.bind import close_invited_sessions
from stagedoor.validation.store import list_invited_sessions


async def answer_cancel_invitation(call: Call, request: contract.CancelInvitation) -> contract.Invitation:
    """Call an invitation back: its link leads nowhere any more, and a running face check is given up. Safe to repeat.

    Raises:
        Conflict: the actor has passed already.

    """
    invitation_id, tenant_id = request.Id or "", call.tenant_id

    async def work(tx: Tx) -> contract.Invitation:
        await get_invitation(tx, tenant_id, invitation_id)
        if passed_session(await list_invited_sessions(tx, tenant_id, [invitation_id])) is not None:
            raise Conflict("The invitation is completed and cannot be called back.", field="Status")
        await cancel_invitation(tx, call.rt, tenant_id, invitation_id, "Cancelled", by=call.by)
        return await show_invitation(call, tx, invitation_id)

    return await call.rt.db.write(work)


async def cancel_invitation(tx: Tx, rt: Runtime, tenant_id: str, invitation_id: str, reason: str, *, by: str) -> None:
    """Close an invitation and what was started for it, and say so once."""
    now = rt.clock.now()
    await close_invited_sessions(tx, rt, tenant_id, invitation_id)
    if await mark_cancelled(tx, tenant_id, invitation_id, now):
        await drop_job(tx, EXPIRE, invitation_id)
        data = {"reason": reason}
        await record(tx, tenant_id, by, "invitation.cancelled", invitation_id, data, now=now)
        await emit(tx, tenant_id, "invitation.cancelled", invitation_id, data, event_id=rt.new_id("evt"), now=now)


async def expire_invitation(rt: Runtime, taken: Taken) -> Again | None:
    """Say that an invitation's time is over, unless it was used or called back."""
    tenant_id, invitation_id = taken.job.tenant_id or "", taken.job.key

    async def work(tx: Tx) -> datetime | None:
        now = rt.clock.now()
        invitation = await find_invitation(tx, tenant_id, invitation_id)
        if invitation is not None and now < invitation.expires_at:
            return invitation.expires_at
        await taken.finish(tx)
        if invitation is None or invitation.cancelled_at is not None:
            return None
        if passed_session(await list_invited_sessions(tx, tenant_id, [invitation_id])) is None:
            await emit(tx, tenant_id, "invitation.expired", invitation_id, {}, event_id=rt.new_id("evt"), now=now)
        return None

    early = await rt.db.write(work)
    return None if early is None else Again(early)
