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
    rate_limit: str | None = None
    """How often it may call, ``100/s``; ``off``: as often as it likes; None: what the setting says."""


async def add_tenant(tx: Tx, tenant: Tenant) -> None:
    await tx.execute(
        f"INSERT INTO tenants ({columns(Tenant)}) VALUES (:id, :name, :project_name, :created_at, :rate_limit)",
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


async def mark_tenant_limited(tx: Tx, tenant_id: str, rate_limit: str | None) -> None:
    """Write how often a tenant may call.

    Raises:
        NotFound: there is none with this id.

    """
    sql = "UPDATE tenants SET rate_limit = :rate_limit WHERE id = :id"
    if not await tx.execute(sql, id=tenant_id, rate_limit=rate_limit):
        raise NotFound(f"There is no tenant {tenant_id}.", field="tenant_id")


async def list_tenants(tx: Tx) -> list[Tenant]:
    return await tx.list(Tenant, f"SELECT {columns(Tenant)} FROM tenants ORDER BY created_at, id")


async def list_tenants_after(tx: Tx, tenant_id: str, *, at_most: int) -> list[Tenant]:
    """Return the next tenants behind one, in the order of their ids."""
    sql = f"SELECT {columns(Tenant)} FROM tenants WHERE id > :id ORDER BY id LIMIT :at_most"
    return await tx.list(Tenant, sql, id=tenant_id, at_most=at_most)
