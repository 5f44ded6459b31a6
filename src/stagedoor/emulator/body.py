"""Request bodies: strict JSON objects or nothing."""

from collections.abc import Iterable
from typing import Any

import msgspec

from stagedoor.emulator.errors import ArkError

# Nothing that is asked for is deeper than three; what follows walks documents by recursion.
DEEPEST = 32


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
    if _is_deep(document):
        raise ArkError(400, "InvalidParameter", f"The request body is nested deeper than {DEEPEST} levels.")
    return document


def _is_deep(document: Any) -> bool:
    level = [document]
    for _ in range(DEEPEST):
        level = [item for part in level if isinstance(part, dict | list) for item in _items(part)]
        if not level:
            return False
    return True


def _items(part: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return part.values() if isinstance(part, dict) else part
