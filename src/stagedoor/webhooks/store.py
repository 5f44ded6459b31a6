"""A webhook endpoint, what it is owed, and their SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from stagedoor.db.database import Param, Tx
from stagedoor.db.rows import columns, in_list
from stagedoor.errors import NotFound
from stagedoor.sealed import WEBHOOK_SECRET

DisabledBy = Literal["Tenant", "Gone", "Failing"]


class Endpoint(msgspec.Struct, frozen=True):
    """Where a tenant wants its events. ``types`` None means every type; the secrets are sealed."""

    id: str
    tenant_id: str
    url: str
    description: str
    types: tuple[str, ...] | None
    secret: bytes
    old_secret: bytes | None
    old_secret_until: datetime | None
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None
    disabled_by: DisabledBy | None
    first_failed_at: datetime | None
    paused_until: datetime | None


class Owed(msgspec.Struct, frozen=True):
    """An event that is due for an endpoint, and how often it has been tried."""

    event_id: str
    attempts: int
    type: str
    data: bytes
    created_at: datetime


class Delivery(msgspec.Struct, frozen=True):
    """How far an endpoint is with an event."""

    event_id: str
    attempts: int
    due_at: datetime
    tried_at: datetime | None
    status: int | None
    error: str | None


class _Typed(msgspec.Struct, frozen=True):
    id: str
    type: str


def secret_place(endpoint_id: str) -> str:
    return WEBHOOK_SECRET.place(endpoint_id)


_SELECT = f"SELECT {columns(Endpoint)} FROM webhook_endpoints"


async def add_endpoint(tx: Tx, tenant_id: str, endpoint: Endpoint) -> None:
    await tx.execute(
        f"INSERT INTO webhook_endpoints ({columns(Endpoint)}) VALUES (:id, :tenant_id, :url, :description, :types,"
        " :secret, :old_secret, :old_secret_until, :created_at, :updated_at, :disabled_at, :disabled_by,"
        " :first_failed_at, :paused_until)",
        **{**msgspec.structs.asdict(endpoint), "tenant_id": tenant_id},
    )


async def list_endpoints(tx: Tx, tenant_id: str) -> list[Endpoint]:
    return await tx.list(
        Endpoint, f"{_SELECT} WHERE tenant_id = :tenant_id ORDER BY created_at, id", tenant_id=tenant_id
    )


async def count_endpoints(tx: Tx, tenant_id: str) -> int:
    return await tx.number("SELECT count(*) FROM webhook_endpoints WHERE tenant_id = :tenant_id", tenant_id=tenant_id)


async def find_endpoint(tx: Tx, tenant_id: str, endpoint_id: str) -> Endpoint | None:
    sql = f"{_SELECT} WHERE id = :id AND tenant_id = :tenant_id"
    return await tx.find(Endpoint, sql, id=endpoint_id, tenant_id=tenant_id)


async def get_endpoint(tx: Tx, tenant_id: str, endpoint_id: str) -> Endpoint:
    """Return an endpoint of the tenant.

    Raises:
        NotFound: the tenant has no such endpoint; another tenant's looks the same.

    """
    endpoint = await find_endpoint(tx, tenant_id, endpoint_id)
    if endpoint is None:
        raise NotFound(f"The specified webhook_endpoint {endpoint_id} is not found.", field="webhook_endpoint")
    return endpoint


async def mark_endpoint_changed(
    tx: Tx,
    tenant_id: str,
    endpoint_id: str,
    now: datetime,
    *,
    url: str | None = None,
    description: str | None = None,
    types: tuple[tuple[str, ...] | None] | None = None,
) -> None:
    """Change what is not None; ``types`` is wrapped, since None among the types means all."""
    given: dict[str, Param] = {"url": url, "description": description}
    changes: dict[str, Param] = {name: value for name, value in given.items() if value is not None}
    if types is not None:
        changes["types"] = types[0]
    sets = "".join(f", {name} = :{name}" for name in changes)
    await tx.execute(
        f"UPDATE webhook_endpoints SET updated_at = :now{sets} WHERE id = :id AND tenant_id = :tenant_id",
        id=endpoint_id,
        tenant_id=tenant_id,
        now=now,
        **changes,
    )


async def mark_endpoint_enabled(tx: Tx, tenant_id: str, endpoint_id: str) -> None:
    """Let an endpoint begin anew: enabled, not paused, as if it had never failed."""
    await tx.execute(
        "UPDATE webhook_endpoints SET disabled_at = NULL, disabled_by = NULL, first_failed_at = NULL, paused_until = NULL"
        " WHERE id = :id AND tenant_id = :tenant_id",
        id=endpoint_id,
        tenant_id=tenant_id,
    )


async def mark_endpoint_disabled(tx: Tx, tenant_id: str, endpoint_id: str, by: DisabledBy, now: datetime) -> bool:
    """Send an endpoint nothing more, and tell whether that is news."""
    changed = await tx.execute(
        "UPDATE webhook_endpoints SET disabled_at = :now, disabled_by = :by"
        " WHERE id = :id AND tenant_id = :tenant_id AND disabled_at IS NULL",
        id=endpoint_id,
        tenant_id=tenant_id,
        by=by,
        now=now,
    )
    return changed == 1


async def mark_endpoint_good(tx: Tx, tenant_id: str, endpoint_id: str) -> None:
    """Forget that an endpoint failed: it has taken an event."""
    await tx.execute(
        "UPDATE webhook_endpoints SET first_failed_at = NULL, paused_until = NULL"
        " WHERE id = :id AND tenant_id = :tenant_id AND first_failed_at IS NOT NULL",
        id=endpoint_id,
        tenant_id=tenant_id,
    )


class _Failing(msgspec.Struct, frozen=True):
    first_failed_at: datetime


async def mark_endpoint_failing(tx: Tx, tenant_id: str, endpoint_id: str, now: datetime) -> datetime:
    """Record that an endpoint failed, and return since when; nobody else changes it before this transaction has ended."""
    failing = await tx.list(
        _Failing,
        "UPDATE webhook_endpoints SET first_failed_at = coalesce(first_failed_at, :now)"
        " WHERE id = :id AND tenant_id = :tenant_id RETURNING first_failed_at",
        id=endpoint_id,
        tenant_id=tenant_id,
        now=now,
    )
    return failing[0].first_failed_at if failing else now


async def mark_endpoint_paused(tx: Tx, tenant_id: str, endpoint_id: str, until: datetime) -> None:
    """Leave an endpoint alone until then."""
    sql = "UPDATE webhook_endpoints SET paused_until = :until WHERE id = :id AND tenant_id = :tenant_id"
    await tx.execute(sql, id=endpoint_id, tenant_id=tenant_id, until=until)


async def mark_secret_rotated(
    tx: Tx, tenant_id: str, endpoint_id: str, *, secret: bytes, until: datetime, now: datetime
) -> bool:
    """Put a new secret beside the old one, and tell whether that could be: not while there are two."""
    changed = await tx.execute(
        "UPDATE webhook_endpoints SET old_secret = secret, old_secret_until = :until, secret = :secret, updated_at = :now"
        " WHERE id = :id AND tenant_id = :tenant_id AND (old_secret_until IS NULL OR old_secret_until <= :now)",
        id=endpoint_id,
        tenant_id=tenant_id,
        secret=secret,
        until=until,
        now=now,
    )
    return changed == 1


async def wipe_old_secrets(tx: Tx, now: datetime, *, at_most: int) -> int:
    """Wipe secrets that have signed beside a newer one for long enough, of whatever tenant, and return how many."""
    return await tx.execute(
        "UPDATE webhook_endpoints SET old_secret = NULL, old_secret_until = NULL WHERE id IN"
        f" (SELECT id FROM webhook_endpoints WHERE old_secret_until <= :now LIMIT :at_most{tx.skip_locked})",
        now=now,
        at_most=at_most,
    )


async def remove_endpoint(tx: Tx, tenant_id: str, endpoint_id: str) -> bool:
    """Remove an endpoint and what it is owed, and tell whether there was one."""
    removed = await tx.execute(
        "DELETE FROM webhook_endpoints WHERE id = :id AND tenant_id = :tenant_id", id=endpoint_id, tenant_id=tenant_id
    )
    if removed:
        await tx.execute("DELETE FROM webhook_deliveries WHERE endpoint_id = :id", id=endpoint_id)
    return bool(removed)


async def list_owed(tx: Tx, tenant_id: str, endpoint_id: str, now: datetime, *, at_most: int) -> list[Owed]:
    """Return the events that have been due longest for an endpoint."""
    return await tx.list(
        Owed,
        "SELECT d.event_id, d.attempts, e.type, e.data, e.created_at FROM webhook_deliveries d"
        " JOIN events e ON e.id = d.event_id AND e.tenant_id = :tenant_id"
        " WHERE d.endpoint_id = :endpoint_id AND d.due_at <= :now ORDER BY d.due_at LIMIT :at_most",
        endpoint_id=endpoint_id,
        tenant_id=tenant_id,
        now=now,
        at_most=at_most,
    )


class _Next(msgspec.Struct, frozen=True):
    due_at: datetime | None


async def find_next_due(tx: Tx, endpoint_id: str) -> datetime | None:
    """Return when the next event is due for an endpoint; None when it is owed nothing."""
    sql = "SELECT min(due_at) AS due_at FROM webhook_deliveries WHERE endpoint_id = :id AND due_at IS NOT NULL"
    found = await tx.find(_Next, sql, id=endpoint_id)
    return None if found is None else found.due_at


async def list_pending(tx: Tx, endpoint_id: str, *, at_most: int) -> list[Delivery]:
    """Return what an endpoint is still owed, what is due next first."""
    return await tx.list(
        Delivery,
        f"SELECT {columns(Delivery)} FROM webhook_deliveries WHERE endpoint_id = :id AND due_at IS NOT NULL"
        " ORDER BY due_at LIMIT :at_most",
        id=endpoint_id,
        at_most=at_most,
    )


async def find_types(tx: Tx, tenant_id: str, event_ids: Sequence[str]) -> dict[str, str]:
    """Return the types of a tenant's events by their ids, of those that are still there."""
    if not event_ids:
        return {}
    wanted, params = in_list("event", event_ids)
    sql = f"SELECT id, type FROM events WHERE tenant_id = :tenant_id AND id IN {wanted}"
    return {one.id: one.type for one in await tx.list(_Typed, sql, tenant_id=tenant_id, **params)}


