"""What the OpenAPI documents say about events and webhook endpoints, in English. The Chinese is in ``openapi/events_zh.py``."""

from collections.abc import Mapping

TAGS: Mapping[str, str] = {
    "Events": "What happens to your sessions, groups, assets and invitations: as a list, as a stream, and by webhook to your own address.",
}

OPERATIONS: Mapping[str, str] = {
    "ListEvents": "Answers with your events, the oldest first, after the one you name. With `Accept: text/event-stream` the answer is a stream "
    "that stays open and brings new events as they happen (Server-Sent Events): it begins after `Last-Event-ID` or `after`, or with the next "
    "event when neither is given. No event is ever skipped or moved. Events hold ids and states only; they are kept for 30 days unless the operator says otherwise.",
    "ListOperatorEvents": "Answers with what operators are told: what is wrong with upstream accounts and since when, and the face checks that somebody has to "
    "decide. The same list and the same stream as `GET /v1/events`; no tenant ever sees these events.",
    "ListWebhookEndpoints": "Answers with all your endpoints, in the order in which they were made.",
    "CreateWebhookEndpoint": "From now on, what happens is posted to this address, signed as Standard Webhooks has it. The address must be "
    "reachable by https:// from the public internet. `Secret` is in this answer only. 50 endpoints at most.",
    "GetWebhookEndpoint": "Answers with one of your endpoints.",
    "UpdateWebhookEndpoint": "Changes what is given; what is left out stays. An endpoint that is enabled again gets at once what it is still owed, "
    "but nothing of what happened while it was disabled.",
    "DeleteWebhookEndpoint": "Deletes the endpoint; what it is still owed is not sent.",
    "ListWebhookDeliveries": "Answers with what the endpoint is still owed, what is due next first: 100 at most. An event is tried ten times in about three days.",
    "RotateWebhookSecret": "Makes a new secret and shows it, in this answer only. For 24 hours every webhook carries a signature of each, so receivers can change "
    "over without a gap. Until then the secret cannot be rotated again.",
    "ResendWebhooks": "Sends one event, or those of a time that the endpoint wants, as if they had just happened; the same ids, the same bodies. 10 000 at most.",
}

SUMMARIES: Mapping[str, str] = {
    "ListEvents": "List or stream events",
    "ListOperatorEvents": "List or stream what operators are told",
    "ListWebhookEndpoints": "List webhook endpoints",
    "CreateWebhookEndpoint": "Add a webhook endpoint; its secret is shown once",
    "GetWebhookEndpoint": "Get a webhook endpoint",
    "UpdateWebhookEndpoint": "Change, disable or enable a webhook endpoint",
    "DeleteWebhookEndpoint": "Delete a webhook endpoint",
    "ListWebhookDeliveries": "See what an endpoint is still owed",
    "RotateWebhookSecret": "Rotate an endpoint's secret; the new one is shown once",
    "ResendWebhooks": "Send events once more",
}

PARAMETERS: Mapping[str, str] = {
    "webhook_endpoint": "The endpoint's Id.",
    "after": "An event's Id or the `NextCursor` of an earlier answer; `0` is before the first event.",
    "limit": "Events per answer; the stream has no limit.",
    "type": "Only events of this type; may be repeated.",
    "Last-Event-ID": "Of the stream: the last event you have. An `EventSource` sends it by itself when it connects again.",
}

FIELDS: Mapping[tuple[str, str], str] = {
    ("EventList", "Items"): "The events, the oldest first.",
    ("EventList", "NextCursor"): "Ask on with `after` set to this. Absent when there has never been an event.",
    (
        "EventList",
        "HasMore",
    ): "Whether there is more to ask for now. Then an answer may hold fewer events than `limit`, or none.",
    ("OperatorEventList", "Items"): "The events, the oldest first.",
    ("OperatorEventList", "NextCursor"): "Ask on with `after` set to this. Absent when there has never been an event.",
    (
        "OperatorEventList",
        "HasMore",
    ): "Whether there is more to ask for now. Then an answer may hold fewer events than `limit`, or none.",
    ("OperatorEventView", "Id"): "The event's id.",
    ("OperatorEventView", "Type"): "What happened.",
    ("OperatorEventView", "CreateTime"): "When it happened. ISO 8601, UTC.",
    ("OperatorEventView", "Data"): "What it happened to: `id`, and the fields of this type of event.",
    ("EventView", "Id"): "The event's id; also the `webhook-id` it is sent with.",
    ("EventView", "Type"): "What happened.",
    ("EventView", "CreateTime"): "When it happened. ISO 8601, UTC.",
    ("EventView", "Data"): "What it happened to: `id`, and the fields of this type of event.",
    ("WebhookEndpointView", "Id"): "The endpoint's id.",
    ("WebhookEndpointView", "Disabled"): "A disabled endpoint is sent nothing.",
    (
        "WebhookEndpointView",
        "DisabledBy",
    ): "`Tenant`: you did. `Gone`: it answered 410. `Failing`: it took nothing for five days.",
    ("WebhookEndpointView", "FailingSince"): "Since when nothing has arrived there. ISO 8601, UTC.",
    ("WebhookEndpointView", "OldSecretUntil"): "Until when the secret before this one signs as well. ISO 8601, UTC.",
    ("WebhookEndpointView", "Secret"): "Verifies the signatures. Shown in this answer only.",
    ("WebhookEndpointView", "Types"): "The event types it gets; absent: all.",
    ("WebhookEndpointList", "Items"): "The endpoints.",
    ("NewWebhookEndpoint", "Types"): "The event types it gets; all when left out.",
    ("WebhookEndpointChange", "Types"): "The event types it gets; `null` for all.",
    ("WebhookEndpointChange", "Disabled"): "`true` stops all webhooks to it, `false` begins anew.",
    ("", "URL"): "Where webhooks are posted to.",
    ("WebhookDeliveryList", "Items"): "What it is owed.",
    ("", "EventId"): "The event.",
    ("WebhookDeliveryView", "Attempts"): "How often it has been tried.",
    ("WebhookDeliveryView", "NextAttemptTime"): "When it is tried next. ISO 8601, UTC.",
    ("WebhookDeliveryView", "LastAttemptTime"): "When it was tried last. ISO 8601, UTC.",
    ("WebhookDeliveryView", "LastStatus"): "The HTTP status of the last answer.",
    (
        "WebhookDeliveryView",
        "LastError",
    ): "Why there was no answer: `Unreachable`, `TlsFailed`, `Timeout` or `NoAnswer`.",
    ("Resend", "EventId"): "This event alone.",
    ("Resend", "Since"): "Every event that happened at this moment or later. ISO 8601 with an offset.",
    ("Resend", "Until"): "But before this one; until now when left out. ISO 8601 with an offset.",
    ("Resent", "Count"): "How many events are sent.",
}
