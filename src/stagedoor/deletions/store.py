"""A deletion that an actor has asked for by taking the consent back, its steps, and their SQL."""

from datetime import datetime

import msgspec

from stagedoor.db.database import Tx
from stagedoor.db.rows import columns
from stagedoor.errors import NotFound

ERASE = "erase"
"""The kind of the job that deletes a group whose consent was taken back; its key is the group's id."""


class Deletion(msgspec.Struct, frozen=True):
    """A group that has to go, with everything in it. It is proved when Ark has said that the group is not there."""

    group_id: str
    tenant_id: str
    channel_id: str
    project_name: str
    consent_id: str
    invitation_id: str
    withdrawn_at: datetime
    overdue_at: datetime | None = None
    proved_at: datetime | None = None
    proof: bytes | None = None


class Step(msgspec.Struct, frozen=True):
    """A question that was put to Ark on the way, and what it answered."""

    group_id: str
    action: str
    object_id: str
    answer: str
    request_id: str
    at: datetime


async def add_deletion(tx: Tx, tenant_id: str, deletion: Deletion) -> bool:
    """Owe a deletion, and tell whether it was not owed before."""
    added = await tx.execute(
        f"INSERT INTO deletions ({columns(Deletion)}) VALUES (:group_id, :tenant_id, :channel_id, :project_name,"
        " :consent_id, :invitation_id, :withdrawn_at, :overdue_at, :proved_at, :proof) ON CONFLICT (group_id) DO NOTHING",
        **{**msgspec.structs.asdict(deletion), "tenant_id": tenant_id},
    )
    return added == 1


async def drop_proved_deletion(tx: Tx, group_id: str) -> None:
    """Make room for another deletion of a group; what was proved stays in the audit trail."""
    dropped = await tx.execute(
        "DELETE FROM deletions WHERE group_id = :group_id AND proved_at IS NOT NULL", group_id=group_id
    )
    if dropped:
        await tx.execute("DELETE FROM deletion_steps WHERE group_id = :group_id", group_id=group_id)


async def find_deletion(tx: Tx, tenant_id: str, group_id: str) -> Deletion | None:
    sql = f"SELECT {columns(Deletion)} FROM deletions WHERE group_id = :group_id AND tenant_id = :tenant_id"
    return await tx.find(Deletion, sql, group_id=group_id, tenant_id=tenant_id)


async def get_deletion(tx: Tx, tenant_id: str, group_id: str) -> Deletion:
    """Return the deletion of a group of the tenant.

    Raises:
        NotFound: nobody has asked for it; another tenant's looks the same.

    """
    deletion = await find_deletion(tx, tenant_id, group_id)
    if deletion is None:
        raise NotFound(f"No actor has asked for the deletion of {group_id}.", field="group_id")
    return deletion


async def list_deletions(tx: Tx, tenant_id: str, *, at_most: int) -> list[Deletion]:
    """Return the deletions of a tenant, the latest first."""
    return await tx.list(
        Deletion,
        f"SELECT {columns(Deletion)} FROM deletions WHERE tenant_id = :tenant_id ORDER BY withdrawn_at DESC LIMIT :at_most",
        tenant_id=tenant_id,
        at_most=at_most,
    )


async def mark_overdue(tx: Tx, tenant_id: str, group_id: str, now: datetime) -> bool:
    """Write down that a deletion takes too long, and tell whether that was not known."""
    changed = await tx.execute(
        "UPDATE deletions SET overdue_at = :now WHERE group_id = :group_id AND tenant_id = :tenant_id"
        " AND overdue_at IS NULL AND proved_at IS NULL",
        now=now,
        group_id=group_id,
        tenant_id=tenant_id,
    )
    return changed == 1


async def mark_proved(tx: Tx, tenant_id: str, group_id: str, proof: bytes, now: datetime) -> None:
    await tx.execute(
        "UPDATE deletions SET proved_at = :now, proof = :proof WHERE group_id = :group_id AND tenant_id = :tenant_id",
        now=now,
        proof=proof,
        group_id=group_id,
        tenant_id=tenant_id,
    )


async def add_step(tx: Tx, step: Step) -> None:
    """Write a step down; when it had to be repeated, the last answer counts."""
    await tx.execute(
        f"INSERT INTO deletion_steps ({columns(Step)}) VALUES (:group_id, :action, :object_id, :answer, :request_id, :at)"
        " ON CONFLICT (group_id, action, object_id) DO UPDATE SET answer = excluded.answer,"
        " request_id = excluded.request_id, at = excluded.at",
        **msgspec.structs.asdict(step),
    )


async def list_steps(tx: Tx, group_id: str) -> list[Step]:
    """Return every step of a deletion, in their order."""
    steps = await tx.list(
        Step, f"SELECT {columns(Step)} FROM deletion_steps WHERE group_id = :group_id", group_id=group_id
    )
    return sorted(steps, key=lambda step: (step.at, step.action, step.object_id))
