"""The frame around every answer: ``ResponseMetadata`` and ``Result``."""

from typing import Any

import msgspec
from msgspec import Struct

from stagedoor.emulator.errors import ArkError

VERSION = "2024-01-01"
SERVICE = "ark"


class Call(Struct, frozen=True, kw_only=True):
    """What the envelope says about the call it answers."""

    request_id: str
    action: str
    version: str
    region: str


def metadata(call: Call) -> dict[str, Any]:
    return {
        "RequestId": call.request_id,
        "Action": call.action,
        "Version": call.version,
        "Service": SERVICE,
        "Region": call.region,
    }


def success(call: Call, result: dict[str, Any]) -> dict[str, Any]:
    return {"ResponseMetadata": metadata(call), "Result": result}


def failure(call: Call, error: ArkError) -> dict[str, Any]:
    facts: dict[str, Any] = {} if error.code_n is None else {"CodeN": error.code_n}
    facts |= {"Code": error.code, "Message": error.message}
    return {"ResponseMetadata": {**metadata(call), "Error": facts}}


def encode(document: Any) -> bytes:
    r"""Return JSON with ``&``, ``<`` and ``>`` escaped as ``\u0026`` and so on, the way the cloud's encoder writes them."""
    # The three characters never occur in JSON outside of strings, so replacing bytes is safe.
    body = msgspec.json.encode(document)
    return body.replace(b"&", b"\\u0026").replace(b"<", b"\\u003c").replace(b">", b"\\u003e")
