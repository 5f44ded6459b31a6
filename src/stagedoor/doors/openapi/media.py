"""What the OpenAPI documents say about the check of files."""

from collections.abc import Mapping

from stagedoor import errors
from stagedoor.contract.media import CheckMedia
from stagedoor.doors import media
from stagedoor.doors.openapi import texts
from stagedoor.doors.openapi.errors import BODY, DATABASE, EVERYWHERE, KEY, LIMITED, ErrorType
from stagedoor.doors.openapi.parts import request_body, responses
from stagedoor.doors.openapi.schemas import Json, Say
from stagedoor.media.rules import READABLE
from stagedoor.uploads.form import FORM, LONGEST_FIELD

TAG = "Media check"
_ERRORS: tuple[ErrorType, ...] = (
    *EVERYWHERE,
    *DATABASE,
    *KEY,
    *LIMITED,
    *BODY,
    errors.MissingParameter,
    errors.NoChannel,
    errors.NotFound,
    errors.UploadNotComplete,
    errors.FilesUnavailable,
)


def media_errors() -> Mapping[str, tuple[ErrorType, ...]]:
    """Return the errors of the check, by operationId."""
    return {media.ACTION: _ERRORS}


def media_paths(say: Say) -> dict[str, Json]:
    """Return the path of the check."""
    properties = {
        "file": {"type": "string", "format": "binary", "description": say(texts.PARAMETERS["file"])},
        "AssetType": {"enum": [*READABLE], "description": say(texts.PARAMETERS["type to check"])},
        "model": {
            "type": "string",
            "maxLength": LONGEST_FIELD,
            "description": say(texts.PARAMETERS["model to check"]),
        },
        "GroupId": {
            "type": "string",
            "maxLength": LONGEST_FIELD,
            "description": say(texts.PARAMETERS["group to check"]),
        },
    }
    schema = {"type": "object", "properties": properties, "required": ["file", "AssetType", "model"]}
    body = request_body(media.ACTION, CheckMedia, say)
    body["content"][FORM] = {"schema": schema}
    shown: Json = {
        "operationId": media.ACTION,
        "tags": [say(TAG)],
        "summary": say(texts.SUMMARIES[media.ACTION]),
        "description": say(texts.OPERATIONS[media.ACTION]),
        "security": [{"bearer": [media.SCOPE]}],
        "requestBody": body,
        "responses": responses(media.ACTION, media.MediaReport, _ERRORS, say),
    }
    return {media.PATH: {"post": shown}}
