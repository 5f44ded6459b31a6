"""What a browser finds behind a link: the invitation, and how far its actor has come."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from stagedoor.db.database import Tx
from stagedoor.errors import NotFound
from stagedoor.invitations.shown import open_details, passed_session
from stagedoor.invitations.store import (
    MOST_ATTEMPTS,
    Consent,
    Details,
    Invitation,
    find_invitation_by_code,
    get_invitation,
    list_consents,
)
from stagedoor.runtime import Runtime
from stagedoor.settings import Settings
from stagedoor.tenants.store import Tenant, get_tenant
from stagedoor.validation.store import ValidationSession, list_invited_sessions

Progress = Literal[
    "new", "running", "checking", "done", "failed", "late", "exhausted", "cancelled", "expired", "withdrawn"
]
MAY_START = frozenset({"new", "running", "failed", "late"})
"""How far one may be and still tap."""
WAITING = frozenset({"running", "checking"})

NOBODY = "This link does not belong to an invitation."


class Visit(msgspec.Struct, frozen=True):
    """An invitation and everything that its pages show."""

    invitation: Invitation
    details: Details
    tenant: Tenant
    sessions: Sequence[ValidationSession]
    consent: Consent | None
    """The last one, withdrawn or not."""
    progress: Progress

    @property
    def attempts_left(self) -> int:
        return max(0, MOST_ATTEMPTS - self.invitation.attempts)


async def find_visit(rt: Runtime, code: str) -> Visit:
    """Return what is behind a code. Looking changes nothing.

    Raises:
        NotFound: no invitation has this code.

    """
    code_hash = rt.vault.hash("invitation_code", code)

    async def work(tx: Tx) -> Visit:
        invitation = await find_invitation_by_code(tx, code_hash)
        if invitation is None:
            raise NotFound(NOBODY, field="invitation")
        return await _visit(rt, tx, invitation)

    return await rt.db.read(work)


async def _visit(rt: Runtime, tx: Tx, invitation: Invitation) -> Visit:
    tenant_id = invitation.tenant_id
    sessions = await list_invited_sessions(tx, tenant_id, [invitation.id])
    consents = await list_consents(tx, tenant_id, [invitation.id])
    consent = consents[-1] if consents else None
    progress = _progress(rt.settings, invitation, sessions, consent, rt.clock.now())
    tenant = await get_tenant(tx, tenant_id)
    return Visit(invitation, open_details(rt, invitation), tenant, sessions, consent, progress)


def _progress(
    settings: Settings,
    invitation: Invitation,
    sessions: Sequence[ValidationSession],
    consent: Consent | None,
    now: datetime,
) -> Progress:
    if consent is not None and consent.withdrawn_at is not None:
        return "withdrawn"
    if passed_session(sessions) is not None:
        return "done"
    if invitation.cancelled_at is not None:
        return "cancelled"
    if any(_is_being_checked(session, now) for session in sessions):
        return "checking"
    last = sessions[-1] if sessions else None
    if last is not None and last.state == "open" and now < last.created_at + timedelta(seconds=settings.link_window):
        return "running"
    if now >= invitation.expires_at:
        return "expired"
    if invitation.attempts >= MOST_ATTEMPTS:
        return "exhausted"
    if last is None:
        return "new"
    return "failed" if last.state == "failed" else "late"


def _is_being_checked(session: ValidationSession, now: datetime) -> bool:
    """Tell whether a passed check's group is on its way, or being looked for."""
    return session.state in {"passed", "unknown"} or session.is_exchanging(now)


async def result_address(rt: Runtime, tenant_id: str, invitation_id: str) -> str:
    """Return the page that says what became of an invitation.

    Raises:
        NotFound: the invitation is gone.

    """
    invitation = await rt.db.read(lambda tx: get_invitation(tx, tenant_id, invitation_id))
    return f"/r/{open_details(rt, invitation).code}"
