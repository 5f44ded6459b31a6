"""Signatures of others are checked byte for byte: the official ones pass, and nothing that was changed does."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.errors import (
    InvalidAuthorization,
    InvalidCredential,
    InvalidSecretToken,
    InvalidTimestamp,
    MissingRequestInfo,
    MissingSignature,
    SignatureDoesNotMatch,
    SignatureError,
)
from stagedoor.keys.signature import WINDOW, Arrival, check_signature, read_claim

DOCUMENT = msgspec.json.decode((Path(__file__).parents[1] / "ark" / "signing-vectors.json").read_bytes())
VECTORS = DOCUMENT["vectors"]
PRESIGNED = DOCUMENT["extra"][0]
TEMPORARY = "post-security-token-sdk-headers-port"
NAMES = [vector["name"] for vector in VECTORS]
SECRET_KEY = VECTORS[0]["input"]["secret_access_key"]
every_vector = pytest.mark.parametrize("vector", VECTORS, ids=NAMES)


def arrival_of(vector: dict[str, Any]) -> Arrival:
    path, _, query = vector["wire"]["request_target"].partition("?")
    return Arrival(
        method=vector["input"]["method"],
        path=path.encode(),
        query=parse_qsl(query, keep_blank_values=True),
        headers={name.lower().encode(): value.encode() for name, value in vector["wire"]["headers"].items()},
    )


def verify(
    arrival: Arrival, vector: dict[str, Any], *, body: bytes | None = None, secret_key: str = SECRET_KEY
) -> None:
    """Check a request at the time of its vector; its session token, which we never take, goes unnoticed."""
    now = datetime.fromisoformat(vector["input"]["timestamp_utc"])
    token = arrival.headers.get(b"x-security-token")
    without = {name: value for name, value in arrival.headers.items() if name != b"x-security-token"}
    claim = read_claim(msgspec.structs.replace(arrival, headers=without), now)
    if token is not None:
        claim = msgspec.structs.replace(claim, arrival=arrival)
    check_signature(claim, secret_key, vector["input"]["body"].encode() if body is None else body)


@every_vector
def test_every_official_signature_is_accepted(vector: dict[str, Any]) -> None:
    verify(arrival_of(vector), vector)


@every_vector
def test_a_session_token_is_refused_before_anything_is_looked_up(vector: dict[str, Any]) -> None:
    now = datetime.fromisoformat(vector["input"]["timestamp_utc"])
    arrival = arrival_of(vector)
    headers = {**arrival.headers, b"x-security-token": b"STS"}
    with pytest.raises(InvalidSecretToken):
        read_claim(msgspec.structs.replace(arrival, headers=headers), now)


def changed_text(text: str, at: int, to: str) -> str:
    at %= len(text)
    return text[:at] + to + text[at + 1 :]


@given(
    vector=st.sampled_from(VECTORS),
    part=st.sampled_from(["signature", "method", "path", "query", "body", "header", "secret", "scope", "names"]),
    at=st.integers(0, 200),
    to=st.sampled_from("0aZ-_/;é ~"),
)
def test_no_request_passes_in_which_anything_was_changed(vector: dict[str, Any], part: str, at: int, to: str) -> None:
    arrival, body, secret_key = arrival_of(vector), vector["input"]["body"].encode(), SECRET_KEY
    headers = dict(arrival.headers)
    authorization = headers[b"authorization"].decode()
    before, _, signature = authorization.rpartition("=")
    if part == "signature":
        authorization = f"{before}={changed_text(signature, at, to)}"
    elif part == "scope":
        head, _, rest = authorization.partition("/20")
        authorization = f"{head}/20{changed_text(rest[: rest.index(',')], at, to)}{rest[rest.index(',') :]}"
    elif part == "names":
        names = vector["expected"]["signed_headers"]
        authorization = authorization.replace(names, changed_text(names, at, to))
    elif part == "header":
        # X-Content-Sha256 and X-Date among them.
        name = sorted(vector["expected"]["signed_headers"].split(";"))[
            at % len(vector["expected"]["signed_headers"].split(";"))
        ]
        headers[name.encode()] = changed_text(headers[name.encode()].decode(), at, to).encode()
    elif part == "secret":
        secret_key = changed_text(SECRET_KEY, at, to)
    elif part == "body":
        body = changed_text(f"{body.decode()} ", at, to).encode()
    headers[b"authorization"] = authorization.encode("utf-8")
    arrival = msgspec.structs.replace(arrival, headers=headers)
    if part == "method":
        arrival = msgspec.structs.replace(arrival, method="PUT")
    elif part == "path":
        arrival = msgspec.structs.replace(arrival, path=f"/{to}".encode())
    elif part == "query":
        name, value = arrival.query[at % len(arrival.query)]
        others = [pair for pair in arrival.query if pair[0] != name]
        arrival = msgspec.structs.replace(arrival, query=[*others, (name, value + to)])
    original = arrival_of(vector)
    if (arrival, body, secret_key) == (original, vector["input"]["body"].encode(), SECRET_KEY):
        return
    with pytest.raises(SignatureError):
        verify(arrival, vector, body=body, secret_key=secret_key)


@pytest.mark.parametrize("minutes", [-15, 15])
def test_a_signature_is_good_for_fifteen_minutes_either_side(minutes: int) -> None:
    arrival = arrival_of(VECTORS[0])
    signed_at = datetime.fromisoformat(VECTORS[0]["input"]["timestamp_utc"])
    edge = signed_at + timedelta(minutes=minutes)
    read_claim(arrival, edge)
    with pytest.raises(InvalidTimestamp):
        read_claim(arrival, edge + timedelta(seconds=1 if minutes > 0 else -1))
    assert timedelta(minutes=15) == WINDOW


@pytest.mark.parametrize("x_date", ["20260318T035710", "2026-03-18T03:57:10Z", "20260318T035761Z", "20260318T0357100Z"])
def test_a_date_that_is_none_is_no_date(x_date: str) -> None:
    arrival = arrival_of(VECTORS[0])
    headers = {**arrival.headers, b"x-date": x_date.encode()}
    claim_error = InvalidTimestamp if x_date.startswith("20260318") else InvalidCredential
    with pytest.raises(claim_error):
        read_claim(msgspec.structs.replace(arrival, headers=headers), datetime(2026, 3, 18, 3, 57, 10, tzinfo=UTC))


CREDENTIAL = "Credential=AK/20260318/cn-beijing/ark/request"
WRONG = [
    ("Basic dXNlcjpwYXNz", InvalidAuthorization),
    ("HMAC-SHA256", InvalidAuthorization),
    ("HMAC-SHA512 " + CREDENTIAL, InvalidAuthorization),
    (f"HMAC-SHA256 {CREDENTIAL}, SignedHeaders=x-date", MissingSignature),
    (f"HMAC-SHA256 {CREDENTIAL}, SignedHeaders=x-date, Signature=", MissingSignature),
    ("HMAC-SHA256 SignedHeaders=x-date, Signature=ab", InvalidAuthorization),
    (f"HMAC-SHA256 {CREDENTIAL}, SignedHeaders=host, Signature=ab", InvalidAuthorization),
    (f"HMAC-SHA256 {CREDENTIAL}, {CREDENTIAL}, SignedHeaders=x-date, Signature=ab", InvalidAuthorization),
    ("HMAC-SHA256 Credential=AK, SignedHeaders=x-date, Signature=ab", InvalidCredential),
    ("HMAC-SHA256 Credential=/20260318/cn-beijing/ark/request, SignedHeaders=x-date, Signature=ab", InvalidCredential),
    (
        "HMAC-SHA256 Credential=AK/20260317/cn-beijing/ark/request, SignedHeaders=x-date, Signature=ab",
        InvalidCredential,
    ),
    (
        "HMAC-SHA256 Credential=AK/20260318/cn-beijing/tos/request, SignedHeaders=x-date, Signature=ab",
        InvalidCredential,
    ),
    (
        "HMAC-SHA256 Credential=AK/20260318/CN beijing/ark/request, SignedHeaders=x-date, Signature=ab",
        InvalidCredential,
    ),
    ("HMAC-SHA256 Credential=AK/20260318//ark/request, SignedHeaders=x-date, Signature=ab", InvalidCredential),
]


@pytest.mark.parametrize(("authorization", "error"), WRONG)
def test_each_part_that_is_wrong_has_its_own_error(authorization: str, error: type[SignatureError]) -> None:
    arrival = arrival_of(VECTORS[0])
    headers = {**arrival.headers, b"authorization": authorization.encode()}
    with pytest.raises(error):
        read_claim(msgspec.structs.replace(arrival, headers=headers), datetime(2026, 3, 18, 3, 57, 10, tzinfo=UTC))


def test_a_signed_request_without_a_date_says_so() -> None:
    arrival = arrival_of(VECTORS[0])
    headers = {name: value for name, value in arrival.headers.items() if name != b"x-date"}
    with pytest.raises(MissingRequestInfo):
        read_claim(msgspec.structs.replace(arrival, headers=headers), datetime.now(UTC))


def presigned(**changes: str | None) -> Arrival:
    query = {**PRESIGNED["expected"]["query"], **changes}
    pairs = [(name, value) for name, value in query.items() if value is not None]
    host = PRESIGNED["input"]["host"].encode()
    return Arrival(method="GET", path=b"/", query=pairs, headers={b"host": host})


PRESIGNED_AT = datetime.fromisoformat(PRESIGNED["input"]["timestamp_utc"])
WITHOUT_TOKEN: dict[str, str | None] = {"X-Security-Token": None}


def test_the_official_presigned_address_is_accepted_with_any_body_but_without_its_token() -> None:
    claim = read_claim(presigned(**WITHOUT_TOKEN), PRESIGNED_AT)
    for body in (b"", b"{}"):
        check_signature(claim, SECRET_KEY, body)
    with pytest.raises(InvalidSecretToken):
        read_claim(presigned(), PRESIGNED_AT)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("Action", "DeleteAssetGroup", SignatureDoesNotMatch),
        ("X-Signature", "0" * 64, SignatureDoesNotMatch),
        ("X-NotSignBody", "1", SignatureDoesNotMatch),
        ("X-SignedHeaders", "", SignatureDoesNotMatch),
        ("X-SignedHeaders", "主机", SignatureDoesNotMatch),
        ("X-Signature", None, MissingSignature),
        ("X-Date", None, MissingRequestInfo),
        ("X-Credential", None, MissingRequestInfo),
        ("X-SignedQueries", None, MissingRequestInfo),
        ("X-SignedQueries", "Version;X-Date;X-Credential", InvalidAuthorization),
        ("X-Algorithm", "HMAC-SHA1", InvalidAuthorization),
        ("X-Credential", "AK/20260506/cn-beijing/主/request", InvalidCredential),
        ("X-Date", "20260506T070809", InvalidTimestamp),
    ],
)
def test_a_presigned_address_cannot_be_changed(name: str, value: str | None, error: type[SignatureError]) -> None:
    arrival = presigned(**WITHOUT_TOKEN | {name: value})
    with pytest.raises(error):
        check_signature(read_claim(arrival, PRESIGNED_AT), SECRET_KEY, b"")
