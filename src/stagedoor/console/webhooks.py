"""Webhook endpoints of a tenant: how they do, what they are owed, and sending once more."""

from datetime import timedelta

from stagedoor.console.browser import Answer
from stagedoor.console.endpoint import Act, Page
from stagedoor.console.visit import Visit
from stagedoor.db.database import Tx
from stagedoor.errors import InvalidParameter
from stagedoor.webhooks.edit import Resend, WebhookEndpointChange, change_endpoint, resend
from stagedoor.webhooks.store import Delivery, Endpoint, find_types, get_endpoint, list_endpoints, list_pending

MOST_SHOWN = 100
LONGEST_HOURS = 24 * 30


async def show_all(visit: Visit) -> Answer:
    tenant = await visit.tenant()
    endpoints = await visit.rt.db.read(lambda tx: list_endpoints(tx, tenant.id))
    return visit.page("webhooks.html", tenant=tenant, endpoints=endpoints)


async def show(visit: Visit, *, told: str = "") -> Answer:
    tenant, endpoint_id = await visit.tenant(), visit.params["endpoint"]

    async def look(tx: Tx) -> tuple[Endpoint, list[Delivery], dict[str, str]]:
        endpoint = await get_endpoint(tx, tenant.id, endpoint_id)
        owed = await list_pending(tx, endpoint_id, at_most=MOST_SHOWN)
        return endpoint, owed, await find_types(tx, tenant.id, [one.event_id for one in owed])

    endpoint, owed, types = await visit.rt.db.read(look)
    return visit.page("webhook.html", tenant=tenant, endpoint=endpoint, owed=owed, types=types, told=told)


async def send_again(visit: Visit) -> Answer:
    """Send one event once more, or those of the last hours."""
    tenant, endpoint_id, event_id = await visit.tenant(), visit.params["endpoint"], visit.field("event")
    wanted = (
        Resend(event_id=event_id) if event_id else Resend(since=visit.rt.clock.now() - _hours(visit.field("hours")))
    )
    count = await resend(visit.rt, tenant.id, endpoint_id, wanted, by=visit.by)
    return await show(visit, told=visit.say("{count} events are on their way again.", count=count))


def _hours(text: str) -> timedelta:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= LONGEST_HOURS):
        raise InvalidParameter(f"Give an event's id, or hours from 1 to {LONGEST_HOURS}.", field="hours")
    return timedelta(hours=int(text))


async def enable(visit: Visit) -> None:
    await _change(visit, disabled=False)


async def disable(visit: Visit) -> None:
    await _change(visit, disabled=True)


async def _change(visit: Visit, *, disabled: bool) -> None:
    change = WebhookEndpointChange(disabled=disabled)
    await change_endpoint(visit.rt, (await visit.tenant()).id, visit.params["endpoint"], change, by=visit.by)


PAGES = [
    Page("/console/tenants/{tenant}/webhooks", show_all),
    Page(
        "/console/tenants/{tenant}/webhooks/{endpoint}",
        show,
        {"resend": Act(send_again), "enable": Act(enable), "disable": Act(disable)},
    ),
]
