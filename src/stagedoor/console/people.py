"""People: invitations, the state of each while it changes, and what became of every face check as a timeline."""

from typing import NamedTuple

import msgspec

from stagedoor.audit.listing import open_entry, read_trail
from stagedoor.clock import to_iso
from stagedoor.console.browser import TEXT, Answer, see_other
from stagedoor.console.endpoint import Act, Page
from stagedoor.console.visit import Visit
from stagedoor.contract import invitations as contract
from stagedoor.errors import InvalidParameter, InvitationsUnavailable, NotFound
from stagedoor.invitations.cancel import answer_cancel_invitation
from stagedoor.invitations.create import create_invitation
from stagedoor.invitations.get import answer_get_invitation
from stagedoor.invitations.listing import answer_list_invitations
from stagedoor.invitations.qr import draw_svg
from stagedoor.invitations.store import MOST_ATTEMPTS
from stagedoor.invitations.visit import find_visit
from stagedoor.validation.store import ValidationSession, list_invited_sessions

AT_ONCE = 25
MOST_ENTRIES = 100
DAYS = {"1": 1, "7": 7, "30": 30, "90": 90}


class Step(NamedTuple):
    """Something that has happened on the way of a person."""

    at: str
    what: str
    is_bad: bool = False
    detail: str = ""


async def show_all(visit: Visit) -> Answer:
    tenant = await visit.tenant()
    after = visit.browser.query.get("after")
    wanted = contract.ListInvitations(MaxResults=AT_ONCE, NextToken=after or None)
    missing = not visit.rt.settings.public_url
    page = None if missing else await answer_list_invitations(visit.call(tenant), wanted)
    live = await visit.book.list_live()
    models = list(
        dict.fromkeys(model for one in live if one.channel.disabled_at is None for model in one.channel.models)
    )
    return visit.page(
        "people.html",
        tenant=tenant,
        invitations=[] if page is None else page.Items,
        following="" if page is None else page.NextToken or "",
        first=after,
        missing=missing,
        models=models,
        days=DAYS,
    )


async def invite(visit: Visit) -> Answer:
    tenant = await visit.tenant()
    lines = [line.strip() for line in visit.field("purposes").splitlines() if line.strip()]
    fields = {
        "model": visit.field("model"),
        "Name": visit.field("name"),
        "Lng": visit.field("language") or None,
        "ExpiresIn": DAYS.get(visit.field("days"), 7) * 86_400,
        "Purposes": lines or None,
    }
    try:
        wanted = msgspec.convert(fields, contract.CreateInvitation)
    except msgspec.ValidationError as error:
        raise InvalidParameter(f"This cannot be an invitation: {error}.", field="Name") from None
    made = await create_invitation(visit.call(tenant), wanted)
    return see_other(f"/console/tenants/{tenant.id}/people/{made.Id}")


async def show(visit: Visit) -> Answer:
    tenant, invitation = await visit.tenant(), await _invitation(visit)
    entries = await read_trail(visit.rt, tenant.id, 0, limit=MOST_ENTRIES, object_id=invitation.Id)
    sessions = await visit.rt.db.read(lambda tx: list_invited_sessions(tx, tenant.id, [invitation.Id]))
    steps = [Step(invitation.CreateTime, "invitation.created")]
    told = [open_entry(one) for one in entries.entries]
    steps += [Step(one["at"], one["action"]) for one in told if one["action"] == "invitation.cancelled"]
    # Of one second, the agreement comes first: no check begins without it.
    steps += _consent_steps(invitation)
    steps += [step for session in sessions for step in _session_steps(session)]
    return visit.page(
        "person.html",
        tenant=tenant,
        invitation=invitation,
        state=await _state(visit, invitation),
        most_attempts=MOST_ATTEMPTS,
        qr=draw_svg(invitation.Link).decode() if invitation.Status == "open" else "",
        steps=sorted(dict.fromkeys(steps), key=lambda step: step.at),
    )


async def show_state(visit: Visit) -> Answer:
    """Answer with the state in one word, for the page's script."""
    state = await _state(visit, await _invitation(visit))
    return Answer(state.encode(), content_type=TEXT)


async def cancel(visit: Visit) -> None:
    tenant = await visit.tenant()
    await answer_cancel_invitation(visit.call(tenant), contract.CancelInvitation(Id=visit.params["person"]))


async def _invitation(visit: Visit) -> contract.Invitation:
    """Return the invitation in the path.

    Raises:
        NotFound: the tenant has no such one.
        InvitationsUnavailable: links lead nowhere, so there are none.

    """
    if not visit.rt.settings.public_url:
        raise InvitationsUnavailable
    return await answer_get_invitation(
        visit.call(await visit.tenant()), contract.GetInvitation(Id=visit.params["person"])
    )


async def _state(visit: Visit, invitation: contract.Invitation) -> str:
    """Return how far the actor has come, as the actor's own page says it."""
    try:
        return (await find_visit(visit.rt, invitation.Link.rpartition("/")[2])).progress
    except NotFound:
        return invitation.Status


def _session_steps(session: ValidationSession) -> list[Step]:
    steps = [Step(to_iso(session.created_at), "session.started", detail=session.id)]
    if session.callback_at is not None:
        steps.append(Step(to_iso(session.callback_at), "callback.taken", detail=session.callback_code or ""))
    if session.ended_at is not None:
        bad = session.state in {"failed", "expired", "unknown"}
        steps.append(
            Step(to_iso(session.ended_at), f"session.{session.state}", bad, session.group_id or session.outcome or "")
        )
    return steps


def _consent_steps(invitation: contract.Invitation) -> list[Step]:
    consent = invitation.Consent
    if not consent:
        return []
    steps = [Step(consent.ConsentTime, "consent.given", detail=consent.Receipt)]
    if consent.WithdrawTime:
        steps.append(Step(consent.WithdrawTime, "consent.withdrawn", is_bad=True))
    return steps


PAGES = [
    Page("/console/tenants/{tenant}/people", show_all, {"invite": Act(invite)}),
    Page("/console/tenants/{tenant}/people/{person}", show, {"cancel": Act(cancel)}),
    Page("/console/tenants/{tenant}/people/{person}/state", show_state, by_itself=True),
]
