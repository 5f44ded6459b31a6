"""A case and its SQL: a session whose group cannot be told without guessing. An operator decides."""

from datetime import datetime

import msgspec

from stagedoor.db.database import Tx
from stagedoor.db.rows import columns
from stagedoor.errors import NotFound


class Case(msgspec.Struct, frozen=True):
    """What is known of a session that may have a group: the groups it may be, and the sessions that may own them as well."""

    id: str
    tenant_id: str
    session_id: str
    channel_id: str
    project_name: str
    candidates: tuple[str, ...]
    rivals: tuple[str, ...]
    opened_at: datetime
    resolved_at: datetime | None
    group_id: str | None


_SELECT = f"SELECT {columns(Case)} FROM cases"


async def note_case(tx: Tx, case: Case) -> bool:
    """Write down a case, or bring what is known of it up to date; tell whether it is new."""
    changed = await tx.execute(
        "UPDATE cases SET candidates = :candidates, rivals = :rivals WHERE session_id = :session_id AND resolved_at IS NULL",
        session_id=case.session_id,
        candidates=case.candidates,
        rivals=case.rivals,
    )
    if changed:
        return False
    added = await tx.execute(
        f"INSERT INTO cases ({columns(Case)}) VALUES (:id, :tenant_id, :session_id, :channel_id, :project_name,"
        " :candidates, :rivals, :opened_at, NULL, NULL) ON CONFLICT DO NOTHING",
        id=case.id,
        tenant_id=case.tenant_id,
        session_id=case.session_id,
        channel_id=case.channel_id,
        project_name=case.project_name,
        candidates=case.candidates,
        rivals=case.rivals,
        opened_at=case.opened_at,
    )
    return added == 1


async def mark_case_resolved(tx: Tx, session_id: str, group_id: str | None, now: datetime) -> Case | None:
    """Note how a session ended; return its case, None when it was not left to an operator."""
    return await tx.find(
        Case,
        "UPDATE cases SET resolved_at = :now, group_id = :group_id"
        f" WHERE session_id = :session_id AND resolved_at IS NULL RETURNING {columns(Case)}",
        session_id=session_id,
        group_id=group_id,
        now=now,
    )


async def get_case(tx: Tx, case_id: str) -> Case:
    """Return a case.

    Raises:
        NotFound: there is none with this id.

    """
    case = await tx.find(Case, f"{_SELECT} WHERE id = :id", id=case_id)
    if case is None:
        raise NotFound(f"There is no case {case_id}.", field="case")
    return case


async def count_open_cases(tx: Tx, *, at_most: int) -> int:
    """Count the cases that wait for an operator, no further than to a number."""
    sql = "SELECT count(*) FROM (SELECT 1 FROM cases WHERE resolved_at IS NULL LIMIT :at_most) AS selected"
    return await tx.number(sql, at_most=at_most)


async def list_cases(tx: Tx, *, resolved: bool, at_most: int) -> list[Case]:
    """Return the cases that wait for an operator, the oldest first, or those that were decided, the latest first."""
    if resolved:
        sql = f"{_SELECT} WHERE resolved_at IS NOT NULL ORDER BY resolved_at DESC LIMIT :at_most"
    else:
        sql = f"{_SELECT} WHERE resolved_at IS NULL ORDER BY opened_at LIMIT :at_most"
    return await tx.list(Case, sql, at_most=at_most)
