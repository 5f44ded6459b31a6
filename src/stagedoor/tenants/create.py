"""Adding a tenant."""

from stagedoor.runtime import Runtime
from stagedoor.tenants.store import Tenant, add_tenant


async def create_tenant(rt: Runtime, name: str, *, project_name: str | None = None) -> Tenant:
    """Add a customer.

    Args:
        rt: the runtime.
        name: what the operator calls it.
        project_name: binds everything it owns to one project of the upstream account.

    """
    tenant = Tenant(rt.new_id("tn"), name, project_name, rt.clock.now())
    await rt.db.write(lambda tx: add_tenant(tx, tenant))
    return tenant
