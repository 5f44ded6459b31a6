"""An operator, what proves that it is them, their sessions, and the SQL of all that."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from stagedoor.db.database import Tx
from stagedoor.db.rows import columns
from stagedoor.errors import NotFound
from stagedoor.sealed import TOTP_SECRET

Role = Literal["operator", "auditor"]
"""An auditor sees everything but faces and secrets, and changes nothing."""
Purpose = Literal["set-up", "sign-in"]


class Operator(msgspec.Struct, frozen=True):
    """Somebody who signs in to the console. The row stays when they are removed: the audit trail names it."""

    id: str
    name: str
    role: Role
    password_hash: str | None
    totp_secret: bytes | None
    totp_step: int
    created_at: datetime
    removed_at: datetime | None = None


class Passkey(msgspec.Struct, frozen=True):
    """A key pair whose private half an authenticator keeps, made for one site."""

    id: str
    operator_id: str
    public_key: str
    host: str
    uses: int
    created_at: datetime
    used_at: datetime | None = None


class Link(msgspec.Struct, frozen=True):
    """A link that works once. ``operator_id`` None: whoever opens it becomes the first operator."""

    code_hash: bytes
    purpose: Purpose
    operator_id: str | None
    created_at: datetime
    expires_at: datetime


class Session(msgspec.Struct, frozen=True):
    """A browser in which an operator has signed in."""

    id: str
    token_hash: bytes
    operator_id: str
    created_at: datetime
    seen_at: datetime
    proved_at: datetime
    expires_at: datetime
    browser: str
    network: str


class Tries(msgspec.Struct, frozen=True):
    """How often somebody at an address has failed in a row to sign in under a name."""

    failures: int
    tried_at: datetime


def totp_place(operator_id: str) -> str:
    return TOTP_SECRET.place(operator_id)


_SELECT = f"SELECT {columns(Operator)} FROM operators"


async def add_operator(tx: Tx, operator: Operator) -> None:
    """Record an operator.

    Raises:
        AlreadyThere: somebody has or had this name.

    """
    await tx.execute(
        f"INSERT INTO operators ({columns(Operator)}) VALUES (:id, :name, :role, :password_hash, :totp_secret, :totp_step,"
        " :created_at, :removed_at)",
        **msgspec.structs.asdict(operator),
    )


async def list_operators(tx: Tx) -> list[Operator]:
    return await tx.list(Operator, f"{_SELECT} WHERE removed_at IS NULL ORDER BY name")


async def has_operators(tx: Tx) -> bool:
    """Tell whether anybody can sign in, or could once they have opened their link."""
    return bool(await tx.number("SELECT count(*) FROM operators WHERE removed_at IS NULL"))


async def find_operator_by_name(tx: Tx, name: str) -> Operator | None:
    return await tx.find(Operator, f"{_SELECT} WHERE name = :name AND removed_at IS NULL", name=name)


async def find_operator(tx: Tx, operator_id: str) -> Operator | None:
    return await tx.find(Operator, f"{_SELECT} WHERE id = :id AND removed_at IS NULL", id=operator_id)


async def get_operator(tx: Tx, operator_id: str) -> Operator:
    """Return an operator.

    Raises:
        NotFound: there is none with this id, or they were removed.

    """
    operator = await find_operator(tx, operator_id)
    if operator is None:
        raise NotFound(f"There is no operator {operator_id}.", field="operator")
    return operator


async def mark_removed(tx: Tx, operator_id: str, now: datetime) -> None:
    await tx.execute(
        "UPDATE operators SET removed_at = :now, password_hash = NULL, totp_secret = NULL WHERE id = :id",
        id=operator_id,
        now=now,
    )


async def mark_password(tx: Tx, operator_id: str, password_hash: str | None, totp_secret: bytes | None) -> None:
    """Give an operator a password and the seed of its codes, or take both away."""
    await tx.execute(
        "UPDATE operators SET password_hash = :password_hash, totp_secret = :totp_secret, totp_step = 0 WHERE id = :id",
        id=operator_id,
        password_hash=password_hash,
        totp_secret=totp_secret,
    )


async def take_step(tx: Tx, operator_id: str, step: int) -> bool:
    """Use up a code's step, and tell whether neither it nor a later one was used before."""
    changed = await tx.execute(
        "UPDATE operators SET totp_step = :step WHERE id = :id AND totp_step < :step", id=operator_id, step=step
    )
    return changed == 1


