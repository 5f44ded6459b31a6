"""Reading a tenant's events from a place on."""

from collections.abc import Sequence

import msgspec

from stagedoor.db.database import Tx
from stagedoor.errors import InvalidParameter, NotFound
from stagedoor.events.catalogue import catalogue_of
from stagedoor.events.store import Event, find_event, list_events
from stagedoor.runtime import Runtime

BEGINNING = "0"
"""The place before the first event there is."""
LOOKED_AT = 1000
"""Most events that one page looks at, whatever it filters."""


class EventPage(msgspec.Struct, frozen=True):
    """Some events in their order, the last one that was looked at, and whether there is more behind it."""

    events: list[Event]
    last: Event | None
    has_more: bool


async def find_place(rt: Runtime, tenant_id: str, after: str) -> Event | None:
    """Return the event after which to read; None for the beginning.

    Raises:
        NotFound: the tenant has no such event; another tenant's looks the same.

    """
    if after == BEGINNING:
        return None
    event = await rt.db.read(lambda tx: find_event(tx, tenant_id, after))
    if event is None:
        raise NotFound(
            f"There is no event {after[:64]}, or none any more. Begin with after={BEGINNING}.", field="event"
        )
    return event


async def read_events(
    rt: Runtime, tenant_id: str, after: Event | None, *, limit: int, types: Sequence[str] = ()
) -> EventPage:
    """Return the next events of some types, or of all."""

    async def work(tx: Tx) -> list[Event]:
        return await list_events(tx, tenant_id, after, at_most=(LOOKED_AT if types else limit) + 1)

    found = await rt.db.read(work)
    shown: list[Event] = []
    last = after
    for event in found[: LOOKED_AT if types else limit]:
        if len(shown) == limit:
            break
        last = event
        if not types or event.type in types:
            shown.append(event)
    return EventPage(shown, last, has_more=bool(found) and last is not found[-1])


def check_types(tenant_id: str, types: Sequence[str]) -> None:
    """Refuse types of which this reader is never told.

    Raises:
        InvalidParameter: naming the first of them.

    """
    known = catalogue_of(tenant_id)
    for name in types:
        if name not in known:
            raise InvalidParameter(f"There is no event type {name[:64]}. There are: {', '.join(known)}.", field="type")
