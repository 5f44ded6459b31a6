"""An invitation, the consent that was given on it, and their SQL.

Whether an invitation is completed is not written down: it is, when one of its sessions has a group.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from stagedoor.contract.fields import Language
from stagedoor.contract.invitations import InvitationStatus
from stagedoor.db.database import Tx
from stagedoor.db.pages import Order, Place, Selection, count_query, page_query
from stagedoor.db.rows import columns, in_list
from stagedoor.errors import NotFound
from stagedoor.sealed import CONSENT_RECORD, INVITATION_DETAILS

EXPIRE = "invitation"
"""The kind of the job that says when an invitation's time is over; its key is the invitation's id."""

MOST_ATTEMPTS = 9


class Invitation(msgspec.Struct, frozen=True):
    """A link for one actor. Its code is found by a keyed hash; what its maker wrote is sealed."""

    id: str
    tenant_id: str
    code_hash: bytes
    model: str
    project_name: str | None
    details: bytes
    attempts: int
    created_at: datetime
    expires_at: datetime
    cancelled_at: datetime | None


class ListedInvitation(Invitation, frozen=True):
    """An invitation and its place in the list it was read for."""

    sort_value: int | str


class Details(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The code in the link, and what the invitation's maker wrote."""

    code: str
    name: str
    return_url: str | None = None
    language: Language | None = None
    purposes: list[str] | None = None
    intended_uses: list[str] | None = None
    metadata: dict[str, str] | None = None


class Consent(msgspec.Struct, frozen=True):
    """What an actor agreed to. The exact text and everything about the person is sealed in the record."""

    id: str
    tenant_id: str
    invitation_id: str
    receipt: str
    version: str
    language: Language
    text_sha256: bytes
    record: bytes
    user_agent_hash: bytes
    created_at: datetime
    withdrawn_at: datetime | None


class ConsentRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The evidence."""

    text: str
    decisions: list[tuple[str, bool]]
    intended_uses: list[str]
    who: str
    provider: str
    region: str
    method: str
    network: str | None = None
    """The address it came from without its last part, when that is a public one."""


def details_place(invitation_id: str) -> str:
    return INVITATION_DETAILS.place(invitation_id)


def record_place(consent_id: str) -> str:
    return CONSENT_RECORD.place(consent_id)


_SELECT = f"SELECT {columns(Invitation)} FROM invitations"


async def add_invitation(tx: Tx, tenant_id: str, invitation: Invitation) -> None:
    await tx.execute(
        f"INSERT INTO invitations ({columns(Invitation)}) VALUES (:id, :tenant_id, :code_hash, :model, :project_name,"
        " :details, :attempts, :created_at, :expires_at, :cancelled_at)",
        **{**msgspec.structs.asdict(invitation), "tenant_id": tenant_id},
    )


async def find_invitation(tx: Tx, tenant_id: str, invitation_id: str) -> Invitation | None:
    sql = f"{_SELECT} WHERE id = :id AND tenant_id = :tenant_id"
    return await tx.find(Invitation, sql, id=invitation_id, tenant_id=tenant_id)


async def get_invitation(tx: Tx, tenant_id: str, invitation_id: str) -> Invitation:
    """Return an invitation of the tenant.

    Raises:
        NotFound: the tenant has no such invitation; another tenant's looks the same.

    """
    invitation = await find_invitation(tx, tenant_id, invitation_id)
    if invitation is None:
        raise NotFound(f"The specified invitation {invitation_id} is not found.", field="invitation_id")
    return invitation


async def find_invitation_by_code(tx: Tx, code_hash: bytes) -> Invitation | None:
    """Return the invitation of a link; the browser that brings it belongs to no tenant."""
    return await tx.find(Invitation, f"{_SELECT} WHERE code_hash = :hash", hash=code_hash)


async def take_attempt(tx: Tx, tenant_id: str, invitation_id: str, now: datetime) -> bool:
    """Count a beginning face check, and tell whether the invitation allows one."""
    changed = await tx.execute(
        "UPDATE invitations SET attempts = attempts + 1 WHERE id = :id AND tenant_id = :tenant_id"
        " AND attempts < :most AND cancelled_at IS NULL AND expires_at > :now",
        id=invitation_id,
        tenant_id=tenant_id,
        most=MOST_ATTEMPTS,
        now=now,
    )
    return changed == 1


async def give_attempt_back(tx: Tx, tenant_id: str, invitation_id: str) -> None:
    sql = "UPDATE invitations SET attempts = attempts - 1 WHERE id = :id AND tenant_id = :tenant_id AND attempts > 0"
    await tx.execute(sql, id=invitation_id, tenant_id=tenant_id)


async def mark_cancelled(tx: Tx, tenant_id: str, invitation_id: str, now: datetime) -> bool:
    """Call an invitation back, and tell whether it was not before."""
    changed = await tx.execute(
        "UPDATE invitations SET cancelled_at = :now WHERE id = :id AND tenant_id = :tenant_id AND cancelled_at IS NULL",
        id=invitation_id,
        tenant_id=tenant_id,
        now=now,
    )
    return changed == 1


_PASSED = (
    "EXISTS (SELECT 1 FROM validation_sessions WHERE invitation_id = invitations.id AND state = 'exchanged'"
    " AND validation_sessions.tenant_id = invitations.tenant_id)"
)
STATUS: dict[InvitationStatus, tuple[str, ...]] = {
    "open": ("cancelled_at IS NULL", "expires_at > :now", f"NOT {_PASSED}"),
    "completed": (_PASSED,),
    "cancelled": ("cancelled_at IS NOT NULL", f"NOT {_PASSED}"),
    "expired": ("cancelled_at IS NULL", "expires_at <= :now", f"NOT {_PASSED}"),
}
"""The conditions of each status; ``:now`` is given when the list is read."""


async def list_invitations(
    tx: Tx, selection: Selection, order: Order, *, now: datetime, limit: int, offset: int, after: Place | None
) -> list[ListedInvitation]:
    sql, params = page_query(
        ListedInvitation, _at(selection, now), order, limit=limit, offset=offset, after=after, merges=tx.merges
    )
    return await tx.list(ListedInvitation, sql, **params)


async def count_invitations(tx: Tx, selection: Selection, *, now: datetime) -> int:
    sql, params = count_query(_at(selection, now))
    return await tx.number(sql, **params)


def _at(selection: Selection, now: datetime) -> Selection:
    # The moment is no part of what was asked for: a NextToken is good a second later, too.
    timed = any(":now" in condition for condition in selection.conditions)
    return msgspec.structs.replace(selection, params={**selection.params, "now": now}) if timed else selection


async def add_consent(tx: Tx, tenant_id: str, consent: Consent) -> None:
    await tx.execute(
        f"INSERT INTO consents ({columns(Consent)}) VALUES (:id, :tenant_id, :invitation_id, :receipt, :version,"
        " :language, :text_sha256, :record, :user_agent_hash, :created_at, :withdrawn_at)",
        **{**msgspec.structs.asdict(consent), "tenant_id": tenant_id},
    )


async def list_consents(tx: Tx, tenant_id: str, invitation_ids: Sequence[str]) -> list[Consent]:
    """Return what was agreed to on some invitations, the oldest first."""
    ids, params = in_list("id", invitation_ids)
    sql = f"SELECT {columns(Consent)} FROM consents WHERE invitation_id IN {ids} AND tenant_id = :tenant_id"
    consents = await tx.list(Consent, sql, tenant_id=tenant_id, **params)
    return sorted(consents, key=lambda consent: consent.created_at)


async def mark_withdrawn(tx: Tx, tenant_id: str, invitation_id: str, now: datetime) -> bool:
    """Take back everything that was agreed to on an invitation, and tell whether there was something."""
    changed = await tx.execute(
        "UPDATE consents SET withdrawn_at = :now"
        " WHERE invitation_id = :invitation_id AND tenant_id = :tenant_id AND withdrawn_at IS NULL",
        invitation_id=invitation_id,
        tenant_id=tenant_id,
        now=now,
    )
    return changed > 0
