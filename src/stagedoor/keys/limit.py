"""How often a tenant and its keys may call: changed by operators, in force everywhere within 2 seconds."""

from stagedoor.audit.store import OPERATOR, record
from stagedoor.db.database import Tx
from stagedoor.errors import NotFound
from stagedoor.keys.store import ApiKey, find_key, mark_key_limited
from stagedoor.quotas.rates import checked
from stagedoor.runtime import Runtime
from stagedoor.tenants.store import Tenant, get_tenant, mark_tenant_limited


async def limit_tenant(rt: Runtime, tenant_id: str, rate_limit: str | None, *, by: str = OPERATOR) -> Tenant:
    """Set how often a tenant may call, with all of its keys together, and return it.

    Args:
        rt: the runtime.
        tenant_id: who.
        rate_limit: ``100/s``, ``off``, or None for what the setting says.
        by: who sets it.

    Raises:
        NotFound: there is no such tenant.
        InvalidParameter: the rate cannot be read.

    """
    checked(rate_limit)

    async def work(tx: Tx) -> Tenant:
        await mark_tenant_limited(tx, tenant_id, rate_limit)
        details = {"rate": rate_limit or "setting"}
        await record(tx, tenant_id, by, "tenant.limited", tenant_id, details, now=rt.clock.now())
        return await get_tenant(tx, tenant_id)

    return await rt.db.write(work)


async def limit_key(rt: Runtime, key_id: str, rate_limit: str | None, *, by: str = OPERATOR) -> ApiKey:
    """Set how often a tenant's key may call, and return the key.

    Args:
        rt: the runtime.
        key_id: which key.
        rate_limit: ``50/s``, ``off``, or None for what the setting says.
        by: who sets it.

    Raises:
        NotFound: there is no such key, or it is an operator's.
        InvalidParameter: the rate cannot be read.

    """
    checked(rate_limit)

    async def work(tx: Tx) -> ApiKey:
        await mark_key_limited(tx, key_id, rate_limit)
        key = await find_key(tx, key_id)
        if key is None or key.tenant_id is None:
            raise NotFound(f"There is no tenant's key {key_id}.", field="key_id")
        details = {"rate": rate_limit or "setting"}
        await record(tx, key.tenant_id, by, "key.limited", key_id, details, now=rt.clock.now())
        return key

    return await rt.db.write(work)
