"""Requests and answers about events and webhook endpoints, to show in the OpenAPI documents."""

from collections.abc import Mapping
from typing import Any

import msgspec

from stagedoor.contract.results import Empty
from stagedoor.doors import events, webhooks

URL = "https://hooks.your-app.com/stagedoor"
EVENT_ID = "evt_6mL9xRyP3qS8tU5wZ0aB2c"
SECRET = "whsec_<44 characters of base64>"  # noqa: S105 - a sample, no secret

_EVENT = events.EventView(
    id=EVENT_ID,
    type="asset.active",
    create_time="2026-06-02T07:39:31Z",
    data=msgspec.Raw(
        b'{"id":"asset-20260602153912-kctzf","group_id":"group-20260601191715-9q47m","asset_type":"Image"}'
    ),
)
_OPERATORS_EVENT = events.OperatorEventView(
    id="evt_7nL0xSzQ4rT9uV6wY1bC3d",
    type="channel.condition_began",
    create_time="2026-06-02T07:40:02Z",
    data=msgspec.Raw(
        b'{"id":"ch_2jK6vPwR8sT0uX4yZ5aB7c","kind":"GroupsFull","action":"CreateAssetGroup","code":"AssetGroupLimitExceeded"}'
    ),
)
_ENDPOINT = webhooks.WebhookEndpointView(
    id="we_3nM7yTzQ5rS9uV1wX2aB4c",
    url=URL,
    description="production",
    types=("asset.active", "asset.failed"),
    disabled=False,
    create_time="2026-06-01T08:00:00Z",
    update_time="2026-06-01T08:00:00Z",
)
_FAILING = msgspec.structs.replace(
    _ENDPOINT,
    disabled=True,
    disabled_by="Failing",
    failing_since="2026-06-01T09:00:00Z",
    update_time="2026-06-06T09:30:00Z",
)
_DELIVERY = webhooks.WebhookDeliveryView(
    event_id=EVENT_ID,
    attempts=2,
    next_attempt_time="2026-06-02T07:44:51Z",
    last_attempt_time="2026-06-02T07:39:52Z",
    last_status=500,
)

REQUESTS: Mapping[str, Mapping[str, dict[str, Any]]] = {
    "CreateWebhookEndpoint": {
        "Everything": {"URL": URL},
        "Some types": {"URL": URL, "Description": "production", "Types": ["asset.active", "asset.failed"]},
    },
    "UpdateWebhookEndpoint": {
        "Other types": {"Types": ["session.exchanged", "session.reconciled"]},
        "Begin anew": {"Disabled": False},
    },
    "ResendWebhooks": {
        "One event": {"EventId": EVENT_ID},
        "Since yesterday": {"Since": "2026-06-01T07:39:31Z"},
    },
}

RESULTS: Mapping[str, Mapping[str, msgspec.Struct]] = {
    "ListEvents": {
        "Some events": events.EventList(items=[_EVENT], next_cursor=EVENT_ID, has_more=False),
        "Nothing yet": events.EventList(items=[], has_more=False),
    },
    "ListOperatorEvents": {
        "Some events": events.OperatorEventList(
            items=[_OPERATORS_EVENT], next_cursor=_OPERATORS_EVENT.id, has_more=False
        ),
    },
    "ListWebhookEndpoints": {"One endpoint": webhooks.WebhookEndpointList(items=[_ENDPOINT])},
    "CreateWebhookEndpoint": {"Made, with its secret": msgspec.structs.replace(_ENDPOINT, secret=SECRET)},
    "GetWebhookEndpoint": {"An endpoint": _ENDPOINT, "An endpoint that fails": _FAILING},
    "UpdateWebhookEndpoint": {"Enabled": _ENDPOINT},
    "DeleteWebhookEndpoint": {"Deleted": Empty()},
    "ListWebhookDeliveries": {"What is owed": webhooks.WebhookDeliveryList(items=[_DELIVERY])},
    "RotateWebhookSecret": {
        "Rotated": msgspec.structs.replace(_ENDPOINT, secret=SECRET, old_secret_until="2026-06-03T08:00:00Z")  # noqa: S106 - a time
    },
    "ResendWebhooks": {"Sent": webhooks.Resent(count=1)},
}
