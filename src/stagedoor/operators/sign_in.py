"""Signing in: with a password and a code, with a passkey, or with a link that the command line has made.

Whoever fails is told the same, whatever was wrong, and as slowly.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec

from stagedoor.audit.store import GATEWAY, INSTANCE, record
from stagedoor.clock import Clock
from stagedoor.db.database import AlreadyThere, Tx
from stagedoor.errors import FlowLimitExceeded
from stagedoor.operators import store
from stagedoor.operators.links import link_hash
from stagedoor.operators.passkeys import Answer, PasskeyRefused, Site, check_use
from stagedoor.operators.password import Passwords
from stagedoor.operators.sessions import From, SignedIn, begin_session
from stagedoor.operators.store import Operator, totp_place
from stagedoor.operators.totp import find_step
from stagedoor.runtime import Runtime

FREE_TRIES = 5
LONGEST_DELAY = timedelta(minutes=1)
SIGN_IN = "sign-in"
"""What a passkey is asked for at the door; in a session it is asked to ``prove``."""

Then = Callable[[Tx, Operator, str], Awaitable[str]]
"""What follows in the same transaction when an operator has proved who they are, and how: it returns a session's secret."""


class SignInRefused(Exception):
    """This does not open the console."""


class Given(msgspec.Struct, frozen=True):
    """What somebody types."""

    name: str
    password: str
    code: str


async def sign_in_with_password(rt: Runtime, passwords: Passwords, given: Given, where: From) -> str:
    """Sign somebody in and return the session's secret.

    Raises:
        SignInRefused: one of the three is wrong.
        FlowLimitExceeded: too many were wrong in a row, from this address under this name.

    """

    async def then(tx: Tx, operator: Operator, how: str) -> str:
        return await begin_session(tx, rt, operator, how, where)

    name = given.name.strip().lower()
    return await _with_password(rt, passwords, name, given, where, then)


async def prove_with_password(rt: Runtime, passwords: Passwords, who: SignedIn, given: Given, where: From) -> None:
    """Let somebody who is signed in show both factors once more.

    Raises:
        SignInRefused: one of them is wrong.
        FlowLimitExceeded: too many were wrong in a row.

    """

    async def then(tx: Tx, operator: Operator, how: str) -> str:  # noqa: ARG001 - as the other
        await store.mark_proved(tx, who.session.id, rt.clock.now())
        return ""

    await _with_password(rt, passwords, who.operator.name, given, where, then)


async def sign_in_with_passkey(rt: Runtime, site: Site, answer: Answer, where: From) -> str:
    """Sign in whoever holds a passkey, and return the session's secret.

    Raises:
        SignInRefused: it is nobody's, was made for another site, or did not sign what it was asked.

    """
    operator, how = await _check_passkey(rt, site, answer, SIGN_IN)
    return await rt.db.write(lambda tx: begin_session(tx, rt, operator, how, where))


async def prove_with_passkey(rt: Runtime, site: Site, who: SignedIn, answer: Answer) -> None:
    """Let somebody who is signed in show their passkey once more.

    Raises:
        SignInRefused: it is not theirs.

    """
    operator, _ = await _check_passkey(rt, site, answer, f"prove:{who.session.id}")
    if operator.id != who.operator.id:
        raise SignInRefused
    await rt.db.write(lambda tx: store.mark_proved(tx, who.session.id, rt.clock.now()))


async def sign_in_with_link(rt: Runtime, code: str, where: From) -> str:
    """Use up a link and return the session's secret.

    Raises:
        SignInRefused: it is over, was used, or is for something else.

    """

    async def work(tx: Tx) -> str:
        link = await store.take_link(tx, link_hash(rt, code), rt.clock.now())
        if link is None or link.purpose != SIGN_IN or link.operator_id is None:
            raise SignInRefused
        operator = await store.find_operator(tx, link.operator_id)
        if operator is None:
            raise SignInRefused
        return await begin_session(tx, rt, operator, "link", where)

    return await rt.db.write(work)


