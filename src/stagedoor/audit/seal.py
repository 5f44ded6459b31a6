"""Sealing: entries into their chains, a second or so after they were written, and the chains' ends under signatures.

Nobody who changes something waits for it. Whichever process comes first does it; the others find nothing left to do.
"""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby

import msgspec
import structlog

from stagedoor.audit.chain import BEGINNING, AuditKey, make_checkpoint, seal
from stagedoor.audit.store import (
    GATEWAY,
    INSTANCE,
    Chain,
    Pending,
    Sealed,
    add_checkpoint,
    add_sealed,
    find_chain,
    find_last_checkpoint,
    find_last_sealed,
    has_pending,
    keep_chain,
    list_chains_due,
    list_pending,
    remove_pending,
    take_turn,
)
from stagedoor.crash import crash_point
from stagedoor.db.database import Tx
from stagedoor.errors import StagedoorError
from stagedoor.runtime import Runtime

log = structlog.get_logger()

EVERY_SECONDS = 0.5
AT_ONCE = 50
"""On SQLite nothing else is done meanwhile: a few milliseconds."""
MOST_UNSIGNED = 1000
"""A chain's end is signed when this many entries have come to it, and otherwise when its time has come."""


async def keep_sealing(rt: Runtime) -> None:
    """Seal what is written and sign what is due, for as long as the gateway runs."""
    while True:
        try:
            await seal_all(rt)
            await sign_due(rt)
        except StagedoorError as error:
            log.warning("sealing_failed", error=error.full_code)
        except Exception:
            # Whatever it is: what was not sealed is sealed the next time.
            log.exception("sealing_failed")
        await asyncio.sleep(EVERY_SECONDS)


async def seal_all(rt: Runtime) -> None:
    """Seal everything that is written down now."""
    key, sealed = AuditKey(rt.vault), 0
    while await rt.db.read(has_pending):
        # Soft: what a power cut undoes here is sealed once more, into the same bytes.
        count = await rt.db.write(lambda tx: _seal(tx, rt, key), soft=True)
        sealed += count
        if count < AT_ONCE:
            break
    if sealed:
        crash_point("C9")


async def sign_due(rt: Runtime) -> None:
    """Sign the ends of the chains whose time has come."""
    key = AuditKey(rt.vault)
    while await rt.db.read(lambda tx: list_chains_due(tx, rt.clock.now(), at_most=1)):
        await rt.db.write(lambda tx: _sign(tx, rt, key))


async def sign_now(rt: Runtime, tenant_id: str) -> None:
    """Sign the end of one chain, if anything has come to it since it was signed last."""
    key = AuditKey(rt.vault)

    async def work(tx: Tx) -> None:
        await take_turn(tx, _first(key, INSTANCE))
        chain = await find_chain(tx, tenant_id)
        if chain is not None and chain.checkpoint_due_at is not None:
            await _sign_one(tx, key, chain, rt.clock.now())

    await rt.db.write(work)


async def _seal(tx: Tx, rt: Runtime, key: AuditKey) -> int:
    await take_turn(tx, _first(key, INSTANCE))
    pending = await list_pending(tx, at_most=AT_ONCE)
    if not pending:
        return 0
    now, sealed = rt.clock.now(), list[Sealed]()
    # The sort keeps the order of each tenant's entries.
    for tenant_id, entries in groupby(sorted(pending, key=lambda one: one.tenant_id), lambda one: one.tenant_id):
        sealed += await _append(tx, rt, key, tenant_id, entries, now)
    await add_sealed(tx, sealed)
    await remove_pending(tx, pending[-1])
    return len(pending)


async def _append(
    tx: Tx, rt: Runtime, key: AuditKey, tenant_id: str, entries: Iterable[Pending], now: datetime
) -> list[Sealed]:
    """Return a tenant's entries in their chain, and write how far it goes with them."""
    chain = await find_chain(tx, tenant_id) or _first(key, tenant_id)
    last = await find_last_sealed(tx, tenant_id)
    seq, before = (0, BEGINNING) if last is None else (last.seq, last.hash.hex())
    sealed: list[Sealed] = []
    todo = [*entries]
    if chain.proof != key.prove(chain) or (chain.seq, chain.hash.hex()) != (seq, before):
        # Going on as if nothing had happened would cover an edit: the chain itself says that there was one.
        log.error("audit_trail_damaged", tenant_id=tenant_id, sealed_seq=chain.seq, found_seq=seq)
        todo.insert(0, _damage(chain, now))
    for one in todo:
        seq += 1
        sealed.append(seal(one, seq, before))
        before = sealed[-1].hash.hex()
    await keep_chain(tx, _signed_by(key, _longer(rt, chain, sealed[-1], now)))
    return sealed


def _first(key: AuditKey, tenant_id: str) -> Chain:
    return _signed_by(key, Chain(tenant_id, 0, bytes.fromhex(BEGINNING), 0, None, b""))


def _signed_by(key: AuditKey, chain: Chain) -> Chain:
    return msgspec.structs.replace(chain, proof=key.prove(chain))


def _longer(rt: Runtime, chain: Chain, last: Sealed, now: datetime) -> Chain:
    due_at = chain.checkpoint_due_at or now + timedelta(seconds=rt.settings.audit_checkpoint_seconds)
    if last.seq - chain.checkpoint_seq >= MOST_UNSIGNED:
        due_at = min(due_at, now)
    return msgspec.structs.replace(chain, seq=last.seq, hash=last.hash, checkpoint_due_at=due_at)


def _damage(chain: Chain, now: datetime) -> Pending:
    details = msgspec.json.encode({"sealed_seq": chain.seq})
    return Pending(0, 0, chain.tenant_id, GATEWAY, "audit.damaged", chain.tenant_id, details, now)


async def _sign(tx: Tx, rt: Runtime, key: AuditKey) -> None:
    now = rt.clock.now()
    await take_turn(tx, _first(key, INSTANCE))
    for chain in await list_chains_due(tx, now, at_most=AT_ONCE):
        await _sign_one(tx, key, chain, now)


async def _sign_one(tx: Tx, key: AuditKey, chain: Chain, now: datetime) -> None:
    before = await find_last_checkpoint(tx, chain.tenant_id)
    if chain.proof == key.prove(chain) and (before is None or before.seq < chain.seq):
        await add_checkpoint(tx, make_checkpoint(key, chain, before, now))
        chain = _signed_by(key, msgspec.structs.replace(chain, checkpoint_seq=chain.seq))
    # What was edited is not signed: the next entry says that there was an edit, and is signed with it.
    await keep_chain(tx, msgspec.structs.replace(chain, checkpoint_due_at=None))
