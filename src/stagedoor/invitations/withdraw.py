"""Taking a consent back."""

from stagedoor.db.database import Tx
from stagedoor.events.store import emit
from stagedoor.invitations.cancel import cancel_invitation
from stagedoor.invitations.shown import passed_session
from stagedoor.invitations.store import mark_withdrawn
from stagedoor.invitations.visit import Visit
from stagedoor.runtime import Runtime
from stagedoor.validation.store import list_invited_sessions


async def withdraw_consent(rt: Runtime, visit: Visit) -> None:
    """Note that the actor has taken the consent back, tell the customer, and close what is still open. Safe to repeat."""
    tenant_id, invitation_id, consent = visit.tenant.id, visit.invitation.id, visit.consent
    if consent is None:
        return

    async def work(tx: Tx) -> None:
        now = rt.clock.now()
        if not await mark_withdrawn(tx, tenant_id, invitation_id, now):
            return
        passed = passed_session(await list_invited_sessions(tx, tenant_id, [invitation_id]))
        data = {"invitation_id": invitation_id}
        if passed is None or passed.group_id is None:
            await cancel_invitation(tx, rt, tenant_id, invitation_id, "ConsentWithdrawn")
        else:
            data["group_id"] = passed.group_id
        await emit(tx, tenant_id, "consent.withdrawn", consent.id, data, event_id=rt.new_id("evt"), now=now)

    await rt.db.write(work)
