"""Listing invitations."""

from functools import partial

from stagedoor.call import Call
from stagedoor.contract import invitations as contract
from stagedoor.contract.paging import read_paging
from stagedoor.db.database import Tx
from stagedoor.db.pages import Order, Selection
from stagedoor.invitations.shown import to_result
from stagedoor.invitations.store import STATUS, ListedInvitation, count_invitations, list_consents, list_invitations
from stagedoor.listing import Listing, answer_page
from stagedoor.tenants.store import get_tenant
from stagedoor.validation.store import list_invited_sessions

DEEPEST = 10_000


async def answer_list_invitations(call: Call, request: contract.ListInvitations) -> contract.InvitationPage:
    """List the tenant's invitations by their age."""
    status = request.Filter.Status if request.Filter is not None else None
    selection = Selection("invitations", [{"tenant_id": call.tenant_id}], STATUS[status] if status else ())
    now = call.rt.clock.now()
    listing = Listing(
        selection,
        Order("created_at", descending=request.SortOrder != "Asc"),
        read_paging(request, deepest=DEEPEST),
        partial(list_invitations, now=now),
        partial(count_invitations, selection=selection, now=now),
        heavy=bool(selection.conditions),
    )
    rows, counters = await answer_page(call.rt.db, listing)
    items = await call.rt.db.read(lambda tx: _show(call, tx, rows)) if rows else []
    return contract.InvitationPage(Items=items, **counters)


async def _show(call: Call, tx: Tx, rows: list[ListedInvitation]) -> list[contract.Invitation]:
    tenant = await get_tenant(tx, call.tenant_id)
    ids = [row.id for row in rows]
    sessions = await list_invited_sessions(tx, call.tenant_id, ids)
    consents = await list_consents(tx, call.tenant_id, ids)
    return [
        to_result(
            call.rt,
            tenant.name,
            row,
            [session for session in sessions if session.invitation_id == row.id],
            [consent for consent in consents if consent.invitation_id == row.id],
        )
        for row in rows
    ]
