"""Pursue a session to its end, whoever began its exchange and whatever became of that process.

Every session has a job from its start until it has ended. The job asks where nobody else does: at once when the callback says
that the actor passed; again, with pauses, after trouble that passes; when the lease of a process that died is over; once more
before the token is given up. Then it gives the token up.
"""

from datetime import timedelta

from stagedoor.channels.book import ChannelBook
from stagedoor.db.database import Tx
from stagedoor.errors import BytedTokenExpired, StagedoorError
from stagedoor.events.store import emit
from stagedoor.jobs.runner import Again, Taken
from stagedoor.jobs.store import add_job
from stagedoor.runtime import Runtime
from stagedoor.validation.exchange import exchange_session
from stagedoor.validation.store import RECONCILE, ValidationSession, find_session, give_up_session
from stagedoor.validation.timing import MARGIN, when_to_ask

QUICK = timedelta(minutes=2)
LONGEST_QUICK_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(seconds=30)


async def pursue_session(rt: Runtime, book: ChannelBook, taken: Taken) -> Again | None:
    """Do what the session needs now, and say when it needs something again."""
    session = await _find(rt, taken)
    if session is None or session.open_until is None:
        return None
    now = rt.clock.now()
    if session.claimed_until is not None and now < session.claimed_until:
        return Again(session.claimed_until)
    if now >= session.open_until:
        await _give_up(rt, taken, session)
        return None
    if (ask_at := when_to_ask(rt.settings, session)) > now:
        return Again(ask_at)
    if now > session.open_until - MARGIN:
        return Again(session.open_until)
    return await _ask(rt, book, taken, session)


async def _find(rt: Runtime, taken: Taken) -> ValidationSession | None:
    tenant_id, session_id = taken.job.tenant_id or "", taken.job.key
    return await rt.db.read(lambda tx: find_session(tx, tenant_id, session_id))


async def _give_up(rt: Runtime, taken: Taken, session: ValidationSession) -> None:
    now = rt.clock.now()

    async def work(tx: Tx) -> None:
        await taken.finish(tx)
        state = await give_up_session(tx, session.tenant_id, session.id, now)
        if state in {"expired", "unknown"} and state != session.state:
            data = {"reason": BytedTokenExpired.code} if state == "expired" else {}
            event_id = rt.new_id("evt")
            await emit(tx, session.tenant_id, f"session.{state}", session.id, data, event_id=event_id, now=now)
        if state == "unknown":
            await add_job(tx, session.tenant_id, RECONCILE, session.id, now=now, due_at=now)

    await rt.db.write(work)


async def _ask(rt: Runtime, book: ChannelBook, taken: Taken, session: ValidationSession) -> Again | None:
    try:
        await exchange_session(rt, book, session)
    except StagedoorError as error:
        code, wanted = error.full_code, error.retry_after or timedelta()
    else:
        return None
    after = await _find(rt, taken)
    if after is None or after.open_until is None:
        return None
    now = rt.clock.now()
    longest = LONGEST_QUICK_PAUSE if now - session.created_at < QUICK else LONGEST_PAUSE
    at = now + max(min(timedelta(seconds=2.0 ** min(taken.job.failures, 10)), longest), wanted)
    last_chance = after.open_until - MARGIN
    return Again(last_chance if now < last_chance < at else at, code)
