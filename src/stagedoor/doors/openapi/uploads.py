"""What the OpenAPI documents say about uploads."""

from collections.abc import Mapping

from stagedoor import errors
from stagedoor.contract.operations import UPLOADS_WRITE
from stagedoor.contract.results import Empty
from stagedoor.doors import uploads
from stagedoor.doors.openapi import texts
from stagedoor.doors.openapi.errors import DATABASE, EVERYWHERE, KEY, LIMITED, ErrorType, error_responses
from stagedoor.doors.openapi.parts import paging, parameter, responses
from stagedoor.doors.openapi.schemas import Json, Say
from stagedoor.doors.tus import PART, VERSION
from stagedoor.uploads.form import FORM, LONGEST_FIELD

TAG = "Uploads"
ID: Json = {"type": "string", "pattern": "^[A-Za-z0-9_]{1,64}$"}
OFFSET: Json = {"type": "integer", "minimum": 0}
TUS: Json = {"type": "string", "const": VERSION.decode()}
FIELD: Json = {"type": "string", "maxLength": LONGEST_FIELD}

_BODY: tuple[ErrorType, ...] = (
    errors.MissingParameter,
    errors.RequestTimeout,
    errors.UnsupportedMediaType,
    errors.FilesUnavailable,
)
_COMMON: tuple[ErrorType, ...] = (*EVERYWHERE, *DATABASE, *KEY, *LIMITED, errors.UnsupportedTusVersion)
_ERRORS: Mapping[str, tuple[ErrorType, ...]] = {
    "ListUploads": _COMMON,
    "CreateUpload": (*_COMMON, *_BODY, errors.QuotaExceeded),
    "GetUpload": (*_COMMON, errors.NotFound),
    "ContinueUpload": (*_COMMON, *_BODY, errors.NotFound, errors.UploadOffsetMismatch),
    "DeleteUpload": (*_COMMON, errors.NotFound),
}


def upload_errors() -> Mapping[str, tuple[ErrorType, ...]]:
    """Return the errors of each of these operations, by operationId."""
    return _ERRORS


def upload_paths(say: Say) -> dict[str, Json]:
    """Return the paths of the uploads."""
    one = [parameter("path", "id", texts.PARAMETERS["upload"], ID, say, required=True)]
    return {
        uploads.PATH: {
            "get": _operation("ListUploads", uploads.UploadList, say) | {"parameters": paging(say)},
            "post": _operation("CreateUpload", uploads.UploadView, say) | {"requestBody": _form(say)},
        },
        uploads.ONE_PATH: {
            "get": _operation("GetUpload", uploads.UploadView, say) | {"parameters": one},
            "patch": _continue(one, say),
            "delete": _operation("DeleteUpload", Empty, say) | {"parameters": one},
        },
    }


def _operation(name: str, result: type, say: Say) -> Json:
    return _named(name, say) | {"responses": responses(name, result, _ERRORS[name], say)}


def _named(name: str, say: Say) -> Json:
    return {
        "operationId": name,
        "tags": [say(TAG)],
        "summary": say(texts.SUMMARIES[name]),
        "description": say(texts.OPERATIONS[name]),
        "security": [{"bearer": [UPLOADS_WRITE]}],
    }


def _form(say: Say) -> Json:
    properties = {
        "file": {"type": "string", "format": "binary", "minLength": 1, "description": say(texts.PARAMETERS["file"])},
        "Name": FIELD | {"description": say(texts.PARAMETERS["name of the file"])},
        "AssetType": {"enum": ["Image", "Video", "Audio"], "description": say(texts.PARAMETERS["type of the file"])},
    }
    schema = {"type": "object", "properties": properties, "required": ["file"]}
    return {"required": True, "content": {FORM: {"schema": schema}}}


def _continue(one: list[Json], say: Say) -> Json:
    found = [
        *one,
        parameter("header", "Tus-Resumable", texts.PARAMETERS["tus version"], TUS, say, required=True),
        parameter("header", "Upload-Offset", texts.PARAMETERS["offset"], OFFSET, say, required=True),
    ]
    told = {"Upload-Offset": {"description": say(texts.PARAMETERS["new offset"]), "required": True, "schema": OFFSET}}
    taken = {"description": say(texts.OTHERS["part taken"]), "headers": told}
    binary: Json = {"type": "string", "format": "binary"}
    return _named("ContinueUpload", say) | {
        "parameters": found,
        "requestBody": {"required": True, "content": {PART.decode(): {"schema": binary}}},
        "responses": {"204": taken, **error_responses(_ERRORS["ContinueUpload"], say)},
    }
