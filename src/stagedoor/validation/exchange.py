"""⑫ Exchange a BytedToken for the group it earned.

Already exchanged? Answer from our record, for ever. In flight? Wait for that one. Otherwise claim, ask, look again,
write the group and the session in one transaction. No transaction is open while Ark is asked.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import structlog

from stagedoor import metrics, traces
from stagedoor.call import Call
from stagedoor.channels.book import ChannelBook
from stagedoor.contract import requests, results
from stagedoor.contract.operations import BY_ACTION
from stagedoor.crash import crash_point
from stagedoor.db.database import AlreadyThere, Tx
from stagedoor.errors import (
    BytedTokenExpired,
    BytedTokenRefused,
    DatabaseUnavailable,
    ExchangeError,
    ExchangeInProgress,
    ExchangeUnknown,
    StagedoorError,
    ValidateFailed,
    by_code,
    may_have_been_sent,
)
from stagedoor.events.store import emit
from stagedoor.jobs.runner import LEASE
from stagedoor.jobs.store import add_job, drop_job
from stagedoor.runtime import Runtime
from stagedoor.validation.bind import bind_group
from stagedoor.validation.store import (
    EXCHANGE,
    RECONCILE,
    State,
    ValidationSession,
    claim_exchange,
    exchanged_group,
    find_exchange,
    get_session,
    get_session_by_token,
    keep_exchange,
    mark_ended,
    release_exchange,
    token_place,
)
from stagedoor.validation.timing import check_time, when_to_ask

log = structlog.get_logger()

QUERY = BY_ACTION["GetVisualValidateResult"]
FIRST_POLL, LAST_POLL = 0.05, 0.25
SOON = timedelta(seconds=1)
GRACE = timedelta(seconds=10)
"""So long after a callback that says passed, a refusal of the token is not believed."""


async def exchange_token(call: Call, request: requests.GetVisualValidateResult) -> results.ExchangedGroup:
    """Turn a BytedToken into the group it earned. Safe to repeat, for ever and by any number of callers at once."""
    rt = call.rt
    token_hash = rt.vault.hash("byted_token", request.BytedToken)
    exchange = await rt.db.read(lambda tx: find_exchange(tx, call.tenant_id, token_hash, request.ProjectName))
    if exchange is not None:
        call.region = (await call.book.get(exchange.channel_id)).region
        return exchanged_group(exchange.group_id)
    session = await rt.db.read(lambda tx: get_session_by_token(tx, call.tenant_id, token_hash, request.ProjectName))
    call.region = (await call.book.get(session.channel_id)).region
    if (settled := settled_answer(session)) is not None:
        return settled
    check_time(rt, session)
    try:
        async with asyncio.timeout(rt.settings.exchange_wait):
            return await exchange_session(rt, call.book, session)
    except TimeoutError:
        raise ExchangeInProgress(retry_after=timedelta(seconds=1)) from None
    except StagedoorError:
        await _go_on_without_caller(rt, session)
        raise


async def _go_on_without_caller(rt: Runtime, session: ValidationSession) -> None:
    """Have the session's job try again soon, if that needs nobody's word: the caller may not come back."""

    async def work(tx: Tx) -> None:
        now, after = rt.clock.now(), await get_session(tx, session.tenant_id, session.id)
        if after.open_until is not None and when_to_ask(rt.settings, after) <= now:
            await add_job(tx, after.tenant_id, EXCHANGE, after.id, now=now, due_at=now + SOON)

    await rt.db.write(work)


async def exchange_session(rt: Runtime, book: ChannelBook, session: ValidationSession) -> results.ExchangedGroup:
    """Exchange a session's token, once for all callers of this process; the work outlives the request."""
    return await rt.tasks.share(f"exchange:{session.id}", lambda: _exchange(rt, book, session))


def settled_answer(session: ValidationSession) -> results.ExchangedGroup | None:
    """Return the group of an exchanged session; None while it is not settled.

    Raises:
        ValidateFailed, BytedTokenExpired, BytedTokenRefused, ExchangeUnknown: the session ended without a group.

    """
    if session.state == "exchanged":
        return session.to_result()
    if session.state == "failed":
        raise ValidateFailed
    if session.state == "expired":
        raise BytedTokenRefused if session.outcome == BytedTokenRefused.code else BytedTokenExpired
    if session.state == "unknown" and session.byted_token is None:
        raise ExchangeUnknown
    return None


async def _exchange(rt: Runtime, book: ChannelBook, session: ValidationSession) -> results.ExchangedGroup:
    seen, pause = session, FIRST_POLL
    while True:
        if not seen.is_exchanging(rt.clock.now()) and (claimed := await _claim(rt, seen)) is not None:
            crash_point("C3" if seen.claimed_until is None else "C13")
            async with _kept(rt, claimed):
                return await _ask_and_tell(rt, book, claimed)
        seen = await rt.db.read(lambda tx: get_session(tx, session.tenant_id, session.id))
        if (settled := settled_answer(seen)) is not None:
            return settled
        if seen.claimed_until is None and (seen.claims > session.claims or session.claimed_until is not None):
            # The exchange we waited for has finished without settling anything: its error is our answer.
            raise by_code(seen.outcome)
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LAST_POLL)


async def _claim(rt: Runtime, seen: ValidationSession) -> ValidationSession | None:
    now = rt.clock.now()
    until = now + LEASE

    async def work(tx: Tx) -> ValidationSession | None:
        claimed = await claim_exchange(tx, seen.tenant_id, seen, now=now, until=until)
        if claimed is not None:
            # Should this process die, the session's job goes on when the lease is over.
            await add_job(tx, seen.tenant_id, EXCHANGE, seen.id, now=now, due_at=until)
        return claimed

    return await rt.db.write(work)


