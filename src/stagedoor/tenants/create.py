"""Adding a tenant."""

from stagedoor.runtime import Runtime
from stagedoor.tenants.store import Tenant, add_tenant


async def create_tenant(
    rt: Runtime, name: str, *, project_name: str | None = None, rate_limit: str | None = None
) -> Tenant:
    """Add a customer.

    Args:
        rt: the runtime.
        name: what the operator calls it.
        project_name: binds everything it owns to one project of the upstream account.
        rate_limit: how often it may call, ``100/s``; None for what the setting says.

    """
    tenant = Tenant(rt.new_id("tn"), name, project_name, rt.clock.now(), rate_limit)
    await rt.db.write(lambda tx: add_tenant(tx, tenant))
    return tenant
