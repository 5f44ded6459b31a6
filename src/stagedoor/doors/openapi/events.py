"""What the OpenAPI documents say about events and webhook endpoints."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from stagedoor import errors
from stagedoor.contract.operations import EVENTS_READ, WEBHOOKS_MANAGE
from stagedoor.doors import events
from stagedoor.doors.openapi import texts
from stagedoor.doors.openapi.errors import BODY, DATABASE, EVERYWHERE, KEY, ErrorType
from stagedoor.doors.openapi.parts import parameter, request_body, responses
from stagedoor.doors.openapi.schemas import Json, Say, action_result, webhook_actions
from stagedoor.doors.table import Action
from stagedoor.events.catalogue import CATALOGUE, OPERATORS_CATALOGUE
from stagedoor.keys.issue import ADMIN_SCOPE

TAG = "Events"
TEXT: Json = {"type": "string"}
CURSOR: Json = {"type": "string", "pattern": f"^{events.CURSOR.pattern}$"}
SAMPLE = """\
retry: 2000
id: evt_5kJ8wQxN2pR7sT4vY9zA1b

id: evt_6mL9xRyP3qS8tU5wZ0aB2c
event: asset.active
data: {"type":"asset.active","timestamp":"2026-06-02T07:39:31Z","data":{"id":"asset-20260602153912-kctzf","group_id":"group-20260601191715-9q47m","asset_type":"Image"}}

"""
OPERATORS_SAMPLE = """\
retry: 2000
id: 0

id: evt_7nL0xSzQ4rT9uV6wY1bC3d
event: channel.condition_began
data: {"type":"channel.condition_began","timestamp":"2026-06-02T07:40:02Z","data":{"id":"ch_2jK6vPwR8sT0uX4yZ5aB7c","kind":"GroupsFull","action":"CreateAssetGroup","code":"AssetGroupLimitExceeded"}}

"""


class _Feed(NamedTuple):
    """One of the two lists of events."""

    action: str
    path: str
    tag: str
    scope: str
    types: tuple[str, ...]
    result: type[msgspec.Struct]
    sample: str


FEEDS = (
    _Feed(events.ACTION, events.PATH, TAG, EVENTS_READ, tuple(CATALOGUE), events.EventList, SAMPLE),
    _Feed(
        events.OPERATORS_ACTION,
        events.OPERATORS_PATH,
        "Administration",
        ADMIN_SCOPE,
        tuple(OPERATORS_CATALOGUE),
        events.OperatorEventList,
        OPERATORS_SAMPLE,
    ),
)


def event_errors() -> Mapping[str, tuple[ErrorType, ...]]:
    """Return the errors of each of these operations, by operationId."""
    listing = (*EVERYWHERE, *DATABASE, *KEY, errors.NotFound, errors.FlowLimitExceeded)
    lists: dict[str, tuple[ErrorType, ...]] = {feed.action: listing for feed in FEEDS}
    return lists | {action.name: _errors_of(path, action) for path, _, action in webhook_actions()}


def _errors_of(path: str, action: Action) -> tuple[ErrorType, ...]:
    found = [*EVERYWHERE, *DATABASE, *KEY, errors.FlowLimitExceeded]
    if action.body is not None:
        found += [errors.MissingParameter, *BODY]
    if "{" in path:
        found.append(errors.NotFound)
    if action.name == "CreateWebhookEndpoint":
        found.append(errors.QuotaExceeded)
    if action.name in {"RotateWebhookSecret", "ResendWebhooks"}:
        found.append(errors.Conflict)
    return tuple(found)


def event_paths(say: Say) -> dict[str, Json]:
    """Return the paths of events and webhook endpoints, from the doors' own tables."""
    paths: dict[str, Json] = {feed.path: {"get": _listing(feed, say)} for feed in FEEDS}
    for path, method, action in webhook_actions():
        paths.setdefault(path, {})[method.lower()] = _webhook_operation(path, action, say)
    return paths


def _operation(name: str, scope: str, say: Say, tag: str = TAG) -> Json:
    return {
        "operationId": name,
        "tags": [say(tag)],
        "summary": say(texts.SUMMARIES[name]),
        "description": say(texts.OPERATIONS[name]),
        "security": [{"bearer": [scope]}],
    }


def _listing(feed: _Feed, say: Say) -> Json:
    limit: Json = {"type": "integer", "minimum": 1, "maximum": events.MOST, "default": events.DEFAULT_LIMIT}
    types: Json = {"type": "array", "items": {"type": "string", "enum": list(feed.types)}, "maxItems": len(feed.types)}
    found = [
        parameter("query", "after", texts.PARAMETERS["after"], CURSOR, say),
        parameter("query", "limit", texts.PARAMETERS["limit"], limit, say),
        parameter("query", "type", texts.PARAMETERS["type"], types, say),
        parameter("header", "Last-Event-ID", texts.PARAMETERS["Last-Event-ID"], TEXT, say),
    ]
    answered = responses(feed.action, feed.result, event_errors()[feed.action], say)
    answered["200"]["content"]["text/event-stream"] = {"schema": TEXT, "example": feed.sample}
    return {**_operation(feed.action, feed.scope, say, feed.tag), "parameters": found, "responses": answered}


def _webhook_operation(path: str, action: Action, say: Say) -> Json:
    shown = _operation(action.name, WEBHOOKS_MANAGE, say)
    if "{id}" in path:
        shown["parameters"] = [parameter("path", "id", texts.PARAMETERS["webhook_endpoint"], TEXT, say, required=True)]
    if action.body is not None:
        shown["requestBody"] = request_body(action.name, action.body, say)
    return {**shown, "responses": responses(action.name, action_result(action), _errors_of(path, action), say)}
