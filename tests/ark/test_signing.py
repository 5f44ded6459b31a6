"""The signature is the one Ark's gateway calculates."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stagedoor.ark.signing import Credentials, canonical_query, sign

VECTORS = json.loads(Path(__file__).with_name("signing-vectors.json").read_text(encoding="utf-8"))["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_every_published_vector_comes_out_byte_for_byte(vector: dict[str, Any]) -> None:
    given = vector["input"]
    query = canonical_query(given["query"].items())
    headers = sign(
        Credentials(given["access_key_id"], given["secret_access_key"], given["session_token"] or ""),
        region=given["region"],
        service=given["service"],
        method=given["method"],
        path=given["path"],
        query=query,
        headers=given["headers"],
        body=given["body"].encode(),
        now=datetime.fromisoformat(given["timestamp_utc"]),
    )
    assert query == vector["expected"]["canonical_query"]
    assert headers == vector["wire"]["headers"]


def test_a_new_day_gets_a_new_key() -> None:
    def signature(day: int) -> str:
        signed = sign(
            Credentials("AK", "SK"),
            region="cn-beijing",
            service="ark",
            method="POST",
            path="/",
            query="",
            headers={"Host": "ark.example"},
            body=b"",
            now=datetime(2026, 1, day, 23, 59, 59, 999_999, tzinfo=UTC),
        )
        assert signed["X-Date"] == f"2026010{day}T235959Z"
        return signed["Authorization"]

    assert signature(1) == signature(1) != signature(2)


def test_credentials_do_not_show_themselves() -> None:
    assert "hidden" not in repr(Credentials("hidden-ak", "hidden-sk", "hidden-token"))
