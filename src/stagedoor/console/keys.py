"""API keys of a tenant: made and shown once, limited, revoked."""

from datetime import timedelta

from stagedoor.console.browser import Answer
from stagedoor.console.endpoint import Act, Page
from stagedoor.console.visit import Visit
from stagedoor.contract.operations import SCOPES
from stagedoor.db.database import Tx
from stagedoor.errors import InvalidParameter, NotFound
from stagedoor.keys.issue import KeyPair, give_pair, issue_key, revoke_key
from stagedoor.keys.limit import limit_key
from stagedoor.keys.store import ApiKey, find_key, list_keys

LONGEST_NAME = 128
LONGEST_DAYS = 3650


async def show(visit: Visit, *, secret: str = "", pair: KeyPair | None = None) -> Answer:
    tenant = await visit.tenant()
    keys = await visit.rt.db.read(lambda tx: list_keys(tx, tenant.id))
    return visit.page("keys.html", tenant=tenant, keys=keys, scopes=SCOPES, secret=secret, pair=pair)


async def make(visit: Visit) -> Answer:
    tenant, name, days = await visit.tenant(), visit.field("name"), visit.field("days")
    if len(name) > LONGEST_NAME:
        raise InvalidParameter(f"A name has at most {LONGEST_NAME} characters.", field="Name")
    if not visit.fields.get("scope"):
        raise InvalidParameter("Choose at least one thing that the key may do.", field="Scopes")
    key, secret = await issue_key(
        visit.rt,
        tenant.id,
        kind="test" if visit.field("kind") == "test" else "live",
        name=name,
        scopes=visit.fields["scope"],
        expires_at=None if not days else visit.rt.clock.now() + _days(days),
        rate_limit=visit.field("rate") or None,
        by=visit.by,
    )
    pair = (await give_pair(visit.rt, key.id, by=visit.by))[1] if visit.field("pair") else None
    return await show(visit, secret=secret, pair=pair)


def _days(text: str) -> timedelta:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= LONGEST_DAYS):
        raise InvalidParameter(f"Days are a number from 1 to {LONGEST_DAYS}.", field="ExpiresAt")
    return timedelta(days=int(text))


async def revoke(visit: Visit) -> None:
    await revoke_key(visit.rt, (await _own_key(visit)).id, by=visit.by)


async def limit(visit: Visit) -> None:
    await limit_key(visit.rt, (await _own_key(visit)).id, visit.field("rate") or None, by=visit.by)


async def _own_key(visit: Visit) -> ApiKey:
    """Return the key in the form, if it is the tenant's.

    Raises:
        NotFound: it is not.

    """
    tenant, key_id = await visit.tenant(), visit.field("key")

    async def look(tx: Tx) -> ApiKey | None:
        return await find_key(tx, key_id)

    key = await visit.rt.db.read(look)
    if key is None or key.tenant_id != tenant.id:
        raise NotFound("The tenant has no such key.", field="key_id")
    return key


PAGES = [
    Page(
        "/console/tenants/{tenant}/keys",
        show,
        {"make": Act(make, proves=True), "revoke": Act(revoke, proves=True), "limit": Act(limit)},
    )
]
