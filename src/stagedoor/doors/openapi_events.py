"""What the OpenAPI documents say about events and webhook endpoints."""

from collections.abc import Mapping

from stagedoor import errors
from stagedoor.contract.operations import EVENTS_READ, WEBHOOKS_MANAGE
from stagedoor.doors import events
from stagedoor.doors import openapi_texts as texts
from stagedoor.doors.actions import Action
from stagedoor.doors.openapi_errors import BODY, DATABASE, EVERYWHERE, KEY, ErrorType
from stagedoor.doors.openapi_parts import parameter, request_body, responses
from stagedoor.doors.openapi_schemas import Json, Say, action_result, webhook_actions
from stagedoor.events.catalogue import CATALOGUE

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


def event_errors() -> Mapping[str, tuple[ErrorType, ...]]:
    """Return the errors of each of these operations, by operationId."""
    listing = (*EVERYWHERE, *DATABASE, *KEY, errors.NotFound, errors.FlowLimitExceeded)
    return {events.ACTION: listing} | {action.name: _errors_of(path, action) for path, _, action in webhook_actions()}


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
    paths: dict[str, Json] = {events.PATH: {"get": _listing(say)}}
    for path, method, action in webhook_actions():
        paths.setdefault(path, {})[method.lower()] = _webhook_operation(path, action, say)
    return paths


def _operation(name: str, scope: str, say: Say) -> Json:
    return {
        "operationId": name,
        "tags": [say(TAG)],
        "summary": say(texts.SUMMARIES[name]),
        "description": say(texts.OPERATIONS[name]),
        "security": [{"bearer": [scope]}],
    }


def _listing(say: Say) -> Json:
    limit: Json = {"type": "integer", "minimum": 1, "maximum": events.MOST, "default": events.DEFAULT_LIMIT}
    types: Json = {"type": "array", "items": {"type": "string", "enum": list(CATALOGUE)}, "maxItems": len(CATALOGUE)}
    found = [
        parameter("query", "after", texts.PARAMETERS["after"], CURSOR, say),
        parameter("query", "limit", texts.PARAMETERS["limit"], limit, say),
        parameter("query", "type", texts.PARAMETERS["type"], types, say),
        parameter("header", "Last-Event-ID", texts.PARAMETERS["Last-Event-ID"], TEXT, say),
    ]
    answered = responses(events.ACTION, events.EventList, event_errors()[events.ACTION], say)
    answered["200"]["content"]["text/event-stream"] = {"schema": TEXT, "example": SAMPLE}
    return {**_operation(events.ACTION, EVENTS_READ, say), "parameters": found, "responses": answered}


def _webhook_operation(path: str, action: Action, say: Say) -> Json:
    shown = _operation(action.name, WEBHOOKS_MANAGE, say)
    if "{id}" in path:
        shown["parameters"] = [parameter("path", "id", texts.PARAMETERS["webhook_endpoint"], TEXT, say, required=True)]
    if action.body is not None:
        shown["requestBody"] = request_body(action.name, action.body, say)
    return {**shown, "responses": responses(action.name, action_result(action), _errors_of(path, action), say)}
