"""The schemas of the OpenAPI documents, made from the structs of the contract and of the admin door.

What is taken and what is given differ: a request may leave out what has a default and may say null, an answer holds every
field that has a value and never null. A struct that is taken is called ``<name>Request``.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, get_type_hints

import msgspec

from stagedoor.contract.imports import CreateImport
from stagedoor.contract.media import CheckMedia
from stagedoor.contract.operations import INVITATIONS, OPERATIONS, SCOPES, SERVICE, VERSION
from stagedoor.doors import admin, audit, deletions, events, imports, media, uploads, webhooks
from stagedoor.doors.openapi.texts import FIELDS
from stagedoor.doors.table import Action
from stagedoor.errors import UpstreamFault
from stagedoor.events.catalogue import CATALOGUE, OPERATORS_CATALOGUE
from stagedoor.http.envelope import Metadata

Json = dict[str, Any]
Say = Callable[[str], str]

REF = "#/components/schemas/"
NULL: Json = {"type": "null"}
# What the checks in assets/create.py and validation/start.py ask of every address before anything else.
WEB_ADDRESS: Json = {"format": "uri", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^\\x00-\\x20\\x7F]+$"}
WEB_ADDRESS_OR_UPLOAD: Json = {
    "format": "uri",
    "pattern": "^([Hh][Tt][Tt][Pp][Ss]?://[^\\x00-\\x20\\x7F]+|upload://[A-Za-z0-9_]{1,64})$",
}
# What the guard in http/guard.py asks of every text in the path and the query.
NO_CONTROLS: Json = {"pattern": "^[^\\x00-\\x1F\\x7F]*$"}
TIME: Json = {"format": "date-time"}
EVENT_TYPE: Json = {"type": "string", "enum": list(CATALOGUE)}
EVENT_DATA: Json = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}

# Facts about single fields that the types of the contract do not state.
FACTS: Mapping[tuple[str, str], Json] = {
    ("CreateAssetGroupRequest", "GroupType"): {"enum": ["AIGC", None]},
    ("CreateAssetRequest", "URL"): WEB_ADDRESS_OR_UPLOAD,
    ("CheckMediaRequest", "URL"): {"pattern": "^upload://[A-Za-z0-9_]{1,64}$"},
    ("CreateVisualValidateSessionRequest", "CallbackURL"): WEB_ADDRESS,
    ("CreateInvitationRequest", "ReturnURL"): WEB_ADDRESS,
    ("Invitation", "Link"): {"format": "uri"},
    ("Invitation", "ReturnURL"): {"format": "uri"},
    ("Invitation", "ExpireTime"): TIME,
    ("ConsentGiven", "ConsentTime"): TIME,
    ("ConsentGiven", "WithdrawTime"): TIME,
    ("ConsentGiven", "TextSHA256"): {"pattern": "^[0-9a-f]{64}$"},
    ("Asset", "URL"): {"format": "uri"},
    ("Session", "H5Link"): {"format": "uri"},
    ("Metadata", "RequestId"): {"pattern": "^[A-Za-z0-9_-]{1,64}$", "examples": ["20260601191715C9DAA092032F19CEC367"]},
    ("Metadata", "Version"): {"const": VERSION},
    ("Metadata", "Service"): {"const": SERVICE},
    ("Metadata", "Region"): {"examples": ["cn-beijing"]},
    ("NewKeyRequest", "Scopes"): {"items": {"enum": list(SCOPES)}},
    ("NewWebhookEndpointRequest", "URL"): WEB_ADDRESS,
    ("NewWebhookEndpointRequest", "Types"): {"items": EVENT_TYPE},
    ("WebhookEndpointChangeRequest", "URL"): WEB_ADDRESS,
    ("WebhookEndpointChangeRequest", "Types"): {"items": EVENT_TYPE},
    ("WebhookEndpointView", "URL"): {"format": "uri"},
    ("WebhookEndpointView", "FailingSince"): TIME,
    ("WebhookEndpointView", "OldSecretUntil"): TIME,
    ("WebhookDeliveryView", "NextAttemptTime"): TIME,
    ("WebhookDeliveryView", "LastAttemptTime"): TIME,
    ("AuditEntryView", "Details"): {"type": "object"},
    ("ImportItemRequest", "URL"): WEB_ADDRESS,
    ("ImportView", "CancelTime"): TIME,
    ("ImportView", "FinishTime"): TIME,
    ("DeletionView", "WithdrawTime"): TIME,
    ("DeletionView", "ProveTime"): TIME,
    ("DeletionView", "Proof"): {"type": "object"},
    ("UploadView", "ExpireTime"): TIME,
    ("UploadView", "Sha256"): {"pattern": "^[0-9a-f]{64}$"},
    ("EventView", "Type"): EVENT_TYPE,
    ("EventView", "Data"): EVENT_DATA,
    ("OperatorEventView", "Type"): {"type": "string", "enum": list(OPERATORS_CATALOGUE)},
    ("OperatorEventView", "Data"): EVENT_DATA,
    ("KeyView", "ExpireTime"): TIME,
    ("KeyView", "RevokeTime"): TIME,
}
EVERY = (*OPERATIONS, *INVITATIONS)
TIMES = frozenset({"CreateTime", "UpdateTime", "LastInferenceTime"})
COUNTERS = ("TotalCount", "PageNumber", "PageSize")
# Numbered pages have all three counters and no token.
PAGE_MODES: Json = {
    "dependentRequired": {name: [other for other in COUNTERS if other != name] for name in COUNTERS},
    "not": {"required": ["NextToken", "TotalCount"]},
}
LEAVES_OUT_DEFAULTS = frozenset({UpstreamFault.__name__})


# One event, or those of a time.
RESEND: Json = {
    "oneOf": [
        {"required": ["EventId"], "properties": {"Since": False, "Until": False}},
        {"required": ["Since"], "properties": {"EventId": False}},
    ]
}


def action_result(action: Action) -> type[msgspec.Struct]:
    """Return what an action gives, which its function declares."""
    result: type[msgspec.Struct] = get_type_hints(action.perform)["return"]
    return result


def webhook_actions() -> list[tuple[str, str, Action]]:
    """Return path, method and action of every row of the webhooks door's table."""
    return [(path, method, action) for path, row in webhooks.ACTIONS.items() for method, action in row.items()]


