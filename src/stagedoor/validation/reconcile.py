"""Find the group of a session whose answer was lost: by looking for it at Ark, and never by guessing between two people."""

from datetime import datetime, timedelta
from functools import partial

import msgspec
import structlog

from stagedoor.cases.record import open_case
from stagedoor.cases.store import Case
from stagedoor.channels.book import ChannelBook
from stagedoor.clock import from_iso
from stagedoor.contract.operations import BY_ACTION
from stagedoor.db.database import Tx
from stagedoor.groups.store import find_group_owner
from stagedoor.jobs.runner import Again, Taken
from stagedoor.runtime import Runtime
from stagedoor.validation.bind import bind_group
from stagedoor.validation.store import ValidationSession, find_session, list_rivals

log = structlog.get_logger()

LIST = BY_ACTION["ListAssetGroups"]
PAGE_SIZE = 100
MOST_PAGES = 20
SLACK = timedelta(seconds=5)
"""By how much Ark's clock and ours may differ: its times are whole seconds."""
LOOK_AGAIN = timedelta(seconds=10)
LOOK_FOR = timedelta(seconds=60)
"""How long after the token's end a group may still turn up in the list."""


class Group(msgspec.Struct, frozen=True):
    """A group of a real person, as Ark lists it."""

    id: str
    created_at: datetime


async def reconcile_session(rt: Runtime, book: ChannelBook, taken: Taken) -> Again | None:
    """Bind the one group that can only be this session's, wait while that may become clear, or leave it to an operator."""
    tenant_id, session_id = taken.job.tenant_id or "", taken.job.key
    session = await rt.db.read(lambda tx: find_session(tx, tenant_id, session_id))
    if session is None or session.state != "unknown":
        return None
    window = _window(rt, session)
    listed = await list_groups_since(book, session, window[0])
    near = [group for group in listed if window[0] <= group.created_at <= window[1]]
    return await rt.db.write(partial(_decide, rt=rt, taken=taken, session=session, near=near))


def _window(rt: Runtime, session: ValidationSession) -> tuple[datetime, datetime]:
    """Return from when to when the session's group must have been made: Ark makes it at the moment the actor passes."""
    until = session.callback_at or session.ended_at or rt.clock.now()
    return session.created_at - SLACK, until + SLACK


async def list_groups_since(book: ChannelBook, session: ValidationSession, since: datetime) -> list[Group]:
    """Return the groups of real people in the session's project that Ark has made since then.

    Raises:
        StagedoorError: Ark could not be asked.

    """
    found: list[Group] = []
    for page in range(1, MOST_PAGES + 1):
        body = {
            "Filter": {"GroupType": "LivenessFace"},
            "SortBy": "CreateTime",
            "SortOrder": "Desc",
            "PageNumber": page,
            "PageSize": PAGE_SIZE,
            "ProjectName": session.project_name,
        }
        answer = await book.ask(session.channel_id, LIST, body, tenant_id=session.tenant_id)
        items = answer.get("Items")
        groups = [_read(item) for item in items] if isinstance(items, list) else []
        found += [group for group in groups if group is not None and group.created_at >= since]
        if len(groups) < PAGE_SIZE or any(group is not None and group.created_at < since for group in groups):
            break
    return found


def _read(item: object) -> Group | None:
    if not isinstance(item, dict):
        return None
    group_id, created = item.get("Id"), item.get("CreateTime")
    created_at = from_iso(created) if isinstance(created, str) else None
    return Group(group_id, created_at) if isinstance(group_id, str) and created_at is not None else None


async def _decide(tx: Tx, *, rt: Runtime, taken: Taken, session: ValidationSession, near: list[Group]) -> Again | None:
    now = rt.clock.now()
    candidates = [group for group in near if await find_group_owner(tx, group.id) is None]
    first = min((group.created_at for group in candidates), default=session.created_at)
    last = max((group.created_at for group in candidates), default=session.created_at)
    lifetime = timedelta(seconds=rt.settings.token_lifetime)
    rivals = await list_rivals(
        tx, session, born_after=first - lifetime - SLACK, born_before=last + SLACK, alive_at=first - SLACK
    )
    certain = len(candidates) == 1 and not rivals
    if certain and rt.settings.lost_answers == "reconcile":
        await taken.finish(tx)
        await bind_group(tx, rt, session, candidates[0].id, outcome="Reconciled")
        log.warning("exchange_reconciled", session_id=session.id, group_id=candidates[0].id)
        return None
    undecided = now < session.created_at + lifetime + LOOK_FOR
    if not certain and undecided and (not candidates or any(rival.open_until for rival in rivals)):
        # The group may not be in the list yet, or a rival's own exchange may show whose it is.
        return Again(now + LOOK_AGAIN)
    await taken.finish(tx)
    await open_case(
        tx,
        Case(
            id=rt.new_id("case"),
            tenant_id=session.tenant_id,
            session_id=session.id,
            channel_id=session.channel_id,
            project_name=session.project_name,
            candidates=tuple(group.id for group in candidates),
            rivals=tuple(rival.id for rival in rivals),
            opened_at=now,
            resolved_at=None,
            group_id=None,
        ),
        event_id=rt.new_id("evt"),
    )
    log.error("exchange_needs_an_operator", session_id=session.id, candidates=len(candidates), rivals=len(rivals))
    return None
