"""The admin door: channels, tenants, keys, jobs and cases, for operators (`sd_admin_…` keys). The same envelope as everywhere.

POST   /admin/v1/channels              add a channel
GET    /admin/v1/channels              list channels
GET    /admin/v1/channels/{name}       one channel
PATCH  /admin/v1/channels/{name}       change, drain, disable or enable it
POST   /admin/v1/tenants               add a tenant
GET    /admin/v1/tenants               list tenants
PATCH  /admin/v1/tenants/{id}          how often it may call
POST   /admin/v1/tenants/{id}/keys     make an API key; its secret is shown once
GET    /admin/v1/tenants/{id}/keys     list its keys
PATCH  /admin/v1/keys/{id}             how often it may call
DELETE /admin/v1/keys/{id}             revoke a key
GET    /admin/v1/jobs                  how much work is owed, and what is not tried any more
POST   /admin/v1/jobs/{id}/retry       try a job at once
GET    /admin/v1/cases                 face checks that wait for a decision
GET    /admin/v1/cases/{id}            one of them
POST   /admin/v1/cases/{id}/resolve    decide it

`GET /admin/v1/events` is with the events, in doors/events.py.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from stagedoor.audit.store import by_operator
from stagedoor.channels.book import ChannelBook
from stagedoor.channels.edit import ChannelChange, NewChannel
from stagedoor.clock import to_iso
from stagedoor.contract.results import Empty
from stagedoor.doors import admin_channels, admin_work
from stagedoor.doors.table import Action, ActionEndpoint
from stagedoor.http.router import Route
from stagedoor.keys.authenticate import KeyRing
from stagedoor.keys.issue import KeyPair, give_pair, issue_key, revoke_key
from stagedoor.keys.limit import limit_key, limit_tenant
from stagedoor.keys.store import ApiKey, Kind, list_keys
from stagedoor.quotas.rates import RateText, checked
from stagedoor.runtime import Runtime
from stagedoor.tenants.create import create_tenant
from stagedoor.tenants.store import Tenant, get_tenant, list_tenants

Text = Annotated[str, Meta(min_length=1, max_length=128)]


class _View(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """What is shown to an operator; never a secret that was shown before."""


class NewTenant(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", forbid_unknown_fields=True):
    name: Text
    project_name: Text | None = None
    rate_limit: RateText | None = None


class RateChange(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", forbid_unknown_fields=True):
    """How often a tenant or a key may call; null for what the setting says."""

    rate_limit: RateText | None


class TenantView(_View, frozen=True, kw_only=True):
    id: str
    name: str
    project_name: str | UnsetType = UNSET
    rate_limit: str | UnsetType = UNSET
    create_time: str


class TenantList(_View, frozen=True, kw_only=True):
    items: list[TenantView]


class NewKey(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", forbid_unknown_fields=True):
    name: Annotated[str, Meta(max_length=128)] = ""
    kind: Annotated[str, Meta(pattern="^(live|test)$")] = "live"
    scopes: list[Text] | None = None
    models: list[Text] | None = None
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None
    access_key: bool = False
    rate_limit: RateText | None = None


class KeyView(_View, frozen=True, kw_only=True):
    id: str
    name: str
    kind: Kind
    hint: str
    scopes: tuple[str, ...]
    models: tuple[str, ...] | UnsetType = UNSET
    rate_limit: str | UnsetType = UNSET
    create_time: str
    expire_time: str | UnsetType = UNSET
    revoke_time: str | UnsetType = UNSET
    secret: str | UnsetType = UNSET
    access_key: str | UnsetType = UNSET
    secret_key: str | UnsetType = UNSET


class KeyList(_View, frozen=True, kw_only=True):
    items: list[KeyView]


def _tenant(tenant: Tenant) -> TenantView:
    return TenantView(
        id=tenant.id,
        name=tenant.name,
        project_name=tenant.project_name or UNSET,
        rate_limit=tenant.rate_limit or UNSET,
        create_time=to_iso(tenant.created_at),
    )


def _key(key: ApiKey, secret: str | UnsetType = UNSET, pair: KeyPair | None = None) -> KeyView:
    return KeyView(
        id=key.id,
        name=key.name,
        kind=key.kind,
        hint=key.hint,
        scopes=key.scopes,
        models=UNSET if key.models is None else key.models,
        rate_limit=key.rate_limit or UNSET,
        create_time=to_iso(key.created_at),
        expire_time=_time(key.expires_at),
        revoke_time=_time(key.revoked_at),
        secret=secret,
        access_key=key.access_key or UNSET,
        secret_key=UNSET if pair is None else pair.secret_key,
    )


def _time(moment: datetime | None) -> str | UnsetType:
    return UNSET if moment is None else to_iso(moment)


async def add_tenant(rt: Runtime, _: str, new: NewTenant, *, by: str) -> TenantView:
    rate_limit = checked(new.rate_limit)
    return _tenant(await create_tenant(rt, new.name, project_name=new.project_name, rate_limit=rate_limit, by=by))


async def edit_tenant(rt: Runtime, tenant_id: str, change: RateChange, *, by: str) -> TenantView:
    return _tenant(await limit_tenant(rt, tenant_id, change.rate_limit, by=by))


async def show_tenants(rt: Runtime, _: str) -> TenantList:
    return TenantList(items=[_tenant(tenant) for tenant in await rt.db.read(list_tenants)])


async def add_key(rt: Runtime, tenant_id: str, new: NewKey, *, by: str) -> KeyView:
    kind: Kind = "test" if new.kind == "test" else "live"
    key, secret = await issue_key(
        rt,
        tenant_id,
        kind=kind,
        name=new.name,
        scopes=new.scopes,
        models=new.models,
        expires_at=new.expires_at,
        rate_limit=new.rate_limit,
        by=by,
    )
    if not new.access_key:
        return _key(key, secret)
    key, pair = await give_pair(rt, key.id, by=by)
    return _key(key, secret, pair)


async def show_keys(rt: Runtime, tenant_id: str) -> KeyList:
    await rt.db.read(lambda tx: get_tenant(tx, tenant_id))
    return KeyList(items=[_key(key) for key in await rt.db.read(lambda tx: list_keys(tx, tenant_id))])


async def edit_key(rt: Runtime, key_id: str, change: RateChange, *, by: str) -> KeyView:
    return _key(await limit_key(rt, key_id, change.rate_limit, by=by))


async def drop_key(rt: Runtime, key_id: str, *, by: str) -> Empty:
    await revoke_key(rt, key_id, by=by)
    return Empty()


ACTIONS: Mapping[str, Mapping[str, Action]] = {
    "/admin/v1/channels": {
        "GET": Action("ListChannels", admin_channels.show_channels),
        "POST": Action("CreateChannel", admin_channels.add_channel, NewChannel, audited=True),
    },
    "/admin/v1/channels/{name}": {
        "GET": Action("GetChannel", admin_channels.show_channel),
        "PATCH": Action("UpdateChannel", admin_channels.edit_channel, ChannelChange, audited=True),
    },
    "/admin/v1/tenants": {
        "GET": Action("ListTenants", show_tenants),
        "POST": Action("CreateTenant", add_tenant, NewTenant, audited=True),
    },
    "/admin/v1/tenants/{name}": {"PATCH": Action("UpdateTenant", edit_tenant, RateChange, audited=True)},
    "/admin/v1/tenants/{name}/keys": {
        "GET": Action("ListKeys", show_keys),
        "POST": Action("CreateKey", add_key, NewKey, audited=True),
    },
    "/admin/v1/keys/{name}": {
        "PATCH": Action("UpdateKey", edit_key, RateChange, audited=True),
        "DELETE": Action("RevokeKey", drop_key, audited=True),
    },
    "/admin/v1/jobs": {"GET": Action("ListJobs", admin_work.show_jobs)},
    "/admin/v1/jobs/{name}/retry": {"POST": Action("RetryJob", admin_work.retry, audited=True)},
    "/admin/v1/cases": {"GET": Action("ListCases", admin_work.show_cases)},
    "/admin/v1/cases/{name}": {"GET": Action("GetCase", admin_work.show_case)},
    "/admin/v1/cases/{name}/resolve": {
        "POST": Action("ResolveCase", admin_work.resolve, admin_work.Resolution, audited=True)
    },
}


TOLD_OF_CHANNELS = ("/admin/v1/channels", "/admin/v1/cases/{name}/resolve")
"""Where paths begin whose functions are told the channels as this process sees them."""


def admin_routes(rt: Runtime, book: ChannelBook, keys: KeyRing) -> list[Route]:
    """Return the routes of the admin door."""

    async def admit(state: dict[str, Any]) -> tuple[()]:
        key = await keys.authenticate_admin(state["headers"].get(b"authorization", b""))
        state["by"] = by_operator(key.id)
        return ()

    async def admit_to_channels(state: dict[str, Any]) -> tuple[ChannelBook]:
        await admit(state)
        return (book,)

    return [
        Route(path, ActionEndpoint(rt, admit_to_channels if path.startswith(TOLD_OF_CHANNELS) else admit, actions))
        for path, actions in ACTIONS.items()
    ]