def admin_actions() -> list[tuple[str, str, Action]]:
    """Return path, method and action of every row of the admin door's table."""
    return [(path, method, action) for path, row in admin.ACTIONS.items() for method, action in row.items()]


@cache
def _taken() -> Mapping[str, Json]:
    actions = [action for _, _, action in (*admin_actions(), *webhook_actions())]
    bodies = [action.body for action in actions if action.body is not None]
    found = msgspec.json.schema_components(
        [*(operation.request for operation in EVERY), *bodies, CreateImport, CheckMedia],
        ref_template=f"{REF}{{name}}Request",
    )
    return {f"{name}Request": schema for name, schema in found[1].items()}


@cache
def _given() -> Mapping[str, Json]:
    types = [*(operation.result for operation in EVERY), Metadata]
    types += [action_result(action) for _, _, action in (*admin_actions(), *webhook_actions())]
    types += [events.EventList, events.OperatorEventList, audit.AuditEntryList, deletions.DeletionView]
    types += [imports.ImportView, imports.ImportList, imports.ImportItemList, media.MediaReport]
    types += [uploads.UploadList]
    return msgspec.json.schema_components(types, ref_template=f"{REF}{{name}}")[1]


def parameter_schema(request: type[msgspec.Struct], field: str) -> Json:
    """Return the schema of a request's field that stands in the path or the query, where there is no null."""
    found: Json = _taken()[f"{request.__name__}Request"]["properties"][field]
    bare = found["anyOf"][0] if "anyOf" in found else found
    return {name: value for name, value in bare.items() if name not in {"description", "examples"}} | NO_CONTROLS


