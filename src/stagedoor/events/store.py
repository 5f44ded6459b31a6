"""An event and its SQL: the outbox.

An event is written in the transaction of what it tells about. Its place in the order is ``(written_in, position)``: the number
of the transaction, and the number of the row. Readers see a transaction's events when every earlier one has ended, so that
nothing ever turns up behind a reader's back.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from stagedoor import metrics
from stagedoor.clock import to_iso
from stagedoor.db.database import Tx
from stagedoor.db.rows import columns
from stagedoor.events.catalogue import check_event
from stagedoor.jobs.store import add_job

DELIVER = "deliver"
"""The kind of the job that works off what an endpoint is owed; its key is the endpoint's id."""


class Event(msgspec.Struct, frozen=True):
    """Something that happened to an object of a tenant, or of the operator; ``data`` is JSON and begins with the object's id."""

    position: int
    written_in: int
    id: str
    type: str
    object_id: str
    data: bytes
    created_at: datetime


def bell(tenant_id: str) -> str:
    """Return the name of the bell that rings when the tenant has a new event."""
    return f"events/{tenant_id}"


class _Listening(msgspec.Struct, frozen=True):
    id: str
    types: tuple[str, ...] | None


async def emit(
    tx: Tx,
    tenant_id: str,
    type: str,  # noqa: A002 - what it is called in the payload
    object_id: str,
    data: Mapping[str, object],
    *,
    event_id: str,
    now: datetime,
) -> None:
    """Write an event in the transaction of what happened, and owe it to the tenant's webhook endpoints.

    Args:
        tx: the transaction.
        tenant_id: whose event it is; ``OPERATOR`` for what operators are told.
        type: one of the catalogue.
        object_id: what it happened to.
        data: the catalogue's fields of this type; ids and states only.
        event_id: a fresh one.
        now: when it happened.

    Raises:
        ValueError: the catalogue does not have this type, or not these fields.

    """
    check_event(tenant_id, type, data)
    await tx.execute(
        "INSERT INTO events (written_in, id, tenant_id, type, object_id, data, created_at)"
        f" VALUES ({tx.number_of_transaction}, :id, :tenant_id, :type, :object_id, :data, :now)",
        id=event_id,
        tenant_id=tenant_id,
        type=type,
        object_id=object_id,
        data=msgspec.json.encode({"id": object_id, **data}),
        now=now,
    )
    endpoints = await tx.list(
        _Listening,
        f"SELECT {columns(_Listening)} FROM webhook_endpoints WHERE tenant_id = :tenant_id AND disabled_at IS NULL"
        " ORDER BY created_at, id",
        tenant_id=tenant_id,
    )
    for endpoint in endpoints:
        if endpoint.types is not None and type not in endpoint.types:
            continue
        await tx.execute(
            "INSERT INTO webhook_deliveries (endpoint_id, event_id, tenant_id, attempts, due_at, created_at)"
            " VALUES (:endpoint_id, :event_id, :tenant_id, 0, :now, :now)",
            endpoint_id=endpoint.id,
            event_id=event_id,
            tenant_id=tenant_id,
            now=now,
        )
        await add_job(tx, tenant_id, DELIVER, endpoint.id, now=now, due_at=now)
    tx.ring(bell(tenant_id))
    tx.then(metrics.event_written(type))


_SELECT = f"SELECT {columns(Event)} FROM events"


async def find_event(tx: Tx, tenant_id: str, event_id: str) -> Event | None:
    """Return an event of the tenant that readers can see; None when there is none."""
    sql = f"{_SELECT} WHERE id = :id AND tenant_id = :tenant_id AND written_in < {tx.first_unfinished_transaction}"
    return await tx.find(Event, sql, id=event_id, tenant_id=tenant_id)


async def find_newest_event(tx: Tx, tenant_id: str) -> Event | None:
    """Return the last event of the tenant that readers can see; None when there is none."""
    return await tx.find(
        Event,
        f"{_SELECT} WHERE tenant_id = :tenant_id AND written_in < {tx.first_unfinished_transaction}"
        " ORDER BY written_in DESC, position DESC LIMIT 1",
        tenant_id=tenant_id,
    )


async def list_events(tx: Tx, tenant_id: str, after: Event | None, *, at_most: int) -> list[Event]:
    """Return the tenant's next events after one of them, or its first, in their order."""
    params = {} if after is None else {"written_in": after.written_in, "position": after.position}
    place = "" if after is None else " AND (written_in, position) > (:written_in, :position)"
    return await tx.list(
        Event,
        f"{_SELECT} WHERE tenant_id = :tenant_id{place} AND written_in < {tx.first_unfinished_transaction}"
        " ORDER BY written_in, position LIMIT :at_most",
        tenant_id=tenant_id,
        at_most=at_most,
        **params,
    )


async def remove_old_events(tx: Tx, before: datetime, *, at_most: int) -> int:
    """Remove events that are too old, of whatever tenant, and return how many: the first in line are the oldest."""
    return await tx.execute(
        "DELETE FROM events WHERE position IN"
        f" (SELECT position FROM events WHERE position > 0 ORDER BY position LIMIT :at_most{tx.skip_locked})"
        " AND created_at < :before",
        before=before,
        at_most=at_most,
    )


class Payload(msgspec.Struct, frozen=True):
    """What is told about an event, by webhook and in the stream."""

    type: str
    timestamp: str
    data: msgspec.Raw


def print_event(type: str, created_at: datetime, data: bytes) -> bytes:  # noqa: A002 - what it is called in the payload
    """Return the JSON of an event, the same at every attempt."""
    return msgspec.json.encode(Payload(type, to_iso(created_at), msgspec.Raw(data)))
