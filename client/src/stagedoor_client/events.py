"""What happens, and where it is posted to."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2

from stagedoor_client.reading import Result, each, flag, mapping, moment, number, read_moment, string, strings


@dataclass(frozen=True, kw_only=True)
class Event(Result):
    """Something that happened: ids and states only. New types may come at any time."""

    id: str = string("Id")
    type: str = string("Type")
    time: datetime | None = moment("CreateTime")
    data: Mapping[str, Any] = mapping("Data")

    @property
    def object_id(self) -> str:
        """The id of what it happened to."""
        return str(self.data.get("id", ""))


@dataclass(frozen=True, kw_only=True)
class EventPage(Result):
    """Some events, and after which to ask on."""

    items: tuple[Event, ...] = each("Items", Event)
    next_cursor: str = string("NextCursor")
    has_more: bool = flag("HasMore")

    def __iter__(self) -> Iterator[Event]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def read_event(event_id: str, content: str | bytes) -> Event:
    """Read an event as the stream and webhooks have it.

    Raises:
        ValueError: it is no JSON object.

    """
    document = json.loads(content)
    if not isinstance(document, dict):
        raise ValueError("An event is a JSON object.")  # noqa: TRY004 - what is wrong is the content
    data = document.get("data")
    return Event(
        id=event_id,
        type=str(document.get("type", "")),
        time=read_moment(document.get("timestamp")),
        data=data if isinstance(data, dict) else {},
        raw=document,
    )


def read_message(message: httpx2.ServerSentEvent) -> Event | None:
    """Read a message of the stream; None when it only says where the stream is, or is no event."""
    try:
        return read_event(message.id, message.data) if message.data else None
    except ValueError:
        return None


@dataclass(frozen=True, kw_only=True)
class WebhookEndpoint(Result):
    """Where events are posted to; no ``types`` are all types. The ``secret`` comes only when it is new."""

    id: str = string("Id")
    url: str = string("URL")
    description: str = string("Description")
    types: tuple[str, ...] = strings("Types")
    disabled: bool = flag("Disabled")
    disabled_by: str = string("DisabledBy")
    failing_since: datetime | None = moment("FailingSince")
    old_secret_until: datetime | None = moment("OldSecretUntil")
    create_time: datetime | None = moment("CreateTime")
    update_time: datetime | None = moment("UpdateTime")
    secret: str = string("Secret", secret=True)


@dataclass(frozen=True, kw_only=True)
class Delivery(Result):
    """An event that an endpoint is still owed."""

    event_id: str = string("EventId")
    attempts: int = number("Attempts", 0)
    next_attempt_time: datetime | None = moment("NextAttemptTime")
    last_attempt_time: datetime | None = moment("LastAttemptTime")
    last_status: int | None = number("LastStatus")
    last_error: str = string("LastError")
