"""The webhooks door: where a tenant wants its events.

GET    /v1/webhook-endpoints                      list them
POST   /v1/webhook-endpoints                      add one; its secret is shown once
GET    /v1/webhook-endpoints/{id}                 one of them
PATCH  /v1/webhook-endpoints/{id}                 change, disable or enable it
DELETE /v1/webhook-endpoints/{id}                 delete it
GET    /v1/webhook-endpoints/{id}/deliveries      what it is still owed
POST   /v1/webhook-endpoints/{id}/rotate-secret   a new secret, shown once
POST   /v1/webhook-endpoints/{id}/resend          events once more
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from stagedoor.clock import to_iso
from stagedoor.contract.operations import WEBHOOKS_MANAGE
from stagedoor.contract.results import Empty
from stagedoor.db.database import Tx
from stagedoor.doors.table import Action, ActionEndpoint
from stagedoor.http.router import Route
from stagedoor.keys.authenticate import KeyRing
from stagedoor.runtime import Runtime
from stagedoor.webhooks.edit import (
    NewWebhookEndpoint,
    Resend,
    WebhookEndpointChange,
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    resend,
    rotate_secret,
)
from stagedoor.webhooks.store import Delivery, DisabledBy, Endpoint, get_endpoint, list_endpoints, list_pending

MOST_SHOWN = 100


class _View(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """What a tenant sees; the secret only when it is new."""


class WebhookEndpointView(_View, frozen=True, kw_only=True):
    id: str
    url: str = msgspec.field(name="URL")
    description: str
    types: tuple[str, ...] | UnsetType = UNSET
    disabled: bool
    disabled_by: DisabledBy | UnsetType = UNSET
    failing_since: str | UnsetType = UNSET
    old_secret_until: str | UnsetType = UNSET
    create_time: str
    update_time: str
    secret: str | UnsetType = UNSET


class WebhookEndpointList(_View, frozen=True, kw_only=True):
    items: list[WebhookEndpointView]


class WebhookDeliveryView(_View, frozen=True, kw_only=True):
    event_id: str
    attempts: int
    next_attempt_time: str
    last_attempt_time: str | UnsetType = UNSET
    last_status: int | UnsetType = UNSET
    last_error: str | UnsetType = UNSET


class WebhookDeliveryList(_View, frozen=True, kw_only=True):
    items: list[WebhookDeliveryView]


class Resent(_View, frozen=True, kw_only=True):
    count: int


def _endpoint(endpoint: Endpoint, now: datetime, secret: str | UnsetType = UNSET) -> WebhookEndpointView:
    until = endpoint.old_secret_until
    return WebhookEndpointView(
        id=endpoint.id,
        url=endpoint.url,
        description=endpoint.description,
        types=UNSET if endpoint.types is None else endpoint.types,
        disabled=endpoint.disabled_at is not None,
        disabled_by=endpoint.disabled_by or UNSET,
        failing_since=_time(endpoint.first_failed_at),
        old_secret_until=UNSET if until is None or until <= now else to_iso(until),
        create_time=to_iso(endpoint.created_at),
        update_time=to_iso(endpoint.updated_at),
        secret=secret,
    )


def _delivery(delivery: Delivery) -> WebhookDeliveryView:
    return WebhookDeliveryView(
        event_id=delivery.event_id,
        attempts=delivery.attempts,
        next_attempt_time=to_iso(delivery.due_at),
        last_attempt_time=_time(delivery.tried_at),
        last_status=UNSET if delivery.status is None else delivery.status,
        last_error=delivery.error or UNSET,
    )


def _time(moment: datetime | None) -> str | UnsetType:
    return UNSET if moment is None else to_iso(moment)


async def show_endpoints(rt: Runtime, tenant_id: str, _: str) -> WebhookEndpointList:
    endpoints = await rt.db.read(lambda tx: list_endpoints(tx, tenant_id))
    return WebhookEndpointList(items=[_endpoint(endpoint, rt.clock.now()) for endpoint in endpoints])


async def add(rt: Runtime, tenant_id: str, _: str, new: NewWebhookEndpoint) -> WebhookEndpointView:
    endpoint, secret = await create_endpoint(rt, tenant_id, new)
    return _endpoint(endpoint, rt.clock.now(), secret)


async def show_endpoint(rt: Runtime, tenant_id: str, endpoint_id: str) -> WebhookEndpointView:
    return _endpoint(await rt.db.read(lambda tx: get_endpoint(tx, tenant_id, endpoint_id)), rt.clock.now())


async def edit(rt: Runtime, tenant_id: str, endpoint_id: str, change: WebhookEndpointChange) -> WebhookEndpointView:
    return _endpoint(await change_endpoint(rt, tenant_id, endpoint_id, change), rt.clock.now())


async def drop(rt: Runtime, tenant_id: str, endpoint_id: str) -> Empty:
    await delete_endpoint(rt, tenant_id, endpoint_id)
    return Empty()


async def show_deliveries(rt: Runtime, tenant_id: str, endpoint_id: str) -> WebhookDeliveryList:
    async def work(tx: Tx) -> list[Delivery]:
        await get_endpoint(tx, tenant_id, endpoint_id)
        return await list_pending(tx, endpoint_id, at_most=MOST_SHOWN)

    return WebhookDeliveryList(items=[_delivery(delivery) for delivery in await rt.db.read(work)])


async def rotate(rt: Runtime, tenant_id: str, endpoint_id: str) -> WebhookEndpointView:
    endpoint, secret = await rotate_secret(rt, tenant_id, endpoint_id)
    return _endpoint(endpoint, rt.clock.now(), secret)


async def send_again(rt: Runtime, tenant_id: str, endpoint_id: str, wanted: Resend) -> Resent:
    return Resent(count=await resend(rt, tenant_id, endpoint_id, wanted))


ACTIONS: Mapping[str, Mapping[str, Action]] = {
    "/v1/webhook-endpoints": {
        "GET": Action("ListWebhookEndpoints", show_endpoints),
        "POST": Action("CreateWebhookEndpoint", add, NewWebhookEndpoint),
    },
    "/v1/webhook-endpoints/{id}": {
        "GET": Action("GetWebhookEndpoint", show_endpoint),
        "PATCH": Action("UpdateWebhookEndpoint", edit, WebhookEndpointChange),
        "DELETE": Action("DeleteWebhookEndpoint", drop),
    },
    "/v1/webhook-endpoints/{id}/deliveries": {"GET": Action("ListWebhookDeliveries", show_deliveries)},
    "/v1/webhook-endpoints/{id}/rotate-secret": {"POST": Action("RotateWebhookSecret", rotate)},
    "/v1/webhook-endpoints/{id}/resend": {"POST": Action("ResendWebhooks", send_again, Resend)},
}


def webhook_routes(rt: Runtime, keys: KeyRing) -> list[Route]:
    """Return the routes of the webhook endpoints."""

    async def admit(state: dict[str, Any]) -> tuple[str, ...]:
        caller = await keys.authenticate(state["headers"].get(b"authorization", b""), WEBHOOKS_MANAGE)
        state["tenant_id"] = caller.tenant_id
        if caller.rates:
            await keys.count(caller, state)
        return (caller.tenant_id,)

    return [Route(path, ActionEndpoint(rt, admit, actions)) for path, actions in ACTIONS.items()]
