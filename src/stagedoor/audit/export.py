"""A chain as a file of lines, for keeping somewhere else and for verifying without this program.

The first line says what it is, then come entries and checkpoints in their order, the last line says how much there must be; both
are signed. The public key in the first line is a convenience: whoever verifies brings the one they trust.
"""

from collections.abc import AsyncIterator

from stagedoor.audit.chain import BEGINNING, AuditKey, canonical, moment, sha256
from stagedoor.audit.seal import seal_all, sign_now
from stagedoor.audit.store import Checkpoint, Sealed, find_chain, record
from stagedoor.audit.walk import walk
from stagedoor.db.database import Tx
from stagedoor.runtime import Runtime

FORM = 1


async def export(rt: Runtime, tenant_id: str, *, by: str) -> AsyncIterator[bytes]:
    """Yield the lines of a tenant's chain as it is now, and note in it that it was exported."""
    key = AuditKey(rt.vault)
    await _note(rt, tenant_id, by)
    chain = await rt.db.read(lambda tx: find_chain(tx, tenant_id))
    seq, digest = (0, BEGINNING) if chain is None else (chain.seq, chain.hash.hex())
    told = {"form": FORM, "key": key.public, "made_at": moment(rt.clock.now()), "tenant": tenant_id}
    first = _signed("export", canonical(told), key.sign(canonical(told)))
    yield first
    entries = checkpoints = 0
    async for one in walk(rt, tenant_id, until=seq):
        yield _line(one)
        entries += isinstance(one, Sealed)
        checkpoints += isinstance(one, Checkpoint)
    counted = {"checkpoints": checkpoints, "entries": entries, "hash": digest, "seq": seq}
    end = canonical({**counted, "first_line": sha256(first).hex(), "tenant": tenant_id})
    yield _signed("end", end, key.sign(end))


async def _note(rt: Runtime, tenant_id: str, by: str) -> None:
    async def work(tx: Tx) -> None:
        chain = await find_chain(tx, tenant_id)
        last = {"last_seq": 0 if chain is None else chain.seq}
        await record(tx, tenant_id, by, "audit.exported", tenant_id, last, now=rt.clock.now())

    await rt.db.write(work)
    await seal_all(rt)
    await sign_now(rt, tenant_id)


def _line(one: Sealed | Checkpoint) -> bytes:
    if isinstance(one, Sealed):
        return b'{"entry":%s,"hash":"%s"}' % (one.entry, one.hash.hex().encode())
    return _signed("checkpoint", one.statement, one.signature)


def _signed(name: str, statement: bytes, signature: bytes) -> bytes:
    return b'{"%s":%s,"signature":"%s"}' % (name.encode(), statement, signature.hex().encode())
