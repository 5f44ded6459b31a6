"""⑫ Exchange a BytedToken for the group it earned.

Already exchanged? Answer from our record, for ever. In flight? Wait for that one. Otherwise claim, ask, look again,
write the group and the session in one transaction. No transaction is open while Ark is asked.
"""

import asyncio
from datetime import timedelta

import structlog

from stagedoor.call import Call
from stagedoor.channels.book import ChannelBook
from stagedoor.contract import requests, results
from stagedoor.contract.operations import BY_ACTION
from stagedoor.db.database import AlreadyThere, Tx
from stagedoor.errors import (
    BytedTokenExpired,
    BytedTokenRefused,
    ExchangeError,
    ExchangeInProgress,
    ExchangeUnknown,
    StagedoorError,
    ValidateFailed,
    ValidatePending,
    by_code,
    may_have_been_sent,
)
from stagedoor.groups.store import AssetGroup, add_group, find_group_owner
from stagedoor.runtime import Runtime
from stagedoor.validation.start import token_place
from stagedoor.validation.store import (
    ValidationSession,
    claim_exchange,
    get_session,
    get_session_by_token,
    mark_ended,
    mark_exchanged,
    release_exchange,
)

log = structlog.get_logger()

QUERY = BY_ACTION["GetVisualValidateResult"]
FIRST_POLL, LAST_POLL = 0.05, 0.25


async def exchange_token(call: Call, request: requests.GetVisualValidateResult) -> results.ExchangedGroup:
    """Turn a BytedToken into the group it earned. Safe to repeat, for ever and by any number of callers at once."""
    rt = call.rt
    token_hash = rt.vault.hash("byted_token", request.BytedToken)
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


def check_time(rt: Runtime, session: ValidationSession) -> None:
    """Refuse to ask Ark too late, or so early that asking might burn the token.

    Raises:
        BytedTokenExpired: the token is older than ``token_lifetime``.
        ExchangeUnknown: the same, and an answer of Ark was lost on the way.
        ValidatePending: our own callback has not come and may still come.

    """
    now, settings = rt.clock.now(), rt.settings
    if session.is_exchanging(now):
        return
    if session.open_until is None or now >= session.open_until:
        raise ExchangeUnknown if session.may_have_group else BytedTokenExpired
    if session.state != "open" or session.callback_hash is None or settings.ask_without_callback == "always":
        return
    window_ends = session.created_at + timedelta(seconds=settings.link_window)
    if settings.ask_without_callback == "never" or now < window_ends:
        raise ValidatePending(retry_after=timedelta(seconds=2))


async def _exchange(rt: Runtime, book: ChannelBook, session: ValidationSession) -> results.ExchangedGroup:
    seen, pause = session, FIRST_POLL
    while True:
        claimed = await _claim(rt, seen)
        if claimed is not None:
            return await _ask(rt, book, claimed)
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
    until = now + timedelta(seconds=rt.settings.exchange_lease)
    return await rt.db.write(lambda tx: claim_exchange(tx, seen.tenant_id, seen, now=now, until=until))


async def _ask(rt: Runtime, book: ChannelBook, claimed: ValidationSession) -> results.ExchangedGroup:
    if claimed.byted_token is None:
        raise BytedTokenExpired
    byted_token = rt.vault.open(token_place(claimed.id), claimed.byted_token)
    try:
        answer = await book.ask(
            claimed.channel_id, QUERY, {"BytedToken": byted_token, "ProjectName": claimed.project_name}
        )
    except StagedoorError as error:
        return await _settle_error(rt, claimed, error)
    return await _settle(rt, claimed, str(answer["GroupId"]))


async def _settle(rt: Runtime, claimed: ValidationSession, group_id: str) -> results.ExchangedGroup:
    """Write the group and the session in one transaction, and answer what is then on record."""

    async def work(tx: Tx) -> ValidationSession:
        owner = await find_group_owner(tx, group_id)
        if owner is None:
            await add_group(tx, claimed.tenant_id, _group(rt, claimed, group_id))
        if owner in {None, claimed.tenant_id}:
            await mark_exchanged(tx, claimed.tenant_id, claimed.id, group_id, rt.clock.now())
        else:
            await _mark_unknown(rt, tx, claimed)
        return await get_session(tx, claimed.tenant_id, claimed.id)

    try:
        session = await rt.db.write(work)
    except AlreadyThere:
        # A process that took the lease over has written the same answer at the same moment.
        session = await rt.db.write(work)
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
    tenant_id, now = claimed.tenant_id, rt.clock.now()

    async def work(tx: Tx) -> ValidationSession:
        if isinstance(error, ExchangeUnknown):
            await _mark_unknown(rt, tx, claimed)
        elif isinstance(error, ValidateFailed):
            await mark_ended(tx, tenant_id, claimed, state="failed", outcome=error.code, now=now)
        elif isinstance(error, BytedTokenRefused):
            await mark_ended(tx, tenant_id, claimed, state="expired", outcome=error.code, now=now)
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


async def _mark_unknown(rt: Runtime, tx: Tx, claimed: ValidationSession) -> None:
    await mark_ended(tx, claimed.tenant_id, claimed, state="unknown", outcome=ExchangeUnknown.code, now=rt.clock.now())


def _group(rt: Runtime, session: ValidationSession, group_id: str) -> AssetGroup:
    now = rt.clock.now()
    return AssetGroup(
        id=group_id,
        tenant_id=session.tenant_id,
        channel_id=session.channel_id,
        group_type="LivenessFace",
        name="",
        name_folded="",
        description="",
        project_name=session.project_name,
        created_at=now,
        updated_at=now,
    )