@asynccontextmanager
async def _kept(rt: Runtime, claimed: ValidationSession) -> AsyncIterator[None]:
    """Lengthen the lease of an exchange for as long as this process is at it."""

    async def keep() -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            with suppress(DatabaseUnavailable):
                await rt.db.write(lambda tx: keep_exchange(tx, claimed.tenant_id, claimed, rt.clock.now() + LEASE))

    keeping = asyncio.create_task(keep(), name="exchange-lease")
    try:
        yield
    finally:
        keeping.cancel()


async def _ask_and_tell(rt: Runtime, book: ChannelBook, claimed: ValidationSession) -> results.ExchangedGroup:
    """Ask, and count what it came to."""
    with traces.work_span("exchange", {"stagedoor.session_id": claimed.id}):
        try:
            group = await _ask(rt, book, claimed)
        except StagedoorError as error:
            metrics.exchange_ended(error.code)
            raise
    metrics.exchange_ended(metrics.OK)
    return group


async def _ask(rt: Runtime, book: ChannelBook, claimed: ValidationSession) -> results.ExchangedGroup:
    if claimed.byted_token is None:
        raise BytedTokenExpired
    byted_token = rt.vault.open(token_place(claimed.id), claimed.byted_token)
    crash_point("C4")
    try:
        answer = await book.ask(
            claimed.channel_id,
            QUERY,
            {"BytedToken": byted_token, "ProjectName": claimed.project_name},
            tenant_id=claimed.tenant_id,
        )
    except StagedoorError as error:
        return await _settle_error(rt, claimed, error)
    return await _settle(rt, claimed, str(answer["GroupId"]))


async def _settle(rt: Runtime, claimed: ValidationSession, group_id: str) -> results.ExchangedGroup:
    """Write the group and the session in one transaction, and answer what is then on record."""
    crash_point("C6")

    async def work(tx: Tx) -> ValidationSession:
        if not await bind_group(tx, rt, claimed, group_id):
            await _mark_unknown(rt, tx, claimed)
        return await get_session(tx, claimed.tenant_id, claimed.id)

    try:
        session = await rt.db.write(work)
    except AlreadyThere:
        # A process that took the lease over has written the same answer at the same moment.
        session = await rt.db.write(work)
    crash_point("C7")
    if session.state == "exchanged":
        return session.to_result()
    log.error("exchange_gave_a_group_of_another_tenant", session_id=claimed.id, channel_id=claimed.channel_id)
    raise ExchangeUnknown


async def _settle_error(rt: Runtime, claimed: ValidationSession, error: StagedoorError) -> results.ExchangedGroup:
    """Record what an exchange without a group means and raise it, unless a process that took over has found the group."""
    answers_owed_before = claimed.unanswered - 1
    if isinstance(error, BytedTokenRefused) and answers_owed_before > 0:
        # Ark may have given the group to an answer that was lost: that is no refusal of the actor.
        error = ExchangeUnknown(upstream=error.upstream)
    elif isinstance(error, BytedTokenRefused) and _may_come_yet(rt, claimed):
        error = ExchangeInProgress(retry_after=timedelta(seconds=1), upstream=error.upstream)
    tenant_id = claimed.tenant_id

    async def work(tx: Tx) -> ValidationSession:
        if isinstance(error, ExchangeUnknown):
            await _mark_unknown(rt, tx, claimed)
        elif isinstance(error, ValidateFailed):
            await _end(rt, tx, claimed, "failed", error)
        elif isinstance(error, BytedTokenRefused):
            await _end(rt, tx, claimed, "expired", error)
        else:
            owed = claimed.unanswered if may_have_been_sent(error) else answers_owed_before
            await release_exchange(tx, tenant_id, claimed, outcome=error.code, unanswered=owed)
        return await get_session(tx, tenant_id, claimed.id)

    session = await rt.db.write(work)
    if session.state == "exchanged":
        return session.to_result()
    if not isinstance(error, ExchangeError):
        log.warning("exchange_did_not_settle", session_id=claimed.id, error=error.full_code)
    raise error


def _may_come_yet(rt: Runtime, session: ValidationSession) -> bool:
    # The browser may be back before Ark knows of the group it brings word of (official-api.md §2).
    came = session.callback_at if session.state == "passed" else None
    return came is not None and rt.clock.now() - came < GRACE


async def _end(rt: Runtime, tx: Tx, claimed: ValidationSession, state: State, error: StagedoorError) -> None:
    tenant_id, now = claimed.tenant_id, rt.clock.now()
    if await mark_ended(tx, tenant_id, claimed, state=state, outcome=error.code, now=now):
        await drop_job(tx, EXCHANGE, claimed.id)
        data, event_id = {"reason": error.code}, rt.new_id("evt")
        await emit(tx, tenant_id, f"session.{state}", claimed.id, data, event_id=event_id, now=now)


async def _mark_unknown(rt: Runtime, tx: Tx, claimed: ValidationSession) -> None:
    tenant_id, now = claimed.tenant_id, rt.clock.now()
    before = await get_session(tx, tenant_id, claimed.id)
    if await mark_ended(tx, tenant_id, claimed, state="unknown", outcome=ExchangeUnknown.code, now=now):
        await add_job(tx, tenant_id, RECONCILE, claimed.id, now=now, due_at=now)
        if before.state != "unknown":
            event_id = rt.new_id("evt")
            await emit(tx, tenant_id, "session.unknown", claimed.id, {}, event_id=event_id, now=now)
