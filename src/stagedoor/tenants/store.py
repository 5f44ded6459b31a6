"""A tenant and its SQL."""

from datetime import datetime

import msgspec

from stagedoor.db.database import Tx
from stagedoor.db.rows import columns
from stagedoor.errors import NotFound


class Tenant(msgspec.Struct, frozen=True):
    """A customer. With a ``project_name``, everything it owns lives in that project of the upstream account."""

    id: str
    name: str
    project_name: str | None
    created_at: datetime


async def add_tenant(tx: Tx, tenant: Tenant) -> None:
    await tx.execute(
        "INSERT INTO tenants (id, name, project_name, created_at) VALUES (:id, :name, :project_name, :created_at)",
        **msgspec.structs.asdict(tenant),
    )


async def get_tenant(tx: Tx, tenant_id: str) -> Tenant:
    """Return the tenant.

    Raises:
        NotFound: there is none with this id.

    """
    tenant = await tx.find(Tenant, f"SELECT {columns(Tenant)} FROM tenants WHERE id = :id", id=tenant_id)
    if tenant is None:
        raise NotFound(f"There is no tenant {tenant_id}.", field="tenant_id")
    return tenant


async def list_tenants(tx: Tx) -> list[Tenant]:
    return await tx.list(Tenant, f"SELECT {columns(Tenant)} FROM tenants ORDER BY created_at, id")
