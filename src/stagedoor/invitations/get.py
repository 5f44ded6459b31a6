"""Looking at an invitation."""

from stagedoor.call import Call
from stagedoor.contract import invitations as contract
from stagedoor.db.database import Tx
from stagedoor.invitations.shown import to_result
from stagedoor.invitations.store import get_invitation, list_consents
from stagedoor.tenants.store import get_tenant
from stagedoor.validation.store import list_invited_sessions


async def answer_get_invitation(call: Call, request: contract.GetInvitation) -> contract.Invitation:
    """Answer with an invitation, and with what the actor agreed to, word by word."""
    return await call.rt.db.read(lambda tx: show_invitation(call, tx, request.Id))


async def show_invitation(call: Call, tx: Tx, invitation_id: str) -> contract.Invitation:
    """Return an invitation as it is on record.

    Raises:
        NotFound: the tenant has no such invitation.

    """
    invitation = await get_invitation(tx, call.tenant_id, invitation_id)
    tenant = await get_tenant(tx, call.tenant_id)
    sessions = await list_invited_sessions(tx, call.tenant_id, [invitation.id])
    consents = await list_consents(tx, call.tenant_id, [invitation.id])
    return to_result(call.rt, tenant.name, invitation, sessions, consents, whole=True)
