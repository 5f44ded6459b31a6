"""The OpenAPI 3.1 documents, in English and Chinese, from the table of the twelve operations and the doors' own tables."""

from collections.abc import Iterable, Mapping
from typing import Literal

from stagedoor import __version__
from stagedoor.contract.operations import BY_ACTION, INVITATIONS, Operation
from stagedoor.doors.openapi import texts
from stagedoor.doors.openapi.audit import audit_errors, audit_paths
from stagedoor.doors.openapi.errors import ErrorType, error_examples, errors_of, errors_of_admin, errors_of_invitations
from stagedoor.doors.openapi.events import event_errors, event_paths
from stagedoor.doors.openapi.imports import import_errors, import_paths
from stagedoor.doors.openapi.media import media_errors, media_paths
from stagedoor.doors.openapi.others import admin_paths, other_errors, service_paths
from stagedoor.doors.openapi.parts import parameter, request_body, responses
from stagedoor.doors.openapi.schemas import EVERY, Json, Say, admin_actions, component_schemas, parameter_schema
from stagedoor.doors.openapi.uploads import upload_errors, upload_paths
from stagedoor.doors.openapi.zh import CHINESE

Language = Literal["en", "zh"]

OPENAPI = "3.1.0"
RESULT_ID = "$response.body#/Result/Id"
SAME_MODEL = "$request.body#/model"


def build_openapi(language: Language, *, public_url: str = "") -> dict[str, object]:
    """Return the OpenAPI document in a language.

    Args:
        language: of summaries, descriptions and tags; names and messages of the API itself are English in both.
        public_url: where else the gateway is reached, when that is known.

    """
    say = _chinese if language == "zh" else str
    return {
        "openapi": OPENAPI,
        "info": {"title": "stagedoor", "version": __version__, "description": say(texts.INTRODUCTION)},
        "servers": _servers(public_url, say),
        "tags": [{"name": say(name), "description": say(text)} for name, text in texts.TAGS.items()],
        "security": [{"bearer": []}],
        "paths": {
            **_twelve_paths(language, say),
            **event_paths(say),
            **import_paths(say),
            **media_paths(say),
            **audit_paths(say),
            **upload_paths(say),
            **service_paths(say),
            **admin_paths(say),
        },
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": say(texts.OTHERS["bearer"])}
            },
            "schemas": component_schemas(say),
            "headers": _headers(say),
            "examples": error_examples(errors_by_operation(), say),
        },
    }


def errors_by_operation() -> Mapping[str, Iterable[ErrorType]]:
    """Return the errors every documented operation can answer with, by operationId."""
    found: dict[str, Iterable[ErrorType]] = {operation.action: _errors(operation) for operation in EVERY}
    found |= {action.name: errors_of_admin(path, action) for path, _, action in admin_actions()}
    return {
        **found,
        **event_errors(),
        **audit_errors(),
        **import_errors(),
        **media_errors(),
        **upload_errors(),
        **other_errors(),
    }


def _chinese(text: str) -> str:
    return CHINESE.get(text, text)


def _servers(public_url: str, say: Say) -> list[Json]:
    # Postman and Apifox take the first, and cannot know what "/" is relative to.
    public = [{"url": public_url.rstrip("/"), "description": say(texts.OTHERS["public"])}] if public_url else []
    return [*public, {"url": "/", "description": say(texts.OTHERS["root"])}]


def _headers(say: Say) -> dict[str, Json]:
    kinds: Mapping[str, Json] = {
        "RequestId": {"required": True, "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}},
        "RetryAfter": {"schema": {"type": "integer", "minimum": 1}},
        "RateLimit": {"schema": {"type": "string", "examples": ['"key";r=49;t=1']}},
        "RateLimitPolicy": {"schema": {"type": "string", "examples": ['"key";q=50;w=1']}},
        "Allow": {"required": True, "schema": {"type": "string"}},
        "IdempotencyReplayed": {"schema": {"type": "string", "const": "true"}},
        "ExistingAsset": {"schema": {"type": "string", "const": "true"}},
        "SessionId": {"required": True, "schema": {"type": "string", "pattern": "^vs_[A-Za-z0-9]+$"}},
        "WWWAuthenticate": {"required": True, "schema": {"type": "string"}},
    }
    return {name: {"description": say(texts.HEADERS[name]), **kind} for name, kind in kinds.items()}


def _twelve_paths(language: Language, say: Say) -> dict[str, Json]:
    paths: dict[str, Json] = {}
    for operation in EVERY:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, language, say)
    return paths