async def mark_tried(
    tx: Tx,
    endpoint_id: str,
    owed: Owed,
    *,
    delivered: bool,
    due_at: datetime | None,
    status: int | None,
    error: str | None,
    now: datetime,
) -> None:
    """Record an attempt, unless the event has been tried by somebody else or was ordered anew meanwhile."""
    await tx.execute(
        "UPDATE webhook_deliveries SET attempts = attempts + 1, due_at = :due_at, tried_at = :now,"
        " delivered_at = :delivered_at, status = :status, error = :error"
        " WHERE endpoint_id = :endpoint_id AND event_id = :event_id AND attempts = :attempts AND due_at IS NOT NULL",
        endpoint_id=endpoint_id,
        event_id=owed.event_id,
        attempts=owed.attempts,
        due_at=due_at,
        delivered_at=now if delivered else None,
        status=status,
        error=error,
        now=now,
    )


_AGAIN = (
    " ON CONFLICT (endpoint_id, event_id) DO UPDATE SET attempts = 0, due_at = excluded.due_at, delivered_at = NULL,"
    " status = NULL, error = NULL"
)
_FROM_EVENTS = (
    "INSERT INTO webhook_deliveries (endpoint_id, event_id, tenant_id, attempts, due_at, created_at)"
    " SELECT :endpoint_id, id, tenant_id, 0, :now, created_at FROM events WHERE tenant_id = :tenant_id"
)