async def add_passkey(tx: Tx, passkey: Passkey) -> None:
    """Record a passkey.

    Raises:
        AlreadyThere: somebody has it.

    """
    await tx.execute(
        f"INSERT INTO operator_passkeys ({columns(Passkey)})"
        " VALUES (:id, :operator_id, :public_key, :host, :uses, :created_at, :used_at)",
        **msgspec.structs.asdict(passkey),
    )


async def find_passkey(tx: Tx, passkey_id: str) -> Passkey | None:
    return await tx.find(Passkey, f"SELECT {columns(Passkey)} FROM operator_passkeys WHERE id = :id", id=passkey_id)


async def list_passkeys(tx: Tx, operator_id: str) -> list[Passkey]:
    sql = f"SELECT {columns(Passkey)} FROM operator_passkeys WHERE operator_id = :id ORDER BY created_at"
    return await tx.list(Passkey, sql, id=operator_id)


async def mark_passkey_used(tx: Tx, passkey: Passkey, uses: int, now: datetime) -> bool:
    """Note a use, and tell whether the count goes up; authenticators that do not count always say 0."""
    changed = await tx.execute(
        "UPDATE operator_passkeys SET uses = :uses, used_at = :now"
        " WHERE id = :id AND (uses < :uses OR (uses = 0 AND :uses = 0))",
        id=passkey.id,
        uses=uses,
        now=now,
    )
    return changed == 1


async def remove_passkeys(tx: Tx, operator_id: str) -> None:
    await tx.execute("DELETE FROM operator_passkeys WHERE operator_id = :id", id=operator_id)


async def set_recovery_codes(tx: Tx, operator_id: str, code_hashes: Sequence[bytes]) -> None:
    """Give an operator recovery codes in the place of those they had."""
    await tx.execute("DELETE FROM operator_recovery_codes WHERE operator_id = :id", id=operator_id)
    for code_hash in code_hashes:
        sql = "INSERT INTO operator_recovery_codes (operator_id, code_hash) VALUES (:id, :code_hash)"
        await tx.execute(sql, id=operator_id, code_hash=code_hash)


async def take_recovery_code(tx: Tx, operator_id: str, code_hash: bytes) -> bool:
    """Use up a recovery code, and tell whether there was such a one."""
    sql = "DELETE FROM operator_recovery_codes WHERE operator_id = :id AND code_hash = :code_hash"
    return await tx.execute(sql, id=operator_id, code_hash=code_hash) == 1


async def count_recovery_codes(tx: Tx, operator_id: str) -> int:
    return await tx.number("SELECT count(*) FROM operator_recovery_codes WHERE operator_id = :id", id=operator_id)


async def add_link(tx: Tx, link: Link) -> None:
    await tx.execute(
        f"INSERT INTO operator_links ({columns(Link)})"
        " VALUES (:code_hash, :purpose, :operator_id, :created_at, :expires_at)",
        **msgspec.structs.asdict(link),
    )


async def find_link(tx: Tx, code_hash: bytes, now: datetime) -> Link | None:
    sql = f"SELECT {columns(Link)} FROM operator_links WHERE code_hash = :code_hash AND expires_at > :now"
    return await tx.find(Link, sql, code_hash=code_hash, now=now)


async def take_link(tx: Tx, code_hash: bytes, now: datetime) -> Link | None:
    """Use up a link, and return it; None when it is over or was used."""
    sql = f"DELETE FROM operator_links WHERE code_hash = :code_hash AND expires_at > :now RETURNING {columns(Link)}"
    return await tx.find(Link, sql, code_hash=code_hash, now=now)


async def remove_links(tx: Tx, operator_id: str | None) -> None:
    """Make an operator's links useless; for None, those that would make the first operator."""
    if operator_id is None:
        await tx.execute("DELETE FROM operator_links WHERE operator_id IS NULL")
    else:
        await tx.execute("DELETE FROM operator_links WHERE operator_id = :id", id=operator_id)


