"""The signature of a request, read and checked (official-api.md §1.13): in the Authorization header or in a presigned address."""

import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec

from stagedoor.ark.signing import ALGORITHM, calculate_signature, canonical_query, signed_host
from stagedoor.errors import (
    InvalidAuthorization,
    InvalidCredential,
    InvalidSecretToken,
    InvalidTimestamp,
    MissingRequestInfo,
    MissingSignature,
    SignatureDoesNotMatch,
)

WINDOW = timedelta(minutes=15)
"""How far from now, either way, the date of a signature may be."""
NOTHING_HASHED = sha256(b"").hexdigest()
SIGNED_QUERIES = frozenset({"Action", "Version", "X-Date", "X-Credential"})
"""The least a presigned address must sign."""
_AUTHORIZATION = re.compile(r"HMAC-SHA256[ \t]+(\S.*)")
_X_DATE = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_SCOPE = re.compile(r"(\d{8})/[a-z0-9-]{1,64}/ark/request", re.ASCII)


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A request as far as its signature covers it. The names of headers are lower-case; the query is decoded."""

    method: str
    path: bytes
    query: Sequence[tuple[str, str]]
    headers: Mapping[bytes, bytes]


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What a request says about its signature. None of it is true until ``check_signature`` has returned."""

    arrival: Arrival
    access_key: str
    scope: str
    x_date: str
    signed_headers: tuple[str, ...]
    signature: str
    presigned: bool = False

    def signed_header(self, name: str) -> str:
        """Return a header, if the signature covers it, else nothing."""
        return self.arrival.headers.get(name.encode(), b"").decode("latin-1") if name in self.signed_headers else ""


def is_presigned(arrival: Arrival) -> bool:
    """Tell whether the signature is in the address."""
    return b"authorization" not in arrival.headers and any(name == "X-Algorithm" for name, _ in arrival.query)


def read_claim(arrival: Arrival, now: datetime) -> Claim:
    """Read who claims to have signed a request, and when.

    Raises:
        SignatureError: something is missing or malformed, comes with a session token, or is not of these 15 minutes.

    """
    claim = _in_query(arrival) if is_presigned(arrival) else _in_header(arrival)
    scope = _SCOPE.fullmatch(claim.scope)
    if not claim.access_key or scope is None or scope[1] != claim.x_date[:8]:
        raise InvalidCredential
    _check_date(claim.x_date, now)
    if b"x-security-token" in arrival.headers or any(name == "X-Security-Token" for name, _ in arrival.query):
        raise InvalidSecretToken
    return claim


def check_signature(claim: Claim, secret_key: str, body: bytes) -> None:
    """Return when the request was signed with this secret key, just as it is.

    Raises:
        SignatureDoesNotMatch: it was not.

    """
    hashed = sha256(body).hexdigest().encode()
    if not hmac.compare_digest(claim.arrival.headers.get(b"x-content-sha256", hashed), hashed):
        raise SignatureDoesNotMatch
    canonical = _canonical(claim, NOTHING_HASHED.encode() if claim.presigned else hashed)
    expected = calculate_signature(secret_key, claim.x_date, claim.scope, canonical)
    if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
        raise SignatureDoesNotMatch


def _in_header(arrival: Arrival) -> Claim:
    authorization = _AUTHORIZATION.fullmatch(arrival.headers.get(b"authorization", b"").decode("latin-1").strip())
    if authorization is None:
        raise InvalidAuthorization
    parts = [part.strip().partition("=") for part in authorization[1].split(",")]
    fields = {name: value for name, _, value in parts}
    x_date = arrival.headers.get(b"x-date", b"").decode("latin-1")
    if not x_date:
        raise MissingRequestInfo
    if not fields.get("Signature"):
        raise MissingSignature
    signed_headers = tuple(fields.get("SignedHeaders", "").split(";"))
    if len(fields) != len(parts) or "Credential" not in fields or "x-date" not in signed_headers:
        raise InvalidAuthorization
    access_key, _, scope = fields["Credential"].partition("/")
    return Claim(
        arrival=arrival,
        access_key=access_key,
        scope=scope,
        x_date=x_date,
        signed_headers=signed_headers,
        signature=fields["Signature"],
    )


def _in_query(arrival: Arrival) -> Claim:
    query = dict(arrival.query)
    if query["X-Algorithm"] != ALGORITHM or len(query) != len(arrival.query):
        raise InvalidAuthorization
    if not all(query.get(name) for name in ("X-Date", "X-Credential", "X-SignedQueries")):
        raise MissingRequestInfo
    if not query.get("X-Signature"):
        raise MissingSignature
    signed_queries = set(query["X-SignedQueries"].split(";"))
    if not signed_queries >= SIGNED_QUERIES:
        raise InvalidAuthorization
    access_key, _, scope = query["X-Credential"].partition("/")
    signed = [(name, value) for name, value in arrival.query if name in signed_queries]
    return Claim(
        arrival=msgspec.structs.replace(arrival, query=signed),
        access_key=access_key,
        scope=scope,
        x_date=query["X-Date"],
        signed_headers=tuple(name for name in query.get("X-SignedHeaders", "").split(";") if name),
        signature=query["X-Signature"],
        # Such an address is made before its body is known, so the body is never part of it.
        presigned=True,
    )


def _check_date(x_date: str, now: datetime) -> None:
    try:
        signed_at = datetime.strptime(x_date if _X_DATE.fullmatch(x_date) else "", "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidTimestamp from None
    if abs(now - signed_at) > WINDOW:
        raise InvalidTimestamp


def _canonical(claim: Claim, body_hash: bytes) -> bytes:
    """Return the canonical request, in the bytes that came: a header's value need not be text."""
    arrival = claim.arrival
    lines = b"".join([_line(arrival, name) for name in claim.signed_headers])
    return b"\n".join(
        [
            arrival.method.encode(),
            arrival.path or b"/",
            canonical_query(arrival.query).encode(),
            # Without signed headers the official signer leaves one empty line more.
            lines or b"\n",
            ";".join(claim.signed_headers).encode(),
            body_hash,
        ]
    )


def _line(arrival: Arrival, name: str) -> bytes:
    value = arrival.headers.get(name.encode())
    if value is None:
        raise SignatureDoesNotMatch
    if name == "host":
        value = signed_host(value.decode("latin-1")).encode("latin-1")
    return name.encode() + b":" + value + b"\n"