def _operation(operation: Operation, language: Language, say: Say) -> Json:
    shown: Json = {
        "operationId": operation.action,
        "tags": [say(_tag(operation))],
        "summary": f"{operation.number} {operation.summary_zh if language == 'zh' else operation.summary}".strip(),
        "description": say(texts.OPERATIONS[operation.action]),
        "security": [{"bearer": [operation.scope]}],
        "parameters": _parameters(operation, say),
    }
    if not operation.in_query:
        shown["requestBody"] = request_body(operation.action, operation.request, say)
        shown["requestBody"]["required"] = not operation.may_have_no_body
    answered = responses(operation.action, operation.result, _errors(operation), say)
    if operation.creates:
        answered["200"]["headers"]["Idempotency-Replayed"] = {"$ref": "#/components/headers/IdempotencyReplayed"}
    if operation.action == "CreateAsset":
        answered["200"]["headers"]["Stagedoor-Existing-Asset"] = {"$ref": "#/components/headers/ExistingAsset"}
    if operation.action == "CreateVisualValidateSession":
        answered["200"]["headers"]["Stagedoor-Session-Id"] = {"$ref": "#/components/headers/SessionId"}
    if links := LINKS.get(operation.action):
        answered["200"]["links"] = links
    return {**shown, "responses": answered}


def _errors(operation: Operation) -> Iterable[ErrorType]:
    return errors_of_invitations(operation) if operation in INVITATIONS else errors_of(operation)


def _tag(operation: Operation) -> str:
    if operation in INVITATIONS:
        return "Invitations"
    if operation.path.startswith("/v1/real-avatar/"):
        return "Real-person check"
    return "Assets" if "/assets" in operation.path else "Asset groups"


def _parameters(operation: Operation, say: Say) -> list[Json]:
    found = []
    if operation.has_id:
        thing = "asset" if "/assets/" in operation.path else "group"
        example = "asset-20260602153912-kctzf" if thing == "asset" else "group-20260601191715-9q47m"
        if operation in INVITATIONS:
            thing, example = "invitation", "inv_3kPq7sTuVwXy2zAbCdEfGh"
        schema = parameter_schema(operation.request, "Id")
        found.append(parameter("path", "id", texts.PARAMETERS[thing], schema, say, required=True, example=example))
    if operation in INVITATIONS and operation.in_query:
        model = parameter_schema(operation.request, "model")
        found.append(parameter("query", "model", texts.PARAMETERS["any model"], model, say))
    elif operation.in_query:
        model = parameter_schema(operation.request, "model")
        project = parameter_schema(operation.request, "ProjectName")
        found += [
            parameter(
                "query",
                "model",
                texts.PARAMETERS["model"],
                model,
                say,
                required=True,
                example="doubao-seedance-2-0-260128",
            ),
            parameter("query", "ProjectName", texts.PARAMETERS["ProjectName"], project, say),
        ]
    # Without examples: a page that lets people try would send the same key with every request.
    if operation.creates:
        key: Json = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7E]+$"}
        found.append(parameter("header", "Idempotency-Key", texts.PARAMETERS["Idempotency-Key"], key, say))
    if operation.action == "GetAsset":
        found.append(parameter("header", "Cache-Control", texts.PARAMETERS["Cache-Control"], {"type": "string"}, say))
    found.append(parameter("header", "X-Request-Id", texts.PARAMETERS["X-Request-Id"], {"type": "string"}, say))
    return found


def _link(target: str, *, id_from: str = "", model: str = SAME_MODEL, body: Json | None = None) -> Json:
    """Return a link to an operation, with the id in its path and ``model`` where the operation has it."""
    operation = BY_ACTION[target]
    parameters = {"path.id": id_from} if operation.has_id else {}
    if operation.in_query:
        parameters["query.model"] = model
    shown: Json = {"operationId": target}
    if parameters:
        shown["parameters"] = parameters
    return shown if operation.in_query else {**shown, "requestBody": {"model": model, **(body or {})}}


LINKS: Mapping[str, Json] = {
    "CreateAssetGroup": {
        "GetAssetGroup": _link("GetAssetGroup", id_from=RESULT_ID),
        "UpdateAssetGroup": _link(
            "UpdateAssetGroup",
            id_from=RESULT_ID,
            body={"Id": RESULT_ID, "Name": "renamed_group", "Description": "updated"},
        ),
        "DeleteAssetGroup": _link("DeleteAssetGroup", id_from=RESULT_ID),
        "CreateAsset": _link(
            "CreateAsset",
            body={"GroupId": RESULT_ID, "URL": "https://picsum.photos/800/1200.jpg", "AssetType": "Image"},
        ),
    },
    "CreateAsset": {
        "GetAsset": _link("GetAsset", id_from=RESULT_ID),
        "UpdateAsset": _link("UpdateAsset", id_from=RESULT_ID, body={"Id": RESULT_ID, "Name": "front view"}),
        "DeleteAsset": _link("DeleteAsset", id_from=RESULT_ID),
    },
    "CreateVisualValidateSession": {
        "GetVisualValidateResult": _link(
            "GetVisualValidateResult", body={"BytedToken": "$response.body#/Result/BytedToken"}
        ),
    },
    "GetVisualValidateResult": {
        "CreateAsset": _link(
            "CreateAsset",
            body={
                "GroupId": "$response.body#/Result/GroupId",
                "URL": "https://picsum.photos/800/1200.jpg",
                "AssetType": "Image",
            },
        ),
    },
}
