"""What the OpenAPI documents say about bulk imports."""

from collections.abc import Mapping

from stagedoor import errors
from stagedoor.contract.imports import CreateImport
from stagedoor.doors import imports
from stagedoor.doors.openapi import texts
from stagedoor.doors.openapi.errors import BODY, DATABASE, EVERYWHERE, KEY, LIMITED, ErrorType
from stagedoor.doors.openapi.parts import paging, parameter, request_body, responses
from stagedoor.doors.openapi.schemas import NO_CONTROLS, Json, Say
from stagedoor.imports.store import STATES

TAG = "Bulk import"
EXAMPLE = "imp_6tRfVgBhNjMkLpQaZwSxEd"
TABLE = "URL,AssetType,Name\r\nhttps://picsum.photos/800/1200.jpg,Image,front view\r\n"
TEXT: Json = {"type": "string"}
IN_QUERY: Json = {"type": "string", "minLength": 1, "maxLength": 128, **NO_CONTROLS}
CURSOR: Json = {"type": "string", "pattern": f"^{imports.CURSOR.pattern}$"}
LIMIT: Json = {"type": "integer", "minimum": 1, "maximum": imports.MOST, "default": imports.DEFAULT_LIMIT}
RESULTS: Mapping[str, type] = {"ListImports": imports.ImportList, "ListImportItems": imports.ImportItemList}
"""What is answered, where it is not an import."""
STATE: Json = {"type": "string", "enum": [*STATES]}


def import_errors() -> Mapping[str, tuple[ErrorType, ...]]:
    """Return the errors of each of these operations, by operationId."""
    every = (*EVERYWHERE, *DATABASE, *KEY, *LIMITED)
    one = (*every, errors.NotFound)
    begun = (*one, *BODY, errors.MissingParameter, errors.NoChannel, errors.IdempotencyKeyReused)
    return {
        "CreateImport": begun,
        "ListImports": every,
        "GetImport": one,
        "ListImportItems": one,
        "CancelImport": (*one, errors.Conflict),
    }


def import_paths(say: Say) -> dict[str, Json]:
    """Return the paths of the bulk imports."""
    one = parameter("path", "id", texts.PARAMETERS["import"], TEXT, say, required=True, example=EXAMPLE)
    listing = [
        one,
        parameter("query", "after", texts.PARAMETERS["import after"], CURSOR, say),
        parameter("query", "limit", texts.PARAMETERS["import limit"], LIMIT, say),
        parameter("query", "state", texts.PARAMETERS["import state"], STATE, say),
    ]
    return {
        imports.PATH: {"get": _operation("ListImports", imports.READ, say, paging(say)), "post": _create(say)},
        imports.ONE_PATH: {"get": _operation("GetImport", imports.READ, say, [one])},
        imports.ITEMS_PATH: {"get": _operation("ListImportItems", imports.READ, say, listing)},
        imports.CANCEL_PATH: {"post": _operation("CancelImport", imports.WRITE, say, [one])},
    }


def _create(say: Say) -> Json:
    key: Json = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7E]+$"}
    found = [
        parameter("header", "Idempotency-Key", texts.PARAMETERS["Idempotency-Key"], key, say),
        parameter("query", "model", texts.PARAMETERS["import model"], IN_QUERY, say),
        parameter("query", "GroupId", texts.PARAMETERS["import GroupId"], IN_QUERY, say),
    ]
    shown = _operation("CreateImport", imports.WRITE, say, found)
    body = request_body("CreateImport", CreateImport, say)
    body["content"]["text/csv"] = {"schema": TEXT, "example": TABLE}
    shown["responses"]["200"]["headers"]["Idempotency-Replayed"] = {"$ref": "#/components/headers/IdempotencyReplayed"}
    return {**shown, "requestBody": body}


def _operation(name: str, scope: str, say: Say, parameters: list[Json]) -> Json:
    return {
        "operationId": name,
        "tags": [say(TAG)],
        "summary": say(texts.SUMMARIES[name]),
        "description": say(texts.OPERATIONS[name]),
        "security": [{"bearer": [scope]}],
        "parameters": parameters,
        "responses": responses(name, RESULTS.get(name, imports.ImportView), import_errors()[name], say),
    }
