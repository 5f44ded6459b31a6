"""Reading a trail as tests do: everything that was written, sealed."""

from typing import Any

from stagedoor.audit.listing import open_entry, read_trail
from stagedoor.audit.seal import seal_all
from stagedoor.audit.store import record
from stagedoor.runtime import Runtime
from tests.support.story import eventually


async def entries_of(rt: Runtime, tenant_id: str) -> list[dict[str, Any]]:
    """Seal what is there and return a tenant's entries in their order."""
    await seal_all(rt)

    async def nothing_waits() -> bool:
        sql = "SELECT count(*) FROM audit_inbox"
        return await rt.db.read(lambda tx: tx.number(sql)) == 0

    # On PostgreSQL, a transaction of anybody else on the server holds it up.
    await eventually(nothing_waits, seconds=45)
    return [open_entry(sealed) for sealed in (await read_trail(rt, tenant_id, 0, limit=10_000)).entries]


async def happens(rt: Runtime, tenant_id: str, object_id: str) -> None:
    """Write an entry in a transaction of its own."""
    details = {"channel_id": "ch"}
    await rt.db.write(
        lambda tx: record(tx, tenant_id, "key:k", "group.created", object_id, details, now=rt.clock.now())
    )
