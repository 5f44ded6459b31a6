"""Adding a tenant."""

from stagedoor.audit.store import OPERATOR, record
from stagedoor.db.database import Tx
from stagedoor.runtime import Runtime
from stagedoor.tenants.store import Tenant, add_tenant


async def create_tenant(
    rt: Runtime, name: str, *, project_name: str | None = None, rate_limit: str | None = None, by: str = OPERATOR
) -> Tenant:
    """Add a customer.

    Args:
        rt: the runtime.
        name: what the operator calls it.
        project_name: binds everything it owns to one project of the upstream account.
        rate_limit: how often it may call, ``100/s``; None for what the setting says.
        by: who adds it.

    """
    tenant = Tenant(rt.new_id("tn"), name, project_name, rt.clock.now(), rate_limit)

    async def work(tx: Tx) -> None:
        await add_tenant(tx, tenant)
        await record(tx, tenant.id, by, "tenant.created", tenant.id, now=tenant.created_at)

    await rt.db.write(work)
    return tenant