async def use_challenge(tx: Tx, challenge_hash: bytes, expires_at: datetime) -> None:
    """Use up a challenge.

    Raises:
        AlreadyThere: it was used before.

    """
    sql = "INSERT INTO operator_challenges (challenge_hash, expires_at) VALUES (:challenge_hash, :expires_at)"
    await tx.execute(sql, challenge_hash=challenge_hash, expires_at=expires_at)


async def add_session(tx: Tx, session: Session) -> None:
    await tx.execute(
        f"INSERT INTO operator_sessions ({columns(Session)}) VALUES (:id, :token_hash, :operator_id, :created_at, :seen_at,"
        " :proved_at, :expires_at, :browser, :network)",
        **msgspec.structs.asdict(session),
    )


async def find_session(tx: Tx, token_hash: bytes) -> Session | None:
    sql = f"SELECT {columns(Session)} FROM operator_sessions WHERE token_hash = :token_hash"
    return await tx.find(Session, sql, token_hash=token_hash)


async def list_sessions(tx: Tx, operator_id: str) -> list[Session]:
    sql = f"SELECT {columns(Session)} FROM operator_sessions WHERE operator_id = :id ORDER BY created_at DESC"
    return await tx.list(Session, sql, id=operator_id)


async def mark_seen(tx: Tx, session_id: str, now: datetime) -> None:
    await tx.execute("UPDATE operator_sessions SET seen_at = :now WHERE id = :id", id=session_id, now=now)


async def mark_proved(tx: Tx, session_id: str, now: datetime) -> None:
    await tx.execute("UPDATE operator_sessions SET proved_at = :now WHERE id = :id", id=session_id, now=now)


async def remove_session(tx: Tx, operator_id: str, session_id: str) -> bool:
    """End a session of the operator, and tell whether there was one."""
    sql = "DELETE FROM operator_sessions WHERE id = :id AND operator_id = :operator_id"
    return await tx.execute(sql, id=session_id, operator_id=operator_id) == 1


async def remove_sessions(tx: Tx, operator_id: str) -> None:
    await tx.execute("DELETE FROM operator_sessions WHERE operator_id = :id", id=operator_id)


async def lock_tries(tx: Tx, who_hash: bytes, now: datetime) -> Tries:
    """Return what somebody has tried; others who try the same wait for this transaction."""
    [tries] = await tx.list(
        Tries,
        "INSERT INTO operator_tries (who_hash, failures, tried_at) VALUES (:who_hash, 0, :now)"
        " ON CONFLICT (who_hash) DO UPDATE SET failures = operator_tries.failures"
        f" RETURNING {columns(Tries)}",
        who_hash=who_hash,
        now=now,
    )
    return tries


async def note_try(tx: Tx, who_hash: bytes, now: datetime) -> None:
    """Count a try as failed until it has succeeded: of many at once, none is free."""
    sql = "UPDATE operator_tries SET failures = failures + 1, tried_at = :now WHERE who_hash = :who_hash"
    await tx.execute(sql, who_hash=who_hash, now=now)


async def forget_tries(tx: Tx, who_hash: bytes) -> None:
    await tx.execute("DELETE FROM operator_tries WHERE who_hash = :who_hash", who_hash=who_hash)


async def remove_old_things(tx: Tx, now: datetime, *, tried_before: datetime, at_most: int) -> int:
    """Remove links, challenges and sessions whose time is over, and old tries; return how many."""
    total = 0
    for table, key, over, limit in (
        ("operator_links", "code_hash", "expires_at <= :limit", now),
        ("operator_challenges", "challenge_hash", "expires_at <= :limit", now),
        ("operator_sessions", "id", "expires_at <= :limit", now),
        ("operator_tries", "who_hash", "tried_at <= :limit", tried_before),
    ):
        total += await tx.execute(
            f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {over} LIMIT :at_most{tx.skip_locked})",
            limit=limit,
            at_most=at_most,
        )
    return total
