"""An invitation as its maker sees it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET

from stagedoor.clock import to_iso
from stagedoor.contract import invitations as results
from stagedoor.contract.invitations import InvitationStatus
from stagedoor.errors import InvitationsUnavailable
from stagedoor.invitations.store import Consent, ConsentRecord, Details, Invitation, details_place, record_place
from stagedoor.invitations.texts import write_messages
from stagedoor.runtime import Runtime
from stagedoor.validation.store import ValidationSession


def public_link(rt: Runtime, code: str) -> str:
    """Return the link of a code.

    Raises:
        InvitationsUnavailable: nobody has said where browsers reach this gateway.

    """
    if not rt.settings.public_url:
        raise InvitationsUnavailable
    return f"{rt.settings.public_url.rstrip('/')}/i/{code}"


def open_details(rt: Runtime, invitation: Invitation) -> Details:
    sealed = rt.vault.open_bytes(details_place(invitation.id), invitation.details)
    return msgspec.json.decode(sealed, type=Details)


def open_record(rt: Runtime, consent: Consent) -> ConsentRecord:
    sealed = rt.vault.open_bytes(record_place(consent.id), consent.record)
    return msgspec.json.decode(sealed, type=ConsentRecord)


def passed_session(sessions: Sequence[ValidationSession]) -> ValidationSession | None:
    """Return the session that completed the invitation: the first that was given a group."""
    passed = [session for session in sessions if session.group_id is not None]
    return min(passed, key=lambda session: session.ended_at or session.created_at, default=None)


def status_of(invitation: Invitation, sessions: Sequence[ValidationSession], now: datetime) -> InvitationStatus:
    if passed_session(sessions) is not None:
        return "completed"
    if invitation.cancelled_at is not None:
        return "cancelled"
    return "expired" if now >= invitation.expires_at else "open"


def to_result(
    rt: Runtime,
    who: str,
    invitation: Invitation,
    sessions: Sequence[ValidationSession] = (),
    consents: Sequence[Consent] = (),
    **more: Any,
) -> results.Invitation:
    """Return an invitation as an answer shows it.

    Args:
        rt: the runtime.
        who: the tenant's name.
        invitation: what is shown.
        sessions: those that were started for it, the oldest first.
        consents: what was agreed to on it, the oldest first.
        more: further fields, and ``whole=True`` for the consent's exact text.

    """
    details, whole = open_details(rt, invitation), more.pop("whole", False)
    link = public_link(rt, details.code)
    passed = passed_session(sessions)
    counts = passed or (sessions[-1] if sessions else None)
    return results.Invitation(
        Id=invitation.id,
        Name=details.name,
        Status=status_of(invitation, sessions, rt.clock.now()),
        Link=link,
        QR=results.QRCode(SVG=f"{link}/qr.svg", PNG=f"{link}/qr.png"),
        Texts=write_messages(who, details.name, link, invitation.expires_at),
        ReturnURL=details.return_url or UNSET,
        Lng=details.language or UNSET,
        Purposes=details.purposes or UNSET,
        IntendedUses=details.intended_uses or UNSET,
        Metadata=details.metadata or UNSET,
        Attempts=invitation.attempts,
        SessionId=UNSET if counts is None else counts.id,
        GroupId=UNSET if passed is None else passed.group_id or UNSET,
        Consent=_consent(rt, consents[-1], whole=whole) if consents else UNSET,
        CreateTime=to_iso(invitation.created_at),
        ExpireTime=to_iso(invitation.expires_at),
        **more,
    )


def _consent(rt: Runtime, consent: Consent, *, whole: bool) -> results.ConsentGiven:
    shown = results.ConsentGiven(
        Id=consent.id,
        Receipt=consent.receipt,
        Version=consent.version,
        Language=consent.language,
        TextSHA256=consent.text_sha256.hex(),
        ConsentTime=to_iso(consent.created_at),
        WithdrawTime=UNSET if consent.withdrawn_at is None else to_iso(consent.withdrawn_at),
    )
    if not whole:
        return shown
    record = open_record(rt, consent)
    decisions = [results.Decision(Purpose=purpose, Granted=granted) for purpose, granted in record.decisions]
    return msgspec.structs.replace(shown, Purposes=decisions, Text=record.text)