async def owe_event(tx: Tx, tenant_id: str, endpoint_id: str, event_id: str, now: datetime) -> bool:
    """Owe an event to an endpoint as if it had just happened, and tell whether there is such an event."""
    changed = await tx.execute(
        f"{_FROM_EVENTS} AND id = :event_id{_AGAIN}",
        endpoint_id=endpoint_id,
        tenant_id=tenant_id,
        event_id=event_id,
        now=now,
    )
    return changed == 1


async def owe_events(
    tx: Tx,
    tenant_id: str,
    endpoint_id: str,
    *,
    types: Sequence[str] | None,
    since: datetime,
    until: datetime,
    now: datetime,
    at_most: int,
) -> int:
    """Owe the first events of a time to an endpoint as if they had just happened, and return how many."""
    wanted, params = ("", {}) if types is None else in_list("type", types)
    kinds = f" AND type IN {wanted}" if wanted else ""
    return await tx.execute(
        f"{_FROM_EVENTS} AND created_at >= :since AND created_at < :until{kinds}"
        f" ORDER BY written_in, position LIMIT :at_most{_AGAIN}",
        endpoint_id=endpoint_id,
        tenant_id=tenant_id,
        since=since,
        until=until,
        now=now,
        at_most=at_most,
        **params,
    )


async def remove_old_deliveries(tx: Tx, before: datetime, *, at_most: int) -> int:
    """Remove deliveries of events that are too old, of whatever tenant, and return how many."""
    return await tx.execute(
        "DELETE FROM webhook_deliveries WHERE (endpoint_id, event_id) IN (SELECT endpoint_id, event_id"
        f" FROM webhook_deliveries WHERE created_at < :before LIMIT :at_most{tx.skip_locked})",
        before=before,
        at_most=at_most,
    )
