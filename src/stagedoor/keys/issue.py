"""Making and revoking API keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from stagedoor.audit.store import INSTANCE, OPERATOR, record
from stagedoor.contract.operations import SCOPES
from stagedoor.crypto import new_api_key, new_key_pair
from stagedoor.db.database import Tx
from stagedoor.errors import InvalidParameter, NotFound
from stagedoor.keys.store import ApiKey, Kind, add_key, find_key, mark_key_paired, mark_key_revoked
from stagedoor.quotas.rates import checked
from stagedoor.runtime import Runtime
from stagedoor.sealed import PAIR_SECRET
from stagedoor.tenants.store import get_tenant

ADMIN_SCOPE = "instance:admin"


async def issue_key(
    rt: Runtime,
    tenant_id: str,
    *,
    kind: Kind = "live",
    name: str = "",
    scopes: Sequence[str] | None = None,
    models: Sequence[str] | None = None,
    expires_at: datetime | None = None,
    rate_limit: str | None = None,
    by: str = OPERATOR,
) -> tuple[ApiKey, str]:
    """Make a key for a tenant and return it with its secret, which is not shown again.

    Args:
        rt: the runtime.
        tenant_id: the owner.
        kind: ``live`` or ``test``; part of the secret's prefix.
        name: what it is for.
        scopes: what it may do; None for everything a tenant may do.
        models: the models it may name; None for all.
        expires_at: when it stops working; None for never.
        rate_limit: how often it may call, ``50/s``; None for what the setting says.
        by: who makes it.

    Raises:
        NotFound: there is no such tenant.
        InvalidParameter: a scope does not exist, or the rate cannot be read.

    """
    if unknown := sorted(set(scopes or ()) - set(SCOPES)):
        raise InvalidParameter(f"Unknown scope {unknown[0]}. There are: {', '.join(SCOPES)}.", field="Scopes")
    await rt.db.read(lambda tx: get_tenant(tx, tenant_id))
    granted = SCOPES if scopes is None else tuple(scopes)
    named = None if models is None else tuple(models)
    return await _issue(rt, tenant_id, kind, name, granted, named, expires_at, checked(rate_limit), by=by)


async def issue_admin_key(rt: Runtime, *, name: str = "", by: str = OPERATOR) -> tuple[ApiKey, str]:
    """Make an operator's key and return it with its secret."""
    return await _issue(rt, None, "admin", name, (ADMIN_SCOPE,), None, None, by=by)


async def _issue(
    rt: Runtime,
    tenant_id: str | None,
    kind: Kind,
    name: str,
    scopes: tuple[str, ...],
    models: tuple[str, ...] | None,
    expires_at: datetime | None,
    rate_limit: str | None = None,
    *,
    by: str,
) -> tuple[ApiKey, str]:
    secret = new_api_key(kind)
    key = ApiKey(
        id=rt.new_id("key"),
        tenant_id=tenant_id,
        kind=kind,
        name=name,
        secret_hash=rt.vault.hash("api_key", secret),
        hint=secret[-4:],
        scopes=scopes,
        models=models,
        created_at=rt.clock.now(),
        expires_at=expires_at,
        revoked_at=None,
        rate_limit=rate_limit,
    )

    async def work(tx: Tx) -> None:
        await add_key(tx, key)
        await record(tx, tenant_id or INSTANCE, by, "key.issued", key.id, {"kind": kind}, now=key.created_at)

    await rt.db.write(work)
    return key, secret


class KeyPair(NamedTuple):
    """An access key and its secret key, which is not shown again."""

    access_key: str
    secret_key: str


async def give_pair(rt: Runtime, key_id: str, *, by: str = OPERATOR) -> tuple[ApiKey, KeyPair]:
    """Give a tenant's key a pair that signs requests with the key's rights; an earlier pair stops working within 2 seconds.

    Raises:
        NotFound: there is no such key, it was revoked, or it is an operator's.

    """
    pair = KeyPair(*new_key_pair())
    sealed = rt.vault.seal(secret_key_place(pair.access_key), pair.secret_key)

    async def work(tx: Tx) -> ApiKey | None:
        key = await mark_key_paired(tx, key_id, pair.access_key, sealed)
        if key is not None:
            await record(tx, key.tenant_id or INSTANCE, by, "key.paired", key.id, now=rt.clock.now())
        return key

    key = await rt.db.write(work)
    if key is None:
        raise NotFound(f"There is no unrevoked tenant's key {key_id}.", field="key_id")
    return key, pair


def secret_key_place(access_key: str) -> str:
    return PAIR_SECRET.place(access_key)


async def revoke_key(rt: Runtime, key_id: str, *, by: str = OPERATOR) -> None:
    """Make a key useless, in every process within 2 seconds.

    Raises:
        NotFound: there is no such key, or it was revoked before.

    """

    async def work(tx: Tx) -> bool:
        now = rt.clock.now()
        key = await find_key(tx, key_id)
        if key is None or not await mark_key_revoked(tx, key_id, now):
            return False
        await record(tx, key.tenant_id or INSTANCE, by, "key.revoked", key_id, now=now)
        return True

    if not await rt.db.write(work):
        raise NotFound(f"There is no unrevoked key {key_id}.", field="key_id")
