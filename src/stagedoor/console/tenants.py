"""Tenants: the list, a new one, and how often one may call."""

from stagedoor.assets.store import STATUSES, count_assets
from stagedoor.console.browser import Answer, see_other
from stagedoor.console.endpoint import Act, Page
from stagedoor.console.visit import Visit
from stagedoor.db.database import Tx
from stagedoor.errors import InvalidParameter
from stagedoor.groups.listing import GROUP_TYPES
from stagedoor.groups.store import count_groups
from stagedoor.keys.limit import limit_tenant
from stagedoor.quotas.rates import checked
from stagedoor.tenants.create import create_tenant
from stagedoor.tenants.store import list_tenants_after

AT_ONCE = 50
LONGEST_NAME = 128


async def show_all(visit: Visit) -> Answer:
    after = visit.browser.query.get("after", "")
    found = await visit.rt.db.read(lambda tx: list_tenants_after(tx, after, at_most=AT_ONCE + 1))
    following = found[AT_ONCE - 1].id if len(found) > AT_ONCE else ""
    shown = sorted(found[:AT_ONCE], key=lambda tenant: tenant.name.casefold())
    return visit.page("tenants.html", tenants=shown, first=after, following=following)


async def add(visit: Visit) -> Answer:
    name = visit.field("name")
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidParameter(f"A name has 1 to {LONGEST_NAME} characters.", field="Name")
    rate, project = checked(visit.field("rate") or None), visit.field("project") or None
    tenant = await create_tenant(visit.rt, name, project_name=project, rate_limit=rate, by=visit.by)
    return see_other(f"/console/tenants/{tenant.id}")


async def show(visit: Visit) -> Answer:
    tenant = await visit.tenant()

    async def count(tx: Tx) -> dict[str, int]:
        counts: dict[str, int] = {
            status: await count_assets(tx, tenant.id, group_ids=None, group_types=GROUP_TYPES, statuses=(status,))
            for status in STATUSES
        }
        return {**counts, "groups": await count_groups(tx, tenant.id, GROUP_TYPES)}

    return visit.page("tenant-summary.html", tenant=tenant, counts=await visit.rt.db.read(count))


async def limit(visit: Visit) -> None:
    tenant = await visit.tenant()
    await limit_tenant(visit.rt, tenant.id, visit.field("rate") or None, by=visit.by)


PAGES = [
    Page("/console/tenants", show_all, {"add": Act(add)}),
    Page("/console/tenants/{tenant}", show, {"limit": Act(limit)}),
]
