"""The actor's browser comes back from the face check: record first, start the exchange, send the browser on."""

import hmac
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import quote, urlencode

import structlog

from stagedoor.audit.store import ACTOR, record
from stagedoor.crash import crash_point
from stagedoor.db.database import Tx
from stagedoor.errors import DatabaseUnavailable, NotFound, ValidateFailed
from stagedoor.events.store import emit
from stagedoor.jobs.store import add_job
from stagedoor.runtime import Runtime
from stagedoor.validation.store import EXCHANGE, State, ValidationSession, find_session_by_callback, mark_callback

log = structlog.get_logger()

PASSED = "10000"
VISIBLE_ASCII = bytes(range(0x21, 0x7F)).decode()
OFFICIAL = ("bytedToken", "resultCode", "algorithmBaseRespCode", "reqMeasureInfoValue", "verify_type")


async def receive_callback(rt: Runtime, state: str, query: Mapping[str, str]) -> ValidationSession:
    """Record a callback and return the session it belongs to.

    The redirect is unsigned: it proves nothing and only starts the exchange. What does not carry the session's own
    token changes nothing at all.

    Raises:
        NotFound: no session has this state, or its token is another one.

    """
    callback_hash = rt.vault.hash("callback_state", state)
    session = await rt.db.read(lambda tx: find_session_by_callback(tx, callback_hash))
    if session is None:
        raise NotFound("This link does not belong to a face check.", field="callback")
    token_hash = rt.vault.hash("byted_token", query.get("bytedToken", ""))
    if not hmac.compare_digest(token_hash, session.token_hash):
        await _note_refusal(rt, session)
        raise NotFound("This link does not belong to a face check.", field="callback")
    await _record(rt, session, query)
    return session


async def _note_refusal(rt: Runtime, session: ValidationSession) -> None:
    log.warning("callback_with_another_token", session_id=session.id)
    if session.open_until is None:
        return  # it has ended: whoever keeps the link must not be able to fill the audit trail for ever
    now = rt.clock.now()
    with suppress(DatabaseUnavailable):
        await rt.db.write(
            lambda tx: record(tx, session.tenant_id, ACTOR, "callback.refused", session.id, now=now), soft=True
        )


async def _record(rt: Runtime, session: ValidationSession, query: Mapping[str, str]) -> None:
    code, sub_code = query.get("resultCode", "")[:16], query.get("algorithmBaseRespCode", "0")[:16]
    # In the product beneath, 10000 with another sub-code than 0 means "processed, not passed".
    state: State = "passed" if code == PASSED and sub_code in {"", "0"} else "failed"
    tenant_id, now = session.tenant_id, rt.clock.now()

    async def work(tx: Tx) -> bool:
        news = await mark_callback(tx, tenant_id, session.id, state=state, code=f"{code}/{sub_code}", now=now)
        if news and state == "passed":
            await add_job(tx, tenant_id, EXCHANGE, session.id, now=now, due_at=now)
        if news:
            await record(tx, tenant_id, ACTOR, "callback.taken", session.id, {"state": state}, now=now)
            data = {} if state == "passed" else {"reason": ValidateFailed.code}
            await emit(tx, tenant_id, f"session.{state}", session.id, data, event_id=rt.new_id("evt"), now=now)
        return news

    crash_point("C1")
    # The browser may not come back: this is written even when the disk is full.
    news = await rt.db.write(work, urgent=True)
    crash_point("C2")
    log.info("callback", session_id=session.id, state=state, news=news)


def customer_page(url: str, query: Mapping[str, str]) -> str:
    """Return the customer's page with the official parameters behind its own query and before its fragment."""
    page, hash_sign, fragment = url.partition("#")
    joint = "" if page.endswith(("?", "&")) else "&" if "?" in page else "?"
    official = urlencode([(name, query[name][:512]) for name in OFFICIAL if name in query])
    # A Location header is ASCII: browsers read percent-encoded UTF-8 everywhere in an address, in the host as well.
    return quote(f"{page}{joint}{official}{hash_sign}{fragment}", safe=VISIBLE_ASCII)
