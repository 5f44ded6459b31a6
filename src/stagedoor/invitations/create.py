"""Inviting an actor."""

from datetime import timedelta

import msgspec

from stagedoor.audit.store import record
from stagedoor.call import Call
from stagedoor.contract import invitations as contract
from stagedoor.db.database import Tx
from stagedoor.errors import InvalidParameter
from stagedoor.events.store import emit
from stagedoor.ids import random_base62
from stagedoor.invitations.shown import public_link, to_result
from stagedoor.invitations.signing import signing_secret
from stagedoor.invitations.store import EXPIRE, Details, Invitation, add_invitation, details_place
from stagedoor.jobs.store import add_job
from stagedoor.tenants.store import Tenant, get_tenant
from stagedoor.validation.start import check_callback_url

CODE_LENGTH = 22
"""Characters of base62: 131 bits."""


async def create_invitation(call: Call, request: contract.CreateInvitation) -> contract.Invitation:
    """Make a link for one actor; Ark is not asked before the actor taps."""
    rt = call.rt
    _check_words(request)
    if request.ReturnURL is not None:
        check_callback_url(request.ReturnURL, "ReturnURL")
    # Only a look: the channel is chosen when the actor taps.
    channel = await call.choose_channel(request.model, seed="")
    if request.ProjectName is not None:
        call.choose_project(channel, request.ProjectName)
    invitation = _invitation(call, request)

    async def work(tx: Tx) -> Tenant:
        await add_invitation(tx, call.tenant_id, invitation)
        now, due_at = invitation.created_at, invitation.expires_at
        await add_job(tx, call.tenant_id, EXPIRE, invitation.id, now=now, due_at=due_at)
        await record(tx, call.tenant_id, call.by, "invitation.created", invitation.id, now=now)
        await emit(tx, call.tenant_id, "invitation.created", invitation.id, {}, event_id=rt.new_id("evt"), now=now)
        return await get_tenant(tx, call.tenant_id)

    tenant = await rt.db.write(work)
    return to_result(rt, tenant.name, invitation, SigningSecret=signing_secret(rt, call.tenant_id))


def _invitation(call: Call, request: contract.CreateInvitation) -> Invitation:
    rt, now, invitation_id = call.rt, call.rt.clock.now(), call.rt.new_id("inv")
    code = random_base62(CODE_LENGTH)
    public_link(rt, code)
    details = Details(
        code=code,
        name=request.Name,
        return_url=request.ReturnURL,
        language=request.Lng,
        purposes=request.Purposes,
        intended_uses=request.IntendedUses,
        metadata=request.Metadata,
    )
    return Invitation(
        id=invitation_id,
        tenant_id=call.tenant_id,
        code_hash=rt.vault.hash("invitation_code", code),
        model=request.model,
        project_name=request.ProjectName,
        details=rt.vault.seal(details_place(invitation_id), msgspec.json.encode(details)),
        attempts=0,
        created_at=now,
        expires_at=now + timedelta(seconds=request.ExpiresIn or contract.DEFAULT_EXPIRES_IN),
        cancelled_at=None,
    )


def _check_words(request: contract.CreateInvitation) -> None:
    """Refuse what an actor could not read, or could read as a line of ours.

    Raises:
        InvalidParameter: a text is blank or has a line break or another control character.

    """
    for field, lines in (
        ("Name", [request.Name]),
        ("Purposes", request.Purposes or ()),
        ("IntendedUses", request.IntendedUses or ()),
    ):
        for line in lines:
            if not line.strip() or not line.replace("\u3000", " ").isprintable():
                raise InvalidParameter(
                    f"{field} must be one line of visible text, without control characters.", field=field
                )
