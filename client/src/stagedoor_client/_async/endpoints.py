"""Webhook endpoints: where the gateway posts events to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Unpack

from stagedoor_client._async.caller import AsyncCaller
from stagedoor_client.answers import Answer
from stagedoor_client.events import Delivery, WebhookEndpoint
from stagedoor_client.operations import (
    CREATE_ENDPOINT,
    DELETE_ENDPOINT,
    GET_ENDPOINT,
    LIST_DELIVERIES,
    LIST_ENDPOINTS,
    RESEND,
    ROTATE_SECRET,
    UPDATE_ENDPOINT,
)
from stagedoor_client.options import NULL, Options
from stagedoor_client.reading import read, read_each
from stagedoor_client.results import Deleted


class AsyncEndpoints(AsyncCaller):
    """Webhook endpoints, and what they are owed."""

    async def list_webhook_endpoints(self, **options: Unpack[Options]) -> tuple[WebhookEndpoint, ...]:
        """Return all endpoints."""
        answer = await self._call(LIST_ENDPOINTS, {}, options)
        return read_each(WebhookEndpoint, answer.result["Items"], answer.response)

    async def create_webhook_endpoint(
        self, url: str, *, description: str | None = None, types: Sequence[str] = (), **options: Unpack[Options]
    ) -> WebhookEndpoint:
        """Add an endpoint, for all types when none are given; its ``secret`` is not shown again."""
        fields = {"URL": url, "Description": description, "Types": list(types) or None}
        return _endpoint(await self._call(CREATE_ENDPOINT, fields, options))

    async def get_webhook_endpoint(self, endpoint_id: str, **options: Unpack[Options]) -> WebhookEndpoint:
        """Return an endpoint, and whether it is failing or disabled."""
        return _endpoint(await self._call(GET_ENDPOINT, {}, options, endpoint_id))

    async def update_webhook_endpoint(
        self,
        endpoint_id: str,
        *,
        url: str | None = None,
        description: str | None = None,
        types: Sequence[str] | None = None,
        disabled: bool | None = None,
        **options: Unpack[Options],
    ) -> WebhookEndpoint:
        """Change an endpoint, disable or enable it; empty ``types`` are all types."""
        wanted = None if types is None else list(types) or NULL
        fields = {"URL": url, "Description": description, "Types": wanted, "Disabled": disabled}
        return _endpoint(await self._call(UPDATE_ENDPOINT, fields, options, endpoint_id))

    async def delete_webhook_endpoint(self, endpoint_id: str, **options: Unpack[Options]) -> Deleted:
        """Delete an endpoint."""
        answer = await self._call(DELETE_ENDPOINT, {}, options, endpoint_id)
        return read(Deleted, answer.result, answer.response)

    async def list_webhook_deliveries(self, endpoint_id: str, **options: Unpack[Options]) -> tuple[Delivery, ...]:
        """Return what an endpoint is still owed."""
        answer = await self._call(LIST_DELIVERIES, {}, options, endpoint_id)
        return read_each(Delivery, answer.result["Items"], answer.response)

    async def rotate_webhook_secret(self, endpoint_id: str, **options: Unpack[Options]) -> WebhookEndpoint:
        """Give an endpoint a new ``secret``; the old one signs beside it for a day."""
        return _endpoint(await self._call(ROTATE_SECRET, {}, options, endpoint_id))

    async def resend_webhooks(
        self,
        endpoint_id: str,
        *,
        event_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        **options: Unpack[Options],
    ) -> int:
        """Have one event sent once more, or those of a time; return how many."""
        fields = {"EventId": event_id, "Since": _iso(since), "Until": _iso(until)}
        answer = await self._call(RESEND, fields, options, endpoint_id)
        return int(answer.result["Count"])


def _endpoint(answer: Answer) -> WebhookEndpoint:
    return read(WebhookEndpoint, answer.result, answer.response)


def _iso(moment: datetime | None) -> str | None:
    if moment is not None and moment.tzinfo is None:
        raise ValueError("A time needs a time zone.")
    return None if moment is None else moment.isoformat()
