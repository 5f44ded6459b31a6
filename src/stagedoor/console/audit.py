"""The audit trail of a tenant or of the instance, the latest entries first, and whether anybody has edited it."""

from typing import Any

from stagedoor.audit.catalogue import ACTIONS
from stagedoor.audit.listing import open_entry, read_trail
from stagedoor.audit.store import INSTANCE, Chain, Sealed, count_pending, find_chain
from stagedoor.audit.verify import Verdict, verify_chain
from stagedoor.console.browser import Answer
from stagedoor.console.endpoint import Act, Page
from stagedoor.console.visit import Visit
from stagedoor.db.database import Tx
from stagedoor.errors import OperationDenied

AT_ONCE = 50
MOST_PENDING = 1_000
MOST_VERIFIED = 20_000


async def show_tenants(visit: Visit) -> Answer:
    tenant = await visit.tenant()
    return await _show(visit, tenant.id, "tenant-audit.html", tenant=tenant)


async def show_instances(visit: Visit) -> Answer:
    return await _show(visit, INSTANCE, "audit.html")


async def _show(
    visit: Visit, tenant_id: str, template: str, *, verdict: Verdict | None = None, **context: Any
) -> Answer:
    async def look(tx: Tx) -> tuple[Chain | None, int]:
        return await find_chain(tx, tenant_id), await count_pending(tx, tenant_id, at_most=MOST_PENDING)

    chain, pending = await visit.rt.db.read(look)
    last = _last(visit, 0 if chain is None else chain.seq)
    page = await read_trail(visit.rt, tenant_id, max(0, last - AT_ONCE), limit=min(AT_ONCE, last))
    entries = [_readable(one) for one in reversed(page.entries)]
    older = str(last - AT_ONCE) if last > AT_ONCE else ""
    return visit.page(
        template,
        chain=chain,
        pending=pending,
        entries=entries,
        sentences=ACTIONS,
        first="" if chain is None or last == chain.seq else "yes",
        older=older,
        verdict=verdict,
        **context,
    )


def _readable(sealed: Sealed) -> dict[str, Any]:
    """Return an entry's fields; of one that somebody has made unreadable, that it was."""
    known = {"at": "", "by": "", "action": "?", "object": sealed.object_id, "details": {}}
    try:
        return {**known, **open_entry(sealed), "seq": sealed.seq}
    except (ValueError, TypeError):
        return {**known, "seq": sealed.seq}


def _last(visit: Visit, end: int) -> int:
    """Return the number of the latest entry on the page."""
    asked = visit.browser.query.get("after", "")
    return min(int(asked), end) if asked.isascii() and asked.isdigit() and len(asked) < 19 else end


async def verify_tenants(visit: Visit) -> Answer:
    tenant = await visit.tenant()
    return await _show(visit, tenant.id, "tenant-audit.html", verdict=await _verify(visit, tenant.id), tenant=tenant)


async def verify_instances(visit: Visit) -> Answer:
    return await _show(visit, INSTANCE, "audit.html", verdict=await _verify(visit, INSTANCE))


async def _verify(visit: Visit, tenant_id: str) -> Verdict:
    """Look at every entry of a chain that is not too long for somebody who waits for a page.

    Raises:
        OperationDenied: it is.

    """
    chain = await visit.rt.db.read(lambda tx: find_chain(tx, tenant_id))
    if chain is not None and chain.seq > MOST_VERIFIED:
        raise OperationDenied("This trail is too long to be verified while you wait: stagedoor audit verify does it.")
    return await verify_chain(visit.rt, tenant_id)


PAGES = [
    Page("/console/audit", show_instances, {"verify": Act(verify_instances, own=True)}),
    Page("/console/tenants/{tenant}/audit", show_tenants, {"verify": Act(verify_tenants, own=True)}),
]
