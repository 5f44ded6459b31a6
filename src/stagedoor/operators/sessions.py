"""Sessions in the console: begun with a new secret at every sign-in, over after 30 minutes without use or 12 hours."""

from contextlib import suppress
from datetime import datetime, timedelta

import msgspec

from stagedoor.audit.store import INSTANCE, by_operator, record
from stagedoor.db.database import Tx
from stagedoor.errors import DatabaseUnavailable
from stagedoor.ids import random_base62
from stagedoor.operators import store
from stagedoor.operators.store import Operator, Session
from stagedoor.runtime import Runtime

IDLE, LONGEST, PROVED_FOR = timedelta(minutes=30), timedelta(hours=12), timedelta(minutes=5)
SEEN_EVERY = timedelta(minutes=1)
TOKEN_LENGTH = 43
"""Characters of base62: 256 bits."""
MOST_BROWSER = 160


class From(msgspec.Struct, frozen=True):
    """Where somebody signs in from: as much as is needed to recognise a session in a list."""

    browser: str
    network: str
    client: str
    """The address itself, of which only a keyed hash is ever kept."""


class SignedIn(msgspec.Struct, frozen=True):
    """An operator in a session."""

    operator: Operator
    session: Session

    @property
    def by(self) -> str:
        return by_operator(self.operator.id)

    def is_proved(self, now: datetime) -> bool:
        """Tell whether they have shown a factor lately enough for what cannot be undone."""
        return now < self.session.proved_at + PROVED_FOR


def token_hash(rt: Runtime, token: str) -> bytes:
    return rt.vault.hash("console_session", token)


async def begin_session(tx: Tx, rt: Runtime, operator: Operator, how: str, where: From) -> str:
    """Begin a session and return its secret, which only the browser keeps."""
    now, token = rt.clock.now(), random_base62(TOKEN_LENGTH)
    session = Session(
        id=rt.new_id("os"),
        token_hash=token_hash(rt, token),
        operator_id=operator.id,
        created_at=now,
        seen_at=now,
        proved_at=now,
        expires_at=now + LONGEST,
        browser=where.browser[:MOST_BROWSER],
        network=where.network,
    )
    await store.add_session(tx, session)
    await record(tx, INSTANCE, by_operator(operator.id), "operator.signed_in", operator.id, {"how": how}, now=now)
    return token


async def find_signed_in(rt: Runtime, token: str, *, is_use: bool = True) -> SignedIn | None:
    """Return who is in a session, and note that they were there if this is a use of it; None when it is over."""
    if len(token) != TOKEN_LENGTH:
        return None

    async def look(tx: Tx) -> SignedIn | None:
        session = await store.find_session(tx, token_hash(rt, token))
        operator = None if session is None else await store.find_operator(tx, session.operator_id)
        return None if session is None or operator is None else SignedIn(operator, session)

    found, now = await rt.db.read(look), rt.clock.now()
    if found is None or now >= found.session.expires_at or now >= found.session.seen_at + IDLE:
        return None
    if is_use and now >= found.session.seen_at + SEEN_EVERY:
        with suppress(DatabaseUnavailable):  # a full disk keeps nobody from looking
            await rt.db.write(lambda tx: store.mark_seen(tx, found.session.id, now), soft=True)
    return found


async def end_session(rt: Runtime, who: SignedIn, session_id: str) -> bool:
    """End one of the operator's sessions at once, and tell whether there was one."""

    async def work(tx: Tx) -> bool:
        ended = await store.remove_session(tx, who.operator.id, session_id)
        if ended:
            await record(tx, INSTANCE, who.by, "operator.signed_out", who.operator.id, now=rt.clock.now())
        return ended

    return await rt.db.write(work)


async def list_living_sessions(rt: Runtime, operator_id: str) -> list[Session]:
    """Return an operator's sessions that are not over, the latest first."""
    now = rt.clock.now()
    found = await rt.db.read(lambda tx: store.list_sessions(tx, operator_id))
    return [one for one in found if now < one.expires_at and now < one.seen_at + IDLE]
