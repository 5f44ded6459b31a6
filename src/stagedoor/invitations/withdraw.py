"""Taking a consent back."""

from datetime import timedelta

from stagedoor.audit.store import ACTOR, record
from stagedoor.db.database import Tx
from stagedoor.deletions.store import Deletion
from stagedoor.deletions.withdraw import withdraw_group
from stagedoor.events.store import emit
from stagedoor.invitations.cancel import cancel_invitation
from stagedoor.invitations.store import Consent, list_consents, mark_withdrawn
from stagedoor.invitations.visit import Visit
from stagedoor.jobs.runner import Again, Taken
from stagedoor.jobs.store import add_job
from stagedoor.runtime import Runtime
from stagedoor.validation.store import WITHDRAWAL, ValidationSession, list_invited_sessions

LOOK_AGAIN = timedelta(seconds=10)


async def withdraw_consent(rt: Runtime, visit: Visit) -> None:
    """Take the consent back: nothing of the actor is used any more, everything is deleted, the customer is told. Safe to repeat."""
    tenant_id, invitation_id, consent = visit.tenant.id, visit.invitation.id, visit.consent
    if consent is None:
        return

    async def work(tx: Tx) -> None:
        now = rt.clock.now()
        if not await mark_withdrawn(tx, tenant_id, invitation_id, now):
            return
        data = {"invitation_id": invitation_id}
        groups = await _withdraw_groups(tx, rt, consent)
        if groups:
            data["group_id"] = groups[-1]
        else:
            await cancel_invitation(tx, rt, tenant_id, invitation_id, "ConsentWithdrawn", by=ACTOR)
        # An exchange that is under way may bring a group yet.
        await add_job(tx, tenant_id, WITHDRAWAL, invitation_id, now=now, due_at=now)
        await record(tx, tenant_id, ACTOR, "consent.withdrawn", consent.id, data, now=now)
        await emit(tx, tenant_id, "consent.withdrawn", consent.id, data, event_id=rt.new_id("evt"), now=now)

    await rt.db.write(work)


async def follow_withdrawal(rt: Runtime, taken: Taken) -> Again | None:
    """Delete the groups that came after the consent was taken back, until no session of the invitation can bring one."""
    tenant_id, invitation_id = taken.job.tenant_id or "", taken.job.key

    async def work(tx: Tx) -> bool:
        consents = await list_consents(tx, tenant_id, [invitation_id])
        if consents:
            await _withdraw_groups(tx, rt, consents[-1])
        sessions = await list_invited_sessions(tx, tenant_id, [invitation_id])
        if any(_may_bring_a_group(session) for session in sessions):
            return False
        await taken.finish(tx)
        return True

    return None if await rt.db.write(work) else Again(rt.clock.now() + LOOK_AGAIN)


def _may_bring_a_group(session: ValidationSession) -> bool:
    return session.group_id is None and (session.open_until is not None or session.state == "unknown")


async def _withdraw_groups(tx: Tx, rt: Runtime, consent: Consent) -> list[str]:
    """Close every group that the invitation has brought, and return them."""
    sessions = await list_invited_sessions(tx, consent.tenant_id, [consent.invitation_id])
    for session in sessions:
        if session.group_id is not None:
            await withdraw_group(tx, _deletion(rt, consent, session, session.group_id))
    return [session.group_id for session in sessions if session.group_id is not None]


def _deletion(rt: Runtime, consent: Consent, session: ValidationSession, group_id: str) -> Deletion:
    return Deletion(
        group_id=group_id,
        tenant_id=consent.tenant_id,
        channel_id=session.channel_id,
        project_name=session.project_name,
        consent_id=consent.id,
        invitation_id=consent.invitation_id,
        withdrawn_at=rt.clock.now(),
    )
