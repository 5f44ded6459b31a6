"""The request signature, computed: HMAC-SHA256 over a canonical request, as the official signer does it."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from msgspec import Struct

ALGORITHM = "HMAC-SHA256"
TERMINATOR = "request"
UNRESERVED = "-_.~"
EMPTY_BODY_HASH = hashlib.sha256(b"").hexdigest()


class SignedParts(Struct, frozen=True, kw_only=True):
    """The parts of a request that are signed. ``headers`` maps lower-case names to values as they were sent."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    signed_headers: list[str]
    body_hash: str


def canonical_query(query: Iterable[tuple[str, str]]) -> str:
    pairs = sorted((quote(key, safe=UNRESERVED), quote(value, safe=UNRESERVED)) for key, value in query)
    return "&".join(f"{key}={value}" for key, value in pairs)


def canonical_host(host: str) -> str:
    """Return the host without port 80 or 443; any other port belongs to it."""
    name, colon, port = host.rpartition(":")
    return name if colon and port in {"80", "443"} else host


def canonical_request(parts: SignedParts) -> str:
    values = {"host": canonical_host(parts.headers.get("host", ""))}
    lines = [f"{name}:{values.get(name, parts.headers.get(name, ''))}\n" for name in parts.signed_headers]
    # A presigned address may sign no header at all; the official signer then leaves one empty line more.
    block = "".join(lines) or "\n"
    listed = ";".join(parts.signed_headers)
    query = canonical_query(parts.query)
    return "\n".join([parts.method, parts.path or "/", query, block, listed, parts.body_hash])


def string_to_sign(request: str, x_date: str, scope: str) -> str:
    return "\n".join([ALGORITHM, x_date, scope, hashlib.sha256(request.encode()).hexdigest()])


def signing_key(secret_key: str, scope: str) -> bytes:
    """Return the key of one day, region and service. The secret is used as text: no prefix, no decoding."""
    key = secret_key.encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return key


def sign(parts: SignedParts, *, secret_key: str, x_date: str, scope: str) -> str:
    """Return the signature, 64 hex digits. ``scope`` is ``YYYYMMDD/region/service/request``."""
    text = string_to_sign(canonical_request(parts), x_date, scope)
    return _hmac(signing_key(secret_key, scope), text).hex()


def _hmac(key: bytes, message: str) -> bytes:
    return hmac.digest(key, message.encode(), "sha256")
