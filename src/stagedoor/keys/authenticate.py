"""From an API key, or the access key of its pair, to a caller."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from stagedoor.clock import to_microseconds
from stagedoor.crypto import is_api_key
from stagedoor.errors import AccessDenied, AuthenticationError, InvalidAccessKey, MissingAuthenticationToken
from stagedoor.keys.issue import ADMIN_SCOPE, secret_key_place
from stagedoor.keys.store import ApiKey, find_key_by_access_key, find_key_by_hash
from stagedoor.quotas.door import Door, RateLimited
from stagedoor.quotas.rates import Rate, rate_of
from stagedoor.runtime import Runtime
from stagedoor.tenants.store import get_tenant

REMEMBER = timedelta(seconds=1)
REMEMBERED = 10_000
_ACCESS_KEY = re.compile(r"[0-9A-Za-z]{1,64}")
_CREDENTIAL = re.compile(rb"Credential=([0-9A-Za-z]{1,64})(?:/|%2F)")


class Caller(msgspec.Struct, frozen=True):
    """The tenant behind a request and what its key allows."""

    tenant_id: str
    key_id: str
    scopes: frozenset[str]
    models: tuple[str, ...] | None
    project_name: str | None
    rates: tuple[Rate, ...] = ()
    """How often the key, and the tenant with all of its keys, may call."""
    by: str = ""
    """Who calls, as the audit trail says it, where that is not the key."""

    def check_scope(self, scope: str) -> None:
        """Let the caller pass when the key has the scope.

        Raises:
            AccessDenied: it lacks it.

        """
        if scope not in self.scopes:
            raise AccessDenied(f"The API key lacks the scope {scope}.")


class Signer(msgspec.Struct, frozen=True):
    """Whose signature a request claims to have, and the secret key it must have been made with."""

    caller: Caller
    secret_key: str

    def __repr__(self) -> str:
        return "Signer(…)"


class _Known(NamedTuple):
    """Who a key belonged to at a look; the times are microseconds since 1970."""

    caller: Caller
    looked_at: int
    until: int

    def holds(self, now: int) -> bool:
        """Tell whether the look is good still. One from the future is not: somebody has set the clock back."""
        return self.looked_at <= now < self.until


class KeyRing:
    """Checks API keys and remembers each for a second, so that a revoked one is refused everywhere within two."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._known: dict[bytes, _Known] = {}
        self._signers: dict[str, tuple[Signer, _Known]] = {}
        self._operators: set[bytes] = set()
        self._door = Door(rt.db)

    def knows(self, headers: Mapping[bytes, bytes], query: bytes) -> bool:
        """Tell whether a request names a key that was good when it was last looked at. That says nothing of now."""
        authorization = headers.get(b"authorization")
        if authorization in self._known or authorization in self._operators:
            return True
        named = _CREDENTIAL.search(query if authorization is None else authorization)
        return named is not None and named[1].decode() in self._signers

    async def authenticate(self, header: bytes, scope: str) -> Caller:
        """Return the caller whose key the Authorization header holds.

        Raises:
            MissingAuthenticationToken: the header is not ``Bearer …``.
            AuthenticationError: the key is unknown, revoked or expired.
            AccessDenied: the key lacks the scope.

        """
        known = self._known.get(header)
        if known is None or not known.holds(self._rt.clock.microseconds()):
            known = await self._learn(header)
        known.caller.check_scope(scope)
        return known.caller

    async def find_signer(self, access_key: str) -> Signer:
        """Return who signs with this access key. Nothing is proven by it: the signature has to be checked.

        Raises:
            InvalidAccessKey: the pair is unknown or was replaced, or its key is revoked or expired.

        """
        found = self._signers.get(access_key)
        if found is None or not found[1].holds(self._rt.clock.microseconds()):
            if not _ACCESS_KEY.fullmatch(access_key):
                raise InvalidAccessKey
            found = await self._learn_signer(access_key)
        return found[0]

    async def count(self, caller: Caller, state: dict[str, Any]) -> None:
        """Count a call under the caller's limits, and leave the headers that tell of them for its answer, whatever it is.

        Raises:
            FlowLimitExceeded: one of the limits is used up.

        """
        try:
            state["rate_limit"] = await self._door.enter(caller.rates)
        except RateLimited as limited:
            state["rate_limit"] = limited.headers
            raise limited.error from None

    async def close(self) -> None:
        """Give back what other processes may want."""
        await self._door.close()

    async def authenticate_admin(self, header: bytes) -> ApiKey:
        """Return the operator's key the Authorization header holds.

        Raises:
            MissingAuthenticationToken: the header is not ``Bearer …``.
            AuthenticationError: the key is unknown, revoked or expired.
            AccessDenied: the key is a tenant's.

        """
        key = await self._find(header)
        if ADMIN_SCOPE not in key.scopes:
            raise AccessDenied("This needs an operator's key (sd_admin_…).")
        if len(self._operators) >= REMEMBERED:
            self._operators.clear()
        self._operators.add(header)
        return key

    async def _learn(self, header: bytes) -> _Known:
        now = self._rt.clock.now()
        known = await self._know(await self._find(header), now)
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[header] = known
        return known

    async def _know(self, key: ApiKey, now: datetime) -> _Known:
        tenant_id = key.tenant_id
        if tenant_id is None:
            raise AccessDenied("An operator's key cannot be used here. Use a tenant's key (sd_live_… or sd_test_…).")
        tenant = await self._rt.db.read(lambda tx: get_tenant(tx, tenant_id))
        settings = self._rt.settings
        rates = rate_of("key", key.id, key.rate_limit, settings.key_rate)
        rates += rate_of("tenant", tenant.id, tenant.rate_limit, settings.tenant_rate)
        caller = Caller(tenant.id, key.id, frozenset(key.scopes), key.models, tenant.project_name, rates)
        until = now + REMEMBER if key.expires_at is None else min(now + REMEMBER, key.expires_at)
        return _Known(caller, to_microseconds(now), to_microseconds(until))

    async def _learn_signer(self, access_key: str) -> tuple[Signer, _Known]:
        rt = self._rt
        now = rt.clock.now()
        key = await rt.db.read(lambda tx: find_key_by_access_key(tx, access_key))
        if key is None or key.secret_key is None or not key.is_valid(now):
            self._signers.pop(access_key, None)
            raise InvalidAccessKey
        known = await self._know(key, now)
        if len(self._signers) >= REMEMBERED:
            self._signers.clear()
        signer = Signer(known.caller, rt.vault.open(secret_key_place(access_key), key.secret_key))
        found = self._signers[access_key] = signer, known
        return found

    async def _find(self, header: bytes) -> ApiKey:
        rt = self._rt
        secret = _bearer(header)
        if not is_api_key(secret):
            raise AuthenticationError
        secret_hash = rt.vault.hash("api_key", secret)
        key = await rt.db.read(lambda tx: find_key_by_hash(tx, secret_hash))
        if key is None or not key.is_valid(rt.clock.now()):
            self._known.pop(header, None)
            self._operators.discard(header)
            raise AuthenticationError
        return key


def _bearer(header: bytes) -> str:
    scheme, _, secret = header.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise MissingAuthenticationToken
    return secret.strip()
