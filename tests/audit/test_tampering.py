"""Every edit of a trail is found and its place is named: in an export by two programs, in the database by one."""

import importlib.util
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

from stagedoor.audit.chain import AuditKey
from stagedoor.audit.export import export
from stagedoor.audit.seal import seal_all, sign_due
from stagedoor.audit.verify import Verdict, verify_chain
from stagedoor.audit.verify_export import verify_export
from stagedoor.clock import MovableClock
from stagedoor.db.database import Param, Tx
from stagedoor.tenants.store import Tenant
from tests.audit.edits import EDITS
from tests.audit.trail import entries_of, happens
from tests.support.counts import times
from tests.support.gateway import RunningGateway
from tests.support.story import ON_SQLITE, eventually

PROGRAM = Path(__file__).parents[2] / "docs" / "how-to" / "verify_audit.py"
TRIES = times(500, 10_000)


def independent_verifier() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_audit", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
async def chained(gateway: RunningGateway, tenant: Tenant, clock: MovableClock) -> Tenant:
    """Return a tenant with 30 entries, a checkpoint behind every ten of them but the last."""
    for number in range(30):
        await happens(gateway.rt, tenant.id, f"g{number}")
        if number in {9, 19}:
            await entries_of(gateway.rt, tenant.id)
            clock.advance(timedelta(seconds=61))
            await sign_due(gateway.rt)

            async def signed(number: int = number) -> bool:
                return (await verify_chain(gateway.rt, tenant.id)).checkpoints == number // 10 + 1

            await eventually(signed)
    await entries_of(gateway.rt, tenant.id)
    return tenant


@ON_SQLITE
async def test_every_edit_of_an_export_is_found_and_named_by_both_verifiers(
    gateway: RunningGateway, chained: Tenant
) -> None:
    data = b"".join([line + b"\n" async for line in export(gateway.rt, chained.id, by="operator")])
    key, other = AuditKey(gateway.rt.vault).public, independent_verifier()
    assert verify_export(data.splitlines(keepends=True), key).findings == []
    assert list(other.problems(data, key)) == []
    for seed in range(TRIES):
        edit = EDITS[seed % len(EDITS)]
        edited = edit(data, Random(seed))
        found = [finding.line for finding in verify_export(_lines(edited.data), key).findings]
        theirs = [line for line, _ in other.problems(edited.data, key)]
        for lines in (found, theirs):
            assert lines, (seed, edit.__name__)
            assert edited.line - 1 <= lines[0] <= edited.line + edited.hidden_for, (seed, edit.__name__)


def _lines(data: bytes) -> list[bytes]:
    """Return the lines as a file gives them."""
    *whole, rest = data.split(b"\n")
    return [line + b"\n" for line in whole] + ([rest] if rest else [])


Break = Callable[[Tx, str], Awaitable[object]]


def run(sql: str, **params: Param) -> Break:
    return lambda tx, tenant_id: tx.execute(sql, tenant_id=tenant_id, **params)


OF = "WHERE tenant_id = :tenant_id"


async def swap_entries(tx: Tx, tenant_id: str) -> None:
    for old, new in ((4, 0), (5, 4), (0, 5)):
        await run(f"UPDATE audit_entries SET seq = {new} {OF} AND seq = {old}")(tx, tenant_id)


BREAKS: dict[str, tuple[Break, str]] = {
    "an entry is changed": (run(f"UPDATE audit_entries SET entry = :e {OF} AND seq = 12", e=b"{}"), "entry 12"),
    "a hash is changed": (run(f"UPDATE audit_entries SET hash = :h {OF} AND seq = 7", h=b"h" * 32), "entry 7"),
    "an entry is filed elsewhere": (run(f"UPDATE audit_entries SET object_id = 'x' {OF} AND seq = 3"), "entry 3"),
    "an entry is deleted": (run(f"DELETE FROM audit_entries {OF} AND seq = 15"), "entry 16: 15 to 15 are missing"),
    "the last entries are deleted": (run(f"DELETE FROM audit_entries {OF} AND seq > 27"), "entry 27: the chain ends"),
    "everything is deleted": (run(f"DELETE FROM audit_entries {OF}"), "entry 10"),
    "two entries change places": (swap_entries, "entry 4"),
    "a checkpoint is deleted": (run(f"DELETE FROM audit_checkpoints {OF} AND seq = 10"), "entry 20"),
    "the last checkpoint is deleted": (run(f"DELETE FROM audit_checkpoints {OF} AND seq = 20"), "entry 20"),
    "a checkpoint is changed": (
        run(f"UPDATE audit_checkpoints SET statement = :s {OF} AND seq = 10", s=b"{}"),
        "entry 10",
    ),
    "a signature is changed": (
        run(f"UPDATE audit_checkpoints SET signature = :s {OF} AND seq = 10", s=b"s" * 64),
        "entry 10",
    ),
    "the end is changed": (run(f"UPDATE audit_chains SET seq = 27 {OF}"), "entry"),
    "the end is deleted": (run(f"DELETE FROM audit_chains {OF}"), "how far the chain goes"),
}


@pytest.mark.parametrize("edit", BREAKS)
async def test_an_edit_of_the_database_is_found_and_named(gateway: RunningGateway, chained: Tenant, edit: str) -> None:
    work, place = BREAKS[edit]
    assert (await verify_chain(gateway.rt, chained.id)).findings == []
    await gateway.rt.db.write(lambda tx: work(tx, chained.id))
    found = await verify_chain(gateway.rt, chained.id)
    assert any(place in finding for finding in found.findings), found.findings


async def _find_after_more(gateway: RunningGateway, tenant: Tenant) -> Verdict:
    for number in range(3):
        await happens(gateway.rt, tenant.id, f"later{number}")
    await seal_all(gateway.rt)
    await entries_of(gateway.rt, tenant.id)
    return await verify_chain(gateway.rt, tenant.id)


@pytest.mark.parametrize("edit", ["the last entries are deleted", "the end is changed", "the end is deleted"])
async def test_going_on_does_not_cover_an_edit(gateway: RunningGateway, chained: Tenant, edit: str) -> None:
    work, _ = BREAKS[edit]
    await gateway.rt.db.write(lambda tx: work(tx, chained.id))
    found = await _find_after_more(gateway, chained)
    assert any("the gateway noticed an edit" in finding for finding in found.findings), found.findings


async def test_a_database_that_was_set_back_is_known_by_a_head_kept_elsewhere(
    gateway: RunningGateway, chained: Tenant
) -> None:
    before = await verify_chain(gateway.rt, chained.id)
    head = f"{before.seq}:{before.hash}"
    after = await _find_after_more(gateway, chained)
    assert after.findings == []
    assert (await verify_chain(gateway.rt, chained.id, head=head)).findings == []
    gone = f"{before.seq + 9}:{before.hash}"
    assert "cut off or replaced" in (await verify_chain(gateway.rt, chained.id, head=gone)).findings[0]
