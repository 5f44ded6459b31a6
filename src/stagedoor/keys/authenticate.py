"""From an Authorization header to a caller."""

from datetime import datetime, timedelta

import msgspec

from stagedoor.crypto import is_api_key
from stagedoor.errors import AccessDenied, AuthenticationError, MissingAuthenticationToken
from stagedoor.keys.issue import ADMIN_SCOPE
from stagedoor.keys.store import ApiKey, find_key_by_hash
from stagedoor.runtime import Runtime
from stagedoor.tenants.store import get_tenant

REMEMBER = timedelta(seconds=1)
REMEMBERED = 10_000


class Caller(msgspec.Struct, frozen=True):
    """The tenant behind a request and what its key allows."""

    tenant_id: str
    key_id: str
    scopes: frozenset[str]
    models: frozenset[str] | None
    project_name: str | None


class KeyRing:
    """Checks API keys and remembers each for a second, so that a revoked one is refused everywhere within two."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._remembered: dict[str, tuple[Caller, datetime, datetime | None]] = {}

    async def authenticate(self, header: str, scope: str) -> Caller:
        """Return the caller whose key the header holds.

        Raises:
            MissingAuthenticationToken: the header is not ``Bearer …``.
            AuthenticationError: the key is unknown, revoked or expired.
            AccessDenied: the key lacks the scope.

        """
        caller = await self._caller(_bearer(header))
        if scope not in caller.scopes:
            raise AccessDenied(f"The API key lacks the scope {scope}.")
        return caller

    async def authenticate_admin(self, header: str) -> ApiKey:
        """Return the operator's key the header holds.

        Raises:
            MissingAuthenticationToken: the header is not ``Bearer …``.
            AuthenticationError: the key is unknown, revoked or expired.
            AccessDenied: the key is a tenant's.

        """
        key = await self._find(_bearer(header))
        if ADMIN_SCOPE not in key.scopes:
            raise AccessDenied("This needs an operator's key (sd_admin_…).")
        return key

    async def _caller(self, secret: str) -> Caller:
        now = self._rt.clock.now()
        if known := self._remembered.get(secret):
            caller, fresh_until, expires_at = known
            if now < fresh_until and (expires_at is None or now < expires_at):
                return caller
            del self._remembered[secret]
        key = await self._find(secret)
        tenant_id = key.tenant_id
        if tenant_id is None:
            raise AccessDenied("An operator's key cannot be used here. Use a tenant's key (sd_live_… or sd_test_…).")
        tenant = await self._rt.db.read(lambda tx: get_tenant(tx, tenant_id))
        models = None if key.models is None else frozenset(key.models)
        caller = Caller(tenant.id, key.id, frozenset(key.scopes), models, tenant.project_name)
        if len(self._remembered) >= REMEMBERED:
            self._remembered.clear()
        self._remembered[secret] = (caller, now + REMEMBER, key.expires_at)
        return caller

    async def _find(self, secret: str) -> ApiKey:
        rt = self._rt
        if not is_api_key(secret):
            raise AuthenticationError
        secret_hash = rt.vault.hash("api_key", secret)
        key = await rt.db.read(lambda tx: find_key_by_hash(tx, secret_hash))
        if key is None or not key.is_valid(rt.clock.now()):
            raise AuthenticationError
        return key


def _bearer(header: str) -> str:
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise MissingAuthenticationToken
    return secret.strip()
