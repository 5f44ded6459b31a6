"""Verifying the audit trail of this instance in its database."""

import msgspec

from stagedoor.audit.chain import BEGINNING, AuditKey
from stagedoor.audit.check import ChainCheck
from stagedoor.audit.store import Chain, Checkpoint, Sealed, count_pending, find_chain
from stagedoor.audit.walk import walk
from stagedoor.db.database import Tx
from stagedoor.runtime import Runtime

MOST_COUNTED = 10_000


class Verdict(msgspec.Struct, frozen=True):
    """What was found out about a chain. A tail without a checkpoint, and entries that wait, are no damage."""

    tenant_id: str
    seq: int
    hash: str
    entries: int
    checkpoints: int
    tail: int
    pending: int
    findings: list[str]


async def verify_chain(rt: Runtime, tenant_id: str, *, head: str = "") -> Verdict:
    """Look at every entry and checkpoint of a chain, and at how far it should go. Changes nothing.

    Args:
        rt: the runtime.
        tenant_id: whose chain.
        head: ``seq:hash`` as an earlier verdict gave it, kept where nobody who edits the database can reach it.

    """
    key = AuditKey(rt.vault)
    # First how far it goes, then no further than that: more may come meanwhile.
    chain, pending = await _read_end(rt, tenant_id)
    check = ChainCheck(tenant_id, key.public)
    known = head in {"", f"0:{BEGINNING}"}
    async for one in walk(rt, tenant_id):
        if chain is not None and one.seq > chain.seq and await _has_grown(rt, chain):
            break
        look_at(check, one)
        known = known or head == f"{check.seq}:{check.hash}"
    if chain is None and check.entries and (await _read_end(rt, tenant_id))[0] is not None:
        return await verify_chain(rt, tenant_id, head=head)  # it has begun meanwhile
    _check_end(check, key, chain)
    if not known:
        check.find(check.seq, f"the chain does not hold {head}: something was cut off or replaced since then")
    return _verdict(tenant_id, check, pending)


def look_at(check: ChainCheck, one: Sealed | Checkpoint) -> None:
    """Look at what is stored as the next entry or checkpoint."""
    if isinstance(one, Sealed):
        check.entry(one.seq, one.entry, one.hash, one.object_id)
    else:
        check.checkpoint(one.seq, one.statement, one.signature)


async def _read_end(rt: Runtime, tenant_id: str) -> tuple[Chain | None, int]:
    async def work(tx: Tx) -> tuple[Chain | None, int]:
        return await find_chain(tx, tenant_id), await count_pending(tx, tenant_id, at_most=MOST_COUNTED)

    return await rt.db.read(work)


def _verdict(tenant_id: str, check: ChainCheck, pending: int) -> Verdict:
    return Verdict(
        tenant_id=tenant_id,
        seq=check.seq,
        hash=check.hash,
        entries=check.entries,
        checkpoints=check.checkpoints,
        tail=check.tail,
        pending=pending,
        findings=[str(finding) for finding in check.findings],
    )


async def _has_grown(rt: Runtime, before: Chain) -> bool:
    """Tell whether entries behind the end have come since, in their proper way."""
    after = await rt.db.read(lambda tx: find_chain(tx, before.tenant_id))
    return after is not None and after.seq > before.seq and AuditKey(rt.vault).prove(after) == after.proof


def _check_end(check: ChainCheck, key: AuditKey, chain: Chain | None) -> None:
    if chain is None:
        if check.entries or check.checkpoints:
            check.find(check.seq, "how far the chain goes is not on record any more")
        return
    if chain.proof != key.prove(chain):
        check.find(chain.seq, "how far the chain goes was not written by this gateway")
    if (chain.seq, chain.hash.hex()) != (check.seq, check.hash):
        check.find(check.seq, f"the chain ends here, but {chain.seq} entries were sealed")
    if chain.checkpoint_seq > check.checkpoint_seq:
        check.find(chain.checkpoint_seq, "its checkpoint is missing")
