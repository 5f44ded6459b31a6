"""An API key and its SQL. Its secret is never stored; the secret key of its pair is stored sealed."""

from datetime import datetime
from typing import Literal

import msgspec

from stagedoor.db.database import Tx
from stagedoor.db.rows import columns

Kind = Literal["live", "test", "admin"]


class ApiKey(msgspec.Struct, frozen=True):
    """A key of a tenant, or of an operator when ``tenant_id`` is None. ``models`` None means every model.

    ``access_key`` and ``secret_key`` are the pair that signs requests, where the key has one.
    """

    id: str
    tenant_id: str | None
    kind: Kind
    name: str
    secret_hash: bytes
    hint: str
    scopes: tuple[str, ...]
    models: tuple[str, ...] | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    access_key: str | None = None
    secret_key: bytes | None = None
    rate_limit: str | None = None
    """How often it may call, ``50/s``; ``off``: as often as it likes; None: what the setting says."""

    def is_valid(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


async def add_key(tx: Tx, key: ApiKey) -> None:
    await tx.execute(
        f"INSERT INTO api_keys ({columns(ApiKey)}) VALUES (:id, :tenant_id, :kind, :name, :secret_hash, :hint,"
        " :scopes, :models, :created_at, :expires_at, :revoked_at, :access_key, :secret_key, :rate_limit)",
        **msgspec.structs.asdict(key),
    )


async def find_key_by_hash(tx: Tx, secret_hash: bytes) -> ApiKey | None:
    return await tx.find(
        ApiKey, f"SELECT {columns(ApiKey)} FROM api_keys WHERE secret_hash = :secret_hash", secret_hash=secret_hash
    )


async def find_key_by_access_key(tx: Tx, access_key: str) -> ApiKey | None:
    return await tx.find(
        ApiKey, f"SELECT {columns(ApiKey)} FROM api_keys WHERE access_key = :access_key", access_key=access_key
    )


async def mark_key_paired(tx: Tx, key_id: str, access_key: str, secret_key: bytes) -> ApiKey | None:
    """Give a tenant's unrevoked key a pair in the place of its old one; return the key, None when there is none."""
    changed = await tx.execute(
        "UPDATE api_keys SET access_key = :access_key, secret_key = :secret_key"
        " WHERE id = :id AND revoked_at IS NULL AND tenant_id IS NOT NULL",
        id=key_id,
        access_key=access_key,
        secret_key=secret_key,
    )
    if not changed:
        return None
    return await find_key_by_access_key(tx, access_key)


async def list_keys(tx: Tx, tenant_id: str) -> list[ApiKey]:
    return await tx.list(
        ApiKey,
        f"SELECT {columns(ApiKey)} FROM api_keys WHERE tenant_id = :tenant_id ORDER BY created_at, id",
        tenant_id=tenant_id,
    )


async def list_admin_keys(tx: Tx) -> list[ApiKey]:
    return await tx.list(
        ApiKey, f"SELECT {columns(ApiKey)} FROM api_keys WHERE tenant_id IS NULL ORDER BY created_at, id"
    )


async def find_key(tx: Tx, key_id: str) -> ApiKey | None:
    return await tx.find(ApiKey, f"SELECT {columns(ApiKey)} FROM api_keys WHERE id = :id", id=key_id)


async def mark_key_limited(tx: Tx, key_id: str, rate_limit: str | None) -> None:
    sql = "UPDATE api_keys SET rate_limit = :rate_limit WHERE id = :id AND tenant_id IS NOT NULL"
    await tx.execute(sql, id=key_id, rate_limit=rate_limit)


async def mark_key_revoked(tx: Tx, key_id: str, now: datetime) -> bool:
    """Revoke a key and tell whether there was one to revoke."""
    changed = await tx.execute(
        "UPDATE api_keys SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL", id=key_id, now=now
    )
    return changed == 1
