"""Opening and closing a case, and telling operators of it in the same transaction."""

from datetime import datetime

from stagedoor.cases.store import Case, mark_case_resolved, note_case
from stagedoor.db.database import Tx
from stagedoor.events.catalogue import OPERATOR
from stagedoor.events.store import emit


async def open_case(tx: Tx, case: Case, *, event_id: str) -> None:
    """Leave a session to an operator; what is known of one that was left before is brought up to date."""
    if await note_case(tx, case):
        data = {"tenant_id": case.tenant_id, "session_id": case.session_id, "channel_id": case.channel_id}
        await emit(tx, OPERATOR, "case.opened", case.id, data, event_id=event_id, now=case.opened_at)


async def close_case(tx: Tx, session_id: str, group_id: str | None, *, event_id: str, now: datetime) -> None:
    """Note how a session ended, if it was left to an operator."""
    case = await mark_case_resolved(tx, session_id, group_id, now)
    if case is not None:
        data = {"tenant_id": case.tenant_id, "session_id": session_id}
        if group_id is not None:
            data["group_id"] = group_id
        await emit(tx, OPERATOR, "case.resolved", case.id, data, event_id=event_id, now=now)