def component_schemas(say: Say) -> dict[str, Json]:
    """Return every schema the document refers to."""
    in_query = {f"{operation.request.__name__}Request" for operation in EVERY if operation.in_query}
    schemas = {name: _object(name, schema, say) for name, schema in _taken().items() if name not in in_query}
    schemas |= {name: _answered(name, _object(name, schema, say)) for name, schema in _given().items()}
    for name in ("GroupPage", "AssetPage", "InvitationPage"):
        schemas[name] |= PAGE_MODES
    schemas["ResendRequest"] |= RESEND
    return schemas | _envelopes(schemas.pop("Metadata"), say)


def _envelopes(metadata: Json, say: Say) -> dict[str, Json]:
    """Return the envelope's parts: success never holds an Error, failure always does and never a Result."""
    error = metadata["properties"].pop("Error")
    required = metadata["required"]
    return {
        "Metadata": metadata,
        "FailureMetadata": {
            **metadata,
            "title": "FailureMetadata",
            "properties": {**metadata["properties"], "Error": error},
            "required": [*required, "Error"],
        },
        "Failure": {
            "title": "Failure",
            "description": say("The envelope of every error."),
            "type": "object",
            "properties": {"ResponseMetadata": {"$ref": f"{REF}FailureMetadata"}},
            "required": ["ResponseMetadata"],
            "not": {"required": ["Result"]},
        },
    }


def answer_schema(action: str, result: type[msgspec.Struct]) -> Json:
    """Return the schema of an operation's envelope around its Result."""
    metadata = {"$ref": f"{REF}Metadata", "properties": {"Action": {"const": action}}, "not": {"required": ["Error"]}}
    return {
        "type": "object",
        "properties": {"ResponseMetadata": metadata, "Result": {"$ref": f"{REF}{result.__name__}"}},
        "required": ["ResponseMetadata", "Result"],
    }


def _object(name: str, schema: Json, say: Say) -> Json:
    shown = {key: value for key, value in schema.items() if key != "required" or value}
    if "description" in shown:
        shown["description"] = say(shown["description"].replace("``", "`"))
    properties = schema.get("properties", {})
    shown["properties"] = {field: _field(name, field, value, say) for field, value in properties.items()}
    return shown


def _field(owner: str, field: str, schema: Json, say: Say) -> Json:
    shown = _typed(_nullable(schema)) | FACTS.get((owner, field), {})
    if field in TIMES:
        shown |= TIME
    bare = owner.removesuffix("Request")
    text = FIELDS.get((bare, field)) or shown.get("description") or FIELDS.get(("", field))
    return shown | {"description": say(text)} if text else shown


def _nullable(schema: Json) -> Json:
    """Write "this or null" as one schema with two types, the description on the outside."""
    options = schema.get("anyOf", ())
    if NULL not in options or len(options) != 2:
        return schema
    inner = _typed(options[0])
    outer = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    if "$ref" in inner:
        return {"anyOf": [inner, NULL], **outer}
    flat = inner | outer | {"type": [inner["type"], "null"]}
    return flat | {"enum": [*inner["enum"], None]} if "enum" in inner else flat


def _typed(schema: Json) -> Json:
    """Name the type of an enum, here or in a list."""
    if "enum" in schema and "type" not in schema:
        return {"type": "string", **schema}
    # With a fixed number of members, "items" only says that there are no others.
    return {**schema, "items": _typed(schema["items"])} if isinstance(schema.get("items"), dict) else dict(schema)


def _answered(name: str, schema: Json) -> Json:
    """Require what is always sent: a field with a default is sent with it."""
    properties = schema["properties"]
    sent = {field for field, value in properties.items() if "default" in value and name not in LEAVES_OUT_DEFAULTS}
    required = [field for field in properties if field in sent or field in schema.get("required", ())]
    for value in properties.values():
        value.pop("default", None)
    return {**schema, "required": required} if required else schema
