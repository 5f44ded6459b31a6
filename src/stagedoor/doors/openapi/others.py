"""What the OpenAPI documents say beside the twelve operations: the callback, the health checks, the administration."""

from collections.abc import Mapping

from stagedoor.doors.openapi import texts
from stagedoor.doors.openapi.errors import DATABASE, EVERYWHERE, ErrorType, error_responses, errors_of_admin, header
from stagedoor.doors.openapi.parts import parameter, request_body, responses
from stagedoor.doors.openapi.schemas import Json, Say, action_result, admin_actions
from stagedoor.doors.table import Action
from stagedoor.keys.issue import ADMIN_SCOPE

TEXT: Json = {"type": "string"}
CALLBACK_QUERY = ("bytedToken", "resultCode", "algorithmBaseRespCode", "reqMeasureInfoValue", "verify_type")


def other_errors() -> Mapping[str, tuple[ErrorType, ...]]:
    """Return the errors of the callback and the health checks, by operationId."""
    return {"callback": (*EVERYWHERE, *DATABASE), "getHealth": EVERYWHERE, "getReadiness": (*EVERYWHERE, *DATABASE)}


def service_paths(say: Say) -> dict[str, Json]:
    """Return the paths that need no key."""
    return {
        "/cb/{state}": {"get": _callback(say)},
        "/healthz": {"get": _health("getHealth", say)},
        "/readyz": {"get": _health("getReadiness", say)},
    }


def _open_operation(name: str, say: Say) -> Json:
    return {
        "operationId": name,
        "tags": [say("Service")],
        "summary": say(texts.SUMMARIES[name]),
        "description": say(texts.OPERATIONS[name]),
        "security": [],
    }


def _callback(say: Say) -> Json:
    found = [parameter("path", "state", texts.PARAMETERS["state"], TEXT, say, required=True)]
    found += [
        parameter("query", name, texts.PARAMETERS[name], TEXT, say, required=name == "bytedToken")
        for name in CALLBACK_QUERY
    ]
    location = {"description": say(texts.HEADERS["Location"]), "required": True, "schema": TEXT}
    answers: Json = {
        "303": {"description": say(texts.OTHERS["sent on"]), "headers": {"Location": location}},
        "404": {"description": say(texts.OTHERS["unknown link"]), "content": {"text/html": {"schema": TEXT}}},
        **error_responses(other_errors()["callback"], say),
    }
    return {**_open_operation("callback", say), "parameters": found, "responses": answers}


def _health(name: str, say: Say) -> Json:
    schema = {"type": "object", "properties": {"status": {"const": "ok"}}, "required": ["status"]}
    well = {
        "description": say(texts.OTHERS["well"]),
        "headers": {"X-Request-Id": header("RequestId")},
        "content": {"application/json": {"schema": schema, "example": {"status": "ok"}}},
    }
    return {**_open_operation(name, say), "responses": {"200": well, **error_responses(other_errors()[name], say)}}


def admin_paths(say: Say) -> dict[str, Json]:
    """Return the operators' paths, from the admin door's own table."""
    paths: dict[str, Json] = {}
    for path, method, action in admin_actions():
        paths.setdefault(path, {})[method.lower()] = _admin_operation(path, action, say)
    return paths


def _admin_operation(path: str, action: Action, say: Say) -> Json:
    shown: Json = {
        "operationId": action.name,
        "tags": [say("Administration")],
        "summary": say(texts.SUMMARIES[action.name]),
        "security": [{"bearer": [ADMIN_SCOPE]}],
    }
    if "{name}" in path:
        thing = path.removeprefix("/admin/v1/").partition("s/")[0]
        shown["parameters"] = [parameter("path", "name", texts.PARAMETERS[thing], TEXT, say, required=True)]
    if action.body is not None:
        shown["requestBody"] = request_body(action.name, action.body, say)
    answered = responses(action.name, action_result(action), errors_of_admin(path, action), say)
    return {**shown, "responses": answered}
