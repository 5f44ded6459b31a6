"""Who is calling: the signature in the Authorization header, or the one in a presigned address."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from stagedoor.emulator.envelope import SERVICE
from stagedoor.emulator.errors import gateway_error
from stagedoor.emulator.signature import ALGORITHM, EMPTY_BODY_HASH, TERMINATOR, SignedParts, sign

AUTHORIZATION = re.compile(r"^HMAC-SHA256\s+(?P<fields>\S.*)$")
# The least a signature must cover. The official Node SDK signs no more headers than X-Date and X-Content-Sha256: not even Host.
ALWAYS_SIGNED_HEADERS = {"x-date"}
ALWAYS_SIGNED_QUERIES = {"Action", "Version", "X-Date", "X-Credential"}


class Credentials(Struct, frozen=True, kw_only=True):
    """A key pair the emulator accepts; a temporary one comes with its session token."""

    access_key: str
    secret_key: str
    session_token: str | None = None


class Arrival(Struct, frozen=True, kw_only=True):
    """A request as far as its signature is concerned. Header names are lower-case; the query is decoded."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes


class Claim(Struct, frozen=True, kw_only=True):
    """What a request says about its signature, wherever it says it."""

    credential: str
    x_date: str
    signature: str
    session_token: str | None
    parts: SignedParts


class Authority(Struct, frozen=True, kw_only=True):
    """Whose signatures are good, where, and for how long either side of ``X-Date``."""

    credentials: tuple[Credentials, ...]
    region: str
    window: timedelta

    def authenticate(self, arrival: Arrival, now: datetime) -> None:
        """Accept a rightly signed request.

        Raises:
            ArkError: the gateway error that names what is wrong with the signature.

        """
        claim = _read_query_claim(arrival) if _is_presigned(arrival) else _read_header_claim(arrival)
        scope, access_key = self._check_credential(claim)
        self._check_date(claim, now)
        credentials = self._find_credentials(access_key)
        _check_session_token(credentials, claim.session_token)
        expected = sign(claim.parts, secret_key=credentials.secret_key, x_date=claim.x_date, scope=scope)
        if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
            raise gateway_error("SignatureDoesNotMatch")

    def _check_credential(self, claim: Claim) -> tuple[str, str]:
        access_key, _, scope = claim.credential.partition("/")
        if not access_key or scope != f"{claim.x_date[:8]}/{self.region}/{SERVICE}/{TERMINATOR}":
            raise gateway_error("InvalidCredential")
        return scope, access_key

    def _check_date(self, claim: Claim, now: datetime) -> None:
        try:
            signed_at = datetime.strptime(claim.x_date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError as error:
            raise gateway_error("InvalidTimestamp") from error
        if abs(now - signed_at) > self.window:
            raise gateway_error("InvalidTimestamp")

    def _find_credentials(self, access_key: str) -> Credentials:
        for credentials in self.credentials:
            if hmac.compare_digest(credentials.access_key.encode(), access_key.encode()):
                return credentials
        raise gateway_error("InvalidAccessKey", access_key)


def _check_session_token(credentials: Credentials, session_token: str | None) -> None:
    if not hmac.compare_digest((credentials.session_token or "").encode(), (session_token or "").encode()):
        raise gateway_error("InvalidSecretToken")


def _is_presigned(arrival: Arrival) -> bool:
    return "authorization" not in arrival.headers and any(key == "X-Algorithm" for key, _ in arrival.query)


def _read_header_claim(arrival: Arrival) -> Claim:
    authorization = arrival.headers.get("authorization")
    if not authorization:
        raise gateway_error("MissingAuthenticationToken")
    match = AUTHORIZATION.match(authorization)
    if match is None:
        raise gateway_error("InvalidAuthorization")
    fields = dict(_split(field) for field in match["fields"].split(","))
    x_date = arrival.headers.get("x-date")
    if not x_date:
        raise gateway_error("MissingRequestInfo", "X-Date")
    if not fields.get("Signature"):
        raise gateway_error("MissingSignature")
    signed_headers = [name for name in fields.get("SignedHeaders", "").split(";") if name]
    if "Credential" not in fields or not set(signed_headers) >= ALWAYS_SIGNED_HEADERS:
        raise gateway_error("InvalidAuthorization")
    return Claim(
        credential=fields["Credential"],
        x_date=x_date,
        signature=fields["Signature"],
        session_token=arrival.headers.get("x-security-token"),
        parts=_signed_parts(arrival, signed_headers, arrival.query, _body_hash(arrival)),
    )


def _read_query_claim(arrival: Arrival) -> Claim:
    query = dict(arrival.query)
    if query["X-Algorithm"] != ALGORITHM:
        raise gateway_error("InvalidAuthorization")
    for name in ("X-Date", "X-Credential", "X-SignedQueries"):
        if not query.get(name):
            raise gateway_error("MissingRequestInfo", name)
    if not query.get("X-Signature"):
        raise gateway_error("MissingSignature")
    signed_queries = set(query["X-SignedQueries"].split(";"))
    if not signed_queries >= ALWAYS_SIGNED_QUERIES:
        raise gateway_error("InvalidAuthorization")
    signed_headers = [name for name in query.get("X-SignedHeaders", "").split(";") if name]
    signed = [(key, value) for key, value in arrival.query if key in signed_queries]
    return Claim(
        credential=query["X-Credential"],
        x_date=query["X-Date"],
        signature=query["X-Signature"],
        session_token=query.get("X-Security-Token"),
        # A presigned address is made before its body is known, so the body is never part of it.
        parts=_signed_parts(arrival, signed_headers, signed, EMPTY_BODY_HASH),
    )


def _signed_parts(
    arrival: Arrival, signed_headers: list[str], query: list[tuple[str, str]], body_hash: str
) -> SignedParts:
    if not all(name in arrival.headers for name in signed_headers):
        raise gateway_error("SignatureDoesNotMatch")
    return SignedParts(
        method=arrival.method,
        path=arrival.path,
        query=query,
        headers=arrival.headers,
        signed_headers=signed_headers,
        body_hash=body_hash,
    )


def _body_hash(arrival: Arrival) -> str:
    actual = hashlib.sha256(arrival.body).hexdigest()
    claimed = arrival.headers.get("x-content-sha256", actual)
    if not hmac.compare_digest(claimed.encode(), actual.encode()):
        raise gateway_error("SignatureDoesNotMatch")
    return actual


def _split(field: str) -> tuple[str, str]:
    name, _, value = field.strip().partition("=")
    return name, value
