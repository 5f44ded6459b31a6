"""An entry of the audit trail and its SQL.

An entry is written in the transaction of the change it tells of: one row in ``audit_inbox``, in the order of its transaction as
events have it. Later it is sealed: given its number in the tenant's chain, and the hash that holds all entries before it. What is
sealed is only ever added to. The instance's own entries (channels, operators' keys) belong to the tenant ``""``.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from stagedoor.audit.catalogue import check_entry
from stagedoor.db.database import Param, Tx
from stagedoor.db.rows import columns

INSTANCE = ""
"""Whose chain holds what concerns all tenants."""
GATEWAY, ACTOR, OPERATOR = "gateway", "actor", "operator"
"""Who did it: the gateway by itself, the actor on one of the pages, an operator at the command line."""


def by_key(key_id: str) -> str:
    """Return what an entry says of a tenant that called with this key."""
    return f"key:{key_id}"


def by_operator(key_id: str) -> str:
    """Return what an entry says of an operator that called with this key."""
    return f"operator:{key_id}"


async def record(
    tx: Tx,
    tenant_id: str,
    by: str,
    action: str,
    object_id: str,
    details: Mapping[str, object] | None = None,
    *,
    now: datetime,
) -> None:
    """Write down who does what to which object, in the transaction in which it is done: one statement.

    Args:
        tx: the transaction.
        tenant_id: whose trail it belongs to; ``INSTANCE`` for what concerns all.
        by: who does it.
        action: one of the catalogue.
        object_id: to what.
        details: the catalogue's details of this action.
        now: when.

    Raises:
        ValueError: the catalogue does not have this action, or not these details.

    """
    details = details or {}
    check_entry(action, details)
    await tx.execute(
        "INSERT INTO audit_inbox (written_in, tenant_id, actor, action, object_id, details, created_at)"
        f" VALUES ({tx.number_of_transaction}, :tenant_id, :actor, :action, :object_id, :details, :now)",
        tenant_id=tenant_id,
        actor=by,
        action=action,
        object_id=object_id,
        details=msgspec.json.encode(details),
        now=now,
    )


class Pending(msgspec.Struct, frozen=True):
    """An entry that is not sealed yet."""

    position: int
    written_in: int
    tenant_id: str
    actor: str
    action: str
    object_id: str
    details: bytes
    created_at: datetime


async def has_pending(tx: Tx) -> bool:
    """Tell whether there is anything to seal."""
    return bool(await tx.number("SELECT count(*) FROM (SELECT 1 FROM audit_inbox LIMIT 1) AS selected"))


async def list_pending(tx: Tx, *, at_most: int) -> list[Pending]:
    """Return the next entries to seal, of whatever tenant: nothing that turns up later comes before them."""
    return await tx.list(
        Pending,
        f"SELECT {columns(Pending)} FROM audit_inbox WHERE written_in < {tx.first_unfinished_transaction}"
        " ORDER BY written_in, position LIMIT :at_most",
        at_most=at_most,
    )


async def count_pending(tx: Tx, tenant_id: str, *, at_most: int) -> int:
    """Count a tenant's entries that are not sealed yet, no further than to a number: seldom more than a second's."""
    sql = "SELECT count(*) FROM (SELECT 1 FROM audit_inbox WHERE tenant_id = :tenant_id LIMIT :at_most) AS selected"
    return await tx.number(sql, tenant_id=tenant_id, at_most=at_most)


async def remove_pending(tx: Tx, last: Pending) -> None:
    """Remove what is sealed now: everything up to this entry."""
    await tx.execute(
        "DELETE FROM audit_inbox WHERE (written_in, position) <= (:written_in, :position)",
        written_in=last.written_in,
        position=last.position,
    )


class Sealed(msgspec.Struct, frozen=True):
    """An entry in its chain: the exact bytes that are hashed, and the hash. ``object_id`` is there to be searched by."""

    tenant_id: str
    seq: int
    object_id: str
    entry: bytes
    hash: bytes


_SEALED = f"SELECT {columns(Sealed)} FROM audit_entries"


async def add_sealed(tx: Tx, entries: Sequence[Sealed]) -> None:
    """Add entries to the ends of their chains."""
    rows = ", ".join(f"(:tenant_{i}, :seq_{i}, :object_{i}, :entry_{i}, :hash_{i})" for i in range(len(entries)))
    params: dict[str, Param] = {}
    for i, one in enumerate(entries):
        params |= {f"tenant_{i}": one.tenant_id, f"seq_{i}": one.seq, f"object_{i}": one.object_id}
        params |= {f"entry_{i}": one.entry, f"hash_{i}": one.hash}
    await tx.execute(f"INSERT INTO audit_entries ({columns(Sealed)}) VALUES {rows}", **params)


async def find_last_sealed(tx: Tx, tenant_id: str) -> Sealed | None:
    sql = f"{_SEALED} WHERE tenant_id = :tenant_id ORDER BY seq DESC LIMIT 1"
    return await tx.find(Sealed, sql, tenant_id=tenant_id)


async def list_sealed(
    tx: Tx, tenant_id: str, *, after: int, at_most: int, object_id: str | None = None
) -> list[Sealed]:
    """Return the next entries of a chain behind a number: all, or those about one object."""
    about, params = ("", {}) if object_id is None else (" AND object_id = :object_id", {"object_id": object_id})
    return await tx.list(
        Sealed,
        f"{_SEALED} WHERE tenant_id = :tenant_id{about} AND seq > :after ORDER BY seq LIMIT :at_most",
        tenant_id=tenant_id,
        after=after,
        at_most=at_most,
        **params,
    )


class Chain(msgspec.Struct, frozen=True):
    """How far a tenant's chain goes. The proof is a keyed hash of it: only this gateway can have written it."""

    tenant_id: str
    seq: int
    hash: bytes
    checkpoint_seq: int
    checkpoint_due_at: datetime | None
    proof: bytes


