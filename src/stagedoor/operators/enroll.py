"""Setting up how one signs in, by a link: a password with a code from the phone, or a passkey."""

import msgspec

from stagedoor.audit.store import INSTANCE, by_operator, record
from stagedoor.db.database import AlreadyThere, Tx
from stagedoor.errors import InvalidParameter
from stagedoor.operators import store
from stagedoor.operators.links import link_hash
from stagedoor.operators.manage import name_taken, new_operator, read_name, record_operator
from stagedoor.operators.passkeys import Answer, PasskeyRefused, Site, check_new
from stagedoor.operators.password import Passwords
from stagedoor.operators.sessions import From, begin_session
from stagedoor.operators.sign_in import SignInRefused, recovery_hash
from stagedoor.operators.store import Link, Operator, Passkey, totp_place
from stagedoor.operators.totp import SEED_BYTES, find_step, new_recovery_codes
from stagedoor.runtime import Runtime


class SetUp(msgspec.Struct, frozen=True):
    """A link that is good, and whose it is: None until the first operator has named themselves."""

    code: str
    operator: Operator | None


class Wanted(msgspec.Struct, frozen=True):
    """What somebody has chosen: a password and a code for the seed they were shown, or a passkey that was just made."""

    name: str
    password: str = ""
    code: str = ""
    passkey: Answer | None = None


class Enrolled(msgspec.Struct, frozen=True):
    """Somebody who can sign in from now on, and has: the session's secret, and the codes for the day the phone is lost."""

    token: str
    recovery_codes: list[str]


async def find_set_up(rt: Runtime, code: str) -> SetUp:
    """Return what a link is for. Looking uses nothing up.

    Raises:
        SignInRefused: it is over or was used.

    """

    async def look(tx: Tx) -> SetUp | None:
        link = await store.find_link(tx, link_hash(rt, code), rt.clock.now())
        if link is None or link.purpose != "set-up":
            return None
        if link.operator_id is None:
            return None if await store.has_operators(tx) else SetUp(code, None)
        operator = await store.find_operator(tx, link.operator_id)
        return None if operator is None else SetUp(code, operator)

    found = await rt.db.read(look)
    if found is None:
        raise SignInRefused
    return found


def seed_of(rt: Runtime, code: str) -> bytes:
    """Return the seed that the page of a link shows: the same as long as the link is good, and nowhere written down."""
    return rt.vault.hash("totp_seed", code)[:SEED_BYTES]


async def enroll(rt: Runtime, passwords: Passwords, site: Site, set_up: SetUp, wanted: Wanted, where: From) -> Enrolled:
    """Use the link up: keep the factor, make the first operator where there was none, and sign them in.

    Raises:
        InvalidParameter: the name is none, the password too short, the code not the app's, or the passkey not ours.
        Conflict: somebody has or had the name.
        SignInRefused: the link was used meanwhile.

    """
    name = set_up.operator.name if set_up.operator is not None else read_name(wanted.name)
    keep_factor = _passkey(rt, site, set_up, wanted.passkey) if wanted.passkey else None
    step, password_hash = (0, "") if keep_factor else await _check_password(rt, passwords, set_up, wanted)
    codes = [] if keep_factor else new_recovery_codes()

    async def work(tx: Tx) -> str:
        link = await store.take_link(tx, link_hash(rt, set_up.code), rt.clock.now())
        operator = await _operator_of(tx, rt, link, name)
        if keep_factor is not None:
            await _keep_passkey(tx, rt, operator, keep_factor)
        else:
            sealed = rt.vault.seal(totp_place(operator.id), seed_of(rt, set_up.code))
            await store.mark_password(tx, operator.id, password_hash, sealed)
            await store.take_step(tx, operator.id, step)
            hashes = [recovery_hash(rt, operator.id, one) for one in codes]
            await store.set_recovery_codes(tx, operator.id, hashes)
        how = "passkey" if keep_factor else "password"
        by, now = by_operator(operator.id), rt.clock.now()
        await record(tx, INSTANCE, by, "operator.enrolled", operator.id, {"how": how}, now=now)
        return await begin_session(tx, rt, operator, how, where)

    try:
        return Enrolled(await rt.db.write(work), codes)
    except AlreadyThere:
        raise name_taken() from None


async def _operator_of(tx: Tx, rt: Runtime, link: Link | None, name: str) -> Operator:
    if link is None:
        raise SignInRefused
    if link.operator_id is not None:
        return await store.get_operator(tx, link.operator_id)
    if await store.has_operators(tx):
        raise SignInRefused
    operator = new_operator(rt, name, "operator")
    await record_operator(tx, operator, by_operator(operator.id))
    await store.remove_links(tx, None)
    return operator


async def _check_password(rt: Runtime, passwords: Passwords, set_up: SetUp, wanted: Wanted) -> tuple[int, str]:
    step = find_step(seed_of(rt, set_up.code), wanted.code.replace(" ", ""), rt.clock.now())
    if step is None:
        raise InvalidParameter("This is not the code that the app shows at the moment.", field="code")
    return step, await passwords.hash(wanted.password)


def _passkey(rt: Runtime, site: Site, set_up: SetUp, answer: Answer) -> Passkey:
    try:
        seen = check_new(rt.vault, site, answer, set_up_purpose(set_up.code), rt.clock.now())
    except PasskeyRefused:
        raise InvalidParameter("This passkey cannot be used here.", field="passkey") from None
    return Passkey(answer.id, "", answer.proof, site.host, seen.uses, rt.clock.now())


def set_up_purpose(code: str) -> str:
    """Return what the challenge on the page of a link is good for."""
    return f"set-up:{code}"


async def _keep_passkey(tx: Tx, rt: Runtime, operator: Operator, passkey: Passkey) -> None:
    try:
        kept = msgspec.structs.replace(passkey, operator_id=operator.id, created_at=rt.clock.now())
        await store.add_passkey(tx, kept)
    except AlreadyThere:
        raise InvalidParameter("This passkey is in use already.", field="passkey") from None