async def _with_password(rt: Runtime, passwords: Passwords, name: str, given: Given, where: From, then: Then) -> str:
    who_hash = rt.vault.hash("sign_in_tries", f"{name}\0{where.client}")
    await rt.db.write(lambda tx: _take_try(tx, who_hash, rt.clock))
    operator = await rt.db.read(lambda tx: store.find_operator_by_name(tx, name))
    fits = await passwords.fits(given.password, None if operator is None else operator.password_hash)

    async def work(tx: Tx) -> str | None:
        now = rt.clock.now()
        how = None if operator is None else await _take_code(tx, rt, operator, given.code, now, may=fits)
        if operator is None or how is None:
            await _tell_of_failures(tx, operator, who_hash, now)
            return None
        await store.forget_tries(tx, who_hash)
        return await then(tx, operator, how)

    token = await rt.db.write(work)
    if token is None:
        raise SignInRefused
    return token


async def _take_try(tx: Tx, who_hash: bytes, clock: Clock) -> None:
    tries = await store.lock_tries(tx, who_hash, clock.now())
    # The time is read when the lock was got: a longer wait for it must not look like one that is over.
    now = clock.now()
    # Another machine's clock may be a little ahead of ours. One that is further ahead was set back since, and delays nobody.
    if tries.failures >= FREE_TRIES and tries.tried_at < now + LONGEST_DELAY:
        delay = min(timedelta(seconds=2 ** min(tries.failures - FREE_TRIES, 6)), LONGEST_DELAY)
        left = min(tries.tried_at + delay - now, delay)
        if left > timedelta():
            raise FlowLimitExceeded(retry_after=left)
    await store.note_try(tx, who_hash, now)


async def _take_code(tx: Tx, rt: Runtime, operator: Operator, code: str, now: datetime, *, may: bool) -> str | None:
    """Use up what was given beside the right password, and return what it was; None when it is not good."""
    plain = code.replace(" ", "").replace("-", "")
    if operator.totp_secret is None or not may:
        return None
    step = find_step(rt.vault.open_bytes(totp_place(operator.id), operator.totp_secret), plain, now)
    if step is not None:
        return "password" if await store.take_step(tx, operator.id, step) else None
    recovered = await store.take_recovery_code(tx, operator.id, recovery_hash(rt, operator.id, plain))
    return "recovery code" if recovered else None


async def _tell_of_failures(tx: Tx, operator: Operator | None, who_hash: bytes, now: datetime) -> None:
    """Write every fifth failure in a row down: more of them would let anybody fill the trail."""
    tries = await store.lock_tries(tx, who_hash, now)
    if tries.failures % FREE_TRIES == 0:
        details = {"failures": tries.failures}
        object_id = "unknown" if operator is None else operator.id
        await record(tx, INSTANCE, GATEWAY, "operator.sign_in_failed", object_id, details, now=now)


def recovery_hash(rt: Runtime, operator_id: str, code: str) -> bytes:
    return rt.vault.hash("recovery_code", f"{operator_id}\0{code.replace('-', '')}")


async def _check_passkey(rt: Runtime, site: Site, answer: Answer, purpose: str) -> tuple[Operator, str]:
    passkey = await rt.db.read(lambda tx: store.find_passkey(tx, answer.id))
    if passkey is None or passkey.host != site.host:
        raise SignInRefused
    try:
        seen = check_use(rt.vault, site, answer, passkey.public_key, purpose, rt.clock.now())
    except PasskeyRefused:
        raise SignInRefused from None

    async def work(tx: Tx) -> Operator:
        operator = await store.find_operator(tx, passkey.operator_id)
        if operator is None or not await store.mark_passkey_used(tx, passkey, seen.uses, rt.clock.now()):
            raise SignInRefused
        await store.use_challenge(tx, seen.challenge_hash, seen.expires_at)
        return operator

    try:
        return await rt.db.write(work), "passkey"
    except AlreadyThere:
        raise SignInRefused from None
