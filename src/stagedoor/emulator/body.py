"""Request bodies: strict JSON objects or nothing."""

from typing import Any

import msgspec

from stagedoor.emulator.errors import ArkError


def read_object(raw: bytes) -> dict[str, Any]:
    """Return the JSON object in a body, empty for an empty body.

    Raises:
        ArkError: ``InvalidParameter`` for anything else, however broken or deep it is.

    """
    if not raw.strip():
        return {}
    try:
        document = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ArkError(400, "InvalidParameter", "The request body is not valid JSON.") from error
    if not isinstance(document, dict):
        raise ArkError(400, "InvalidParameter", "The request body must be a JSON object.")
    return document
