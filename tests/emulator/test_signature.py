import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest

from stagedoor.emulator.auth import Arrival, Authority, Credentials
from stagedoor.emulator.errors import ArkError
from stagedoor.emulator.signature import (
    SignedParts,
    canonical_query,
    canonical_request,
    sign,
    signing_key,
    string_to_sign,
)

VECTORS_FILE = Path(__file__).parents[1] / "ark" / "signing-vectors.json"
DOCUMENT = msgspec.json.decode(VECTORS_FILE.read_bytes())
VECTORS = [pytest.param(vector, id=vector["name"]) for vector in DOCUMENT["vectors"]]
PRESIGNED = DOCUMENT["extra"][0]


def arrival_of(vector: dict[str, Any]) -> Arrival:
    path, _, query = vector["wire"]["request_target"].partition("?")
    return Arrival(
        method=vector["input"]["method"],
        path=path,
        query=parse_qsl(query, keep_blank_values=True),
        headers={name.lower(): value for name, value in vector["wire"]["headers"].items()},
        body=(vector["input"]["body"] or "").encode(),
    )


def authority_of(given: dict[str, Any]) -> Authority:
    credentials = Credentials(
        access_key=given["access_key_id"],
        secret_key=given["secret_access_key"],
        session_token=given["session_token"],
    )
    return Authority(credentials=(credentials,), region=given["region"], window=timedelta(minutes=15))


def signed_at(given: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(given["timestamp_utc"])


@pytest.mark.parametrize("vector", VECTORS)
def test_every_step_of_the_official_signer_is_reproduced(vector: dict[str, Any]) -> None:
    arrival, expected = arrival_of(vector), vector["expected"]
    parts = SignedParts(
        method=arrival.method,
        path=arrival.path,
        query=arrival.query,
        headers=arrival.headers,
        signed_headers=expected["signed_headers"].split(";"),
        body_hash=hashlib.sha256(arrival.body).hexdigest(),
    )
    scope, x_date = expected["credential_scope"], expected["x_date"]
    secret = vector["input"]["secret_access_key"]
    assert parts.body_hash == expected["body_sha256"]
    assert canonical_query(arrival.query) == expected["canonical_query"]
    assert canonical_request(parts) == expected["canonical_request"]
    assert string_to_sign(canonical_request(parts), x_date, scope) == expected["string_to_sign"]
    assert signing_key(secret, scope).hex() == expected["signing_key_hex"]
    assert sign(parts, secret_key=secret, x_date=x_date, scope=scope) == expected["signature"]


@pytest.mark.parametrize("vector", VECTORS)
def test_every_officially_signed_request_is_let_in(vector: dict[str, Any]) -> None:
    authority_of(vector["input"]).authenticate(arrival_of(vector), signed_at(vector["input"]))


@pytest.mark.parametrize("vector", VECTORS)
def test_one_changed_byte_of_the_body_is_noticed(vector: dict[str, Any]) -> None:
    arrival = msgspec.structs.replace(arrival_of(vector), body=arrival_of(vector).body + b" ")
    with pytest.raises(ArkError) as refused:
        authority_of(vector["input"]).authenticate(arrival, signed_at(vector["input"]))
    assert refused.value.code == "SignatureDoesNotMatch"


def test_the_official_presigned_address_is_let_in() -> None:
    given = PRESIGNED["input"]
    arrival = Arrival(
        method=given["method"],
        path=given["path"],
        query=parse_qsl(PRESIGNED["expected"]["query_string"], keep_blank_values=True),
        headers={"host": given["host"]},
        body=b"",
    )
    authority_of(given).authenticate(arrival, signed_at(given))


def test_a_presigned_address_cannot_be_turned_into_another_action() -> None:
    given = PRESIGNED["input"]
    query = parse_qsl(PRESIGNED["expected"]["query_string"], keep_blank_values=True)
    arrival = Arrival(
        method=given["method"],
        path=given["path"],
        query=[(key, "DeleteAssetGroup" if key == "Action" else value) for key, value in query],
        headers={"host": given["host"]},
        body=b"",
    )
    with pytest.raises(ArkError) as refused:
        authority_of(given).authenticate(arrival, signed_at(given))
    assert refused.value.code == "SignatureDoesNotMatch"
