"""What actors have taken back: which groups have to go, how far that is, and the proofs."""

import json

from stagedoor.console.browser import Answer
from stagedoor.console.endpoint import Page
from stagedoor.console.visit import Visit
from stagedoor.db.database import Tx
from stagedoor.deletions.store import Deletion, Step, get_deletion, list_deletions, list_steps

AT_ONCE = 100


async def show_all(visit: Visit) -> Answer:
    tenant = await visit.tenant()
    deletions = await visit.rt.db.read(lambda tx: list_deletions(tx, tenant.id, at_most=AT_ONCE))
    return visit.page("deletions.html", tenant=tenant, deletions=deletions, most=AT_ONCE)


async def show(visit: Visit) -> Answer:
    tenant, group_id = await visit.tenant(), visit.params["group"]

    async def look(tx: Tx) -> tuple[Deletion, list[Step]]:
        return await get_deletion(tx, tenant.id, group_id), await list_steps(tx, group_id)

    deletion, steps = await visit.rt.db.read(look)
    proof = "" if deletion.proof is None else json.dumps(json.loads(deletion.proof), indent=2, ensure_ascii=False)
    return visit.page("deletion.html", tenant=tenant, deletion=deletion, steps=steps, proof=proof)


PAGES = [
    Page("/console/tenants/{tenant}/deletions", show_all),
    Page("/console/tenants/{tenant}/deletions/{group}", show),
]
