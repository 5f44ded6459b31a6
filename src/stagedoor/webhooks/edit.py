"""Making, changing and deleting webhook endpoints, their secrets, and having events sent again."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from stagedoor.addresses import AddressRefused, check_target, read_web_address
from stagedoor.audit.store import record
from stagedoor.db.database import Tx
from stagedoor.errors import Conflict, InvalidParameter, NotFound, QuotaExceeded
from stagedoor.events.catalogue import CATALOGUE
from stagedoor.events.store import DELIVER, find_event
from stagedoor.jobs.store import add_job, drop_job
from stagedoor.runtime import Runtime
from stagedoor.webhooks.sign import new_secret
from stagedoor.webhooks.store import (
    Endpoint,
    add_endpoint,
    count_endpoints,
    get_endpoint,
    mark_endpoint_changed,
    mark_endpoint_disabled,
    mark_endpoint_enabled,
    mark_secret_rotated,
    owe_event,
    owe_events,
    remove_endpoint,
    secret_place,
)

MOST_ENDPOINTS = 50
MOST_RESENT = 10_000
BOTH_SECRETS_FOR = timedelta(hours=24)

Address = Annotated[str, Meta(min_length=1, max_length=2048)]
Description = Annotated[str, Meta(max_length=256)]
Types = Annotated[list[Annotated[str, Meta(min_length=1, max_length=64)]], Meta(min_length=1, max_length=64)]
Moment = Annotated[datetime, Meta(tz=True)]


class NewWebhookEndpoint(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", forbid_unknown_fields=True):
    url: Address = msgspec.field(name="URL")
    description: Description = ""
    types: Types | None = None


class WebhookEndpointChange(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", forbid_unknown_fields=True):
    url: Address | None = msgspec.field(name="URL", default=None)
    description: Description | None = None
    types: Types | UnsetType | None = UNSET
    disabled: bool | None = None


class Resend(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", forbid_unknown_fields=True):
    event_id: Annotated[str, Meta(min_length=1, max_length=64)] | UnsetType = UNSET
    since: Moment | UnsetType = UNSET
    until: Moment | UnsetType = UNSET


async def create_endpoint(rt: Runtime, tenant_id: str, new: NewWebhookEndpoint) -> tuple[Endpoint, str]:
    """Make an endpoint and return it with its secret, which is not shown again.

    Raises:
        InvalidParameter: the address may not be called, or there is no such event type.
        QuotaExceeded: the tenant has enough of them.

    """
    check_address(rt, new.url)
    _check_types(new.types or ())
    now, endpoint_id, secret = rt.clock.now(), rt.new_id("we"), new_secret()
    endpoint = Endpoint(
        id=endpoint_id,
        tenant_id=tenant_id,
        url=new.url,
        description=new.description,
        types=_distinct(new.types),
        secret=rt.vault.seal(secret_place(endpoint_id), secret),
        old_secret=None,
        old_secret_until=None,
        created_at=now,
        updated_at=now,
        disabled_at=None,
        disabled_by=None,
        first_failed_at=None,
        paused_until=None,
    )

    async def work(tx: Tx) -> None:
        if await count_endpoints(tx, tenant_id) >= MOST_ENDPOINTS:
            raise QuotaExceeded(f"There are {MOST_ENDPOINTS} webhook endpoints. Delete one that is not needed.")
        await add_endpoint(tx, tenant_id, endpoint)

    await rt.db.write(work)
    return endpoint, secret


async def change_endpoint(
    rt: Runtime, tenant_id: str, endpoint_id: str, change: WebhookEndpointChange, *, by: str = ""
) -> Endpoint:
    """Change what is given. Enabled again, or with another address, it gets at once what it is still owed.

    ``by`` names an operator: what a tenant does with its own endpoints is not in the trail.

    Raises:
        NotFound: the tenant has no such endpoint.
        InvalidParameter: the address may not be called, or there is no such event type.

    """
    if change.url is not None:
        check_address(rt, change.url)
    types = None if change.types is UNSET else (_distinct(change.types),)
    _check_types((types or (None,))[0] or ())
    now = rt.clock.now()

    async def work(tx: Tx) -> Endpoint:
        before = await get_endpoint(tx, tenant_id, endpoint_id)
        await mark_endpoint_changed(
            tx, tenant_id, endpoint_id, now, url=change.url, description=change.description, types=types
        )
        if change.disabled:
            await mark_endpoint_disabled(tx, tenant_id, endpoint_id, "Tenant", now)
            await drop_job(tx, DELIVER, endpoint_id)
        elif change.disabled is False or (change.url not in {None, before.url} and before.disabled_at is None):
            await mark_endpoint_enabled(tx, tenant_id, endpoint_id)
            await add_job(tx, tenant_id, DELIVER, endpoint_id, now=now, due_at=now)
        if by and change.disabled is not None:
            action = "webhook.disabled" if change.disabled else "webhook.enabled"
            await record(tx, tenant_id, by, action, endpoint_id, now=now)
        return await get_endpoint(tx, tenant_id, endpoint_id)

    return await rt.db.write(work)


async def delete_endpoint(rt: Runtime, tenant_id: str, endpoint_id: str) -> None:
    """Delete an endpoint and what it is still owed.

    Raises:
        NotFound: the tenant has no such endpoint.

    """

    async def work(tx: Tx) -> None:
        await get_endpoint(tx, tenant_id, endpoint_id)
        await remove_endpoint(tx, tenant_id, endpoint_id)
        await drop_job(tx, DELIVER, endpoint_id)

    await rt.db.write(work)


async def rotate_secret(rt: Runtime, tenant_id: str, endpoint_id: str) -> tuple[Endpoint, str]:
    """Give an endpoint a new secret and return it; the old one signs beside it for a day.

    Raises:
        NotFound: the tenant has no such endpoint.
        Conflict: the last rotation is less than a day old.

    """
    secret, now = new_secret(), rt.clock.now()
    sealed = rt.vault.seal(secret_place(endpoint_id), secret)

    async def work(tx: Tx) -> Endpoint:
        before = await get_endpoint(tx, tenant_id, endpoint_id)
        until = now + BOTH_SECRETS_FOR
        if not await mark_secret_rotated(tx, tenant_id, endpoint_id, secret=sealed, until=until, now=now):
            wait = None if before.old_secret_until is None else before.old_secret_until - now
            raise Conflict("The secret was rotated less than 24 hours ago.", field="Secret", retry_after=wait)
        return await get_endpoint(tx, tenant_id, endpoint_id)

    return await rt.db.write(work), secret


async def resend(rt: Runtime, tenant_id: str, endpoint_id: str, wanted: Resend, *, by: str = "") -> int:
    """Send one event again, or those of a time that the endpoint wants, and return how many; ``by`` names an operator.

    Raises:
        NotFound: the tenant has no such endpoint, or no such event.
        InvalidParameter: it is not said which, or there are too many.
        Conflict: the endpoint is disabled.

    """
    if (wanted.event_id is UNSET) is (wanted.since is UNSET) or (wanted.event_id and wanted.until):
        raise InvalidParameter("Give either the EventId, or Since and perhaps Until.", field="EventId")
    now = rt.clock.now()

    async def work(tx: Tx) -> int:
        endpoint = await get_endpoint(tx, tenant_id, endpoint_id)
        if endpoint.disabled_at is not None:
            raise Conflict("The endpoint is disabled. Enable it first.", field="Disabled")
        if wanted.event_id:
            count = await _resend_one(tx, tenant_id, endpoint_id, wanted.event_id, now)
        else:
            count = await _resend_many(tx, endpoint, wanted, now)
        await add_job(tx, tenant_id, DELIVER, endpoint_id, now=now, due_at=now)
        if by:
            await record(tx, tenant_id, by, "webhook.resent", endpoint_id, {"events": count}, now=now)
        return count

    return await rt.db.write(work)


async def _resend_one(tx: Tx, tenant_id: str, endpoint_id: str, event_id: str, now: datetime) -> int:
    if await find_event(tx, tenant_id, event_id) is None:
        raise NotFound(f"The specified event {event_id} is not found.", field="event")
    return int(await owe_event(tx, tenant_id, endpoint_id, event_id, now))


async def _resend_many(tx: Tx, endpoint: Endpoint, wanted: Resend, now: datetime) -> int:
    count = await owe_events(
        tx,
        endpoint.tenant_id,
        endpoint.id,
        types=endpoint.types,
        since=wanted.since or now,
        until=wanted.until or now,
        now=now,
        at_most=MOST_RESENT + 1,
    )
    if count > MOST_RESENT:
        raise InvalidParameter(
            f"There are more than {MOST_RESENT} events. Say Until, and do it in parts.", field="Until"
        )
    return count


def check_address(rt: Runtime, url: str) -> None:
    """Refuse an address that webhooks may not go to, as far as it shows.

    Raises:
        InvalidParameter: with what is wrong with it.

    """
    settings = rt.settings
    try:
        check_target(read_web_address(url), plain_http=settings.webhook_http, private=settings.webhook_private)
    except AddressRefused as error:
        raise InvalidParameter(f"The URL cannot be used. {error}", field="URL") from None


def _check_types(types: Iterable[str]) -> None:
    for name in types:
        if name not in CATALOGUE:
            raise InvalidParameter(f"There is no event type {name}. There are: {', '.join(CATALOGUE)}.", field="Types")


def _distinct(types: Iterable[str] | UnsetType | None) -> tuple[str, ...] | None:
    return None if types is None or types is UNSET else tuple(dict.fromkeys(types))