async def take_turn(tx: Tx, nobody: Chain) -> None:
    """Make other processes that seal wait until this transaction ends; ``nobody`` is the instance's chain while it has none."""
    sql = "UPDATE audit_chains SET seq = seq WHERE tenant_id = :tenant_id"
    if not await tx.execute(sql, tenant_id=nobody.tenant_id):
        await keep_chain(tx, nobody, unless_there=True)
        # Somebody else may have been first to write it: only a change of the row waits for them.
        await tx.execute(sql, tenant_id=nobody.tenant_id)


async def find_chain(tx: Tx, tenant_id: str) -> Chain | None:
    sql = f"SELECT {columns(Chain)} FROM audit_chains WHERE tenant_id = :tenant_id"
    return await tx.find(Chain, sql, tenant_id=tenant_id)


async def keep_chain(tx: Tx, chain: Chain, *, unless_there: bool = False) -> None:
    """Write how far a chain goes."""
    change = (
        "DO NOTHING"
        if unless_there
        else "DO UPDATE SET seq = excluded.seq, hash = excluded.hash, checkpoint_seq = excluded.checkpoint_seq,"
        " checkpoint_due_at = excluded.checkpoint_due_at, proof = excluded.proof"
    )
    await tx.execute(
        f"INSERT INTO audit_chains ({columns(Chain)}) VALUES (:tenant_id, :seq, :hash, :checkpoint_seq, :checkpoint_due_at,"
        f" :proof) ON CONFLICT (tenant_id) {change}",
        **msgspec.structs.asdict(chain),
    )


async def list_chains_due(tx: Tx, now: datetime, *, at_most: int) -> list[Chain]:
    """Return the chains whose end is to be signed now."""
    return await tx.list(
        Chain,
        f"SELECT {columns(Chain)} FROM audit_chains WHERE checkpoint_due_at <= :now"
        " ORDER BY checkpoint_due_at LIMIT :at_most",
        now=now,
        at_most=at_most,
    )


class Checkpoint(msgspec.Struct, frozen=True):
    """A signed statement of how a chain ended at a time: the exact bytes that are signed, and the signature."""

    tenant_id: str
    seq: int
    statement: bytes
    signature: bytes


_CHECKPOINT = f"SELECT {columns(Checkpoint)} FROM audit_checkpoints"


async def add_checkpoint(tx: Tx, checkpoint: Checkpoint) -> None:
    await tx.execute(
        f"INSERT INTO audit_checkpoints ({columns(Checkpoint)}) VALUES (:tenant_id, :seq, :statement, :signature)",
        **msgspec.structs.asdict(checkpoint),
    )


async def find_last_checkpoint(tx: Tx, tenant_id: str) -> Checkpoint | None:
    sql = f"{_CHECKPOINT} WHERE tenant_id = :tenant_id ORDER BY seq DESC LIMIT 1"
    return await tx.find(Checkpoint, sql, tenant_id=tenant_id)


async def list_checkpoints(tx: Tx, tenant_id: str, *, after: int, at_most: int) -> list[Checkpoint]:
    """Return the next checkpoints of a chain behind a number."""
    return await tx.list(
        Checkpoint,
        f"{_CHECKPOINT} WHERE tenant_id = :tenant_id AND seq > :after ORDER BY seq LIMIT :at_most",
        tenant_id=tenant_id,
        after=after,
        at_most=at_most,
    )
