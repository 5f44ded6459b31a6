"""The envelope around every answer (dialect.md §1): ``ResponseMetadata`` and ``Result``."""

import msgspec
from msgspec import UNSET, UnsetType

from stagedoor.contract.operations import SERVICE, VERSION
from stagedoor.errors import MethodNotAllowed, Retry, StagedoorError, UpstreamFault

Header = tuple[bytes, bytes]


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong, in the code families of Ark, and whether to try again."""

    Code: str
    Message: str
    Retry: Retry
    Upstream: UpstreamFault | UnsetType = UNSET
    CodeN: int | UnsetType = UNSET
    """Only in the Action door, as the gateway in front of Ark has it."""


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    RequestId: str
    Action: str
    Version: str = VERSION
    Service: str = SERVICE
    Region: str
    Error: ErrorBody | UnsetType = UNSET


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    ResponseMetadata: Metadata
    Result: msgspec.Struct | msgspec.Raw | UnsetType = UNSET


_encode = msgspec.json.Encoder().encode


def result_body(request_id: str, action: str, region: str, result: msgspec.Struct | msgspec.Raw) -> bytes:
    return _encode(
        Envelope(ResponseMetadata=Metadata(RequestId=request_id, Action=action, Region=region), Result=result)
    )


def error_body(request_id: str, action: str, region: str, error: StagedoorError, *, numbered: bool = False) -> bytes:
    """Return the envelope of an error; ``numbered`` adds the CodeN that the official gateway has for some."""
    body = ErrorBody(
        Code=error.full_code,
        Message=error.message,
        Retry=error.retry,
        Upstream=error.upstream or UNSET,
        CodeN=(error.full_code_n or UNSET) if numbered else UNSET,
    )
    return _encode(Envelope(ResponseMetadata=Metadata(RequestId=request_id, Action=action, Region=region, Error=body)))


def error_headers(error: StagedoorError) -> list[Header]:
    """Return the headers an error brings: ``Retry-After`` in whole seconds, ``Allow``, ``WWW-Authenticate``."""
    headers: list[Header] = []
    if error.retry_after is not None:
        headers.append((b"retry-after", str(max(1, -int(-error.retry_after.total_seconds() // 1))).encode()))
    if isinstance(error, MethodNotAllowed):
        headers.append((b"allow", error.allow.encode()))
    if error.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="stagedoor"'))
    return headers
