"""Stopping an import: what has gone over to the library goes on, the rest is not begun."""

from stagedoor.audit.store import record
from stagedoor.db.database import Tx
from stagedoor.errors import Conflict
from stagedoor.imports.store import IMPORT, Import, get_import, mark_cancelled
from stagedoor.jobs.store import add_job
from stagedoor.runtime import Runtime


async def cancel_import(rt: Runtime, tenant_id: str, import_id: str, *, by: str) -> Import:
    """Begin nothing of an import any more. Safe to repeat.

    Raises:
        NotFound: the tenant has no such import.
        Conflict: it has come to its end.

    """
    now = rt.clock.now()

    async def work(tx: Tx) -> Import:
        if await mark_cancelled(tx, tenant_id, import_id, now):
            await record(tx, tenant_id, by, "import.cancelled", import_id, now=now)
            await add_job(tx, tenant_id, IMPORT, import_id, now=now, due_at=now)
        return await get_import(tx, tenant_id, import_id)

    found = await rt.db.write(work)
    if found.cancelled_at is None:
        raise Conflict("This import has come to its end.", field="import_id")
    return found
