"""The parser behind the strict JSON door, without a server."""

import json
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stagedoor.contract import requests
from stagedoor.contract.operations import OPERATIONS
from stagedoor.errors import CallerError, InvalidParameter, MissingParameter, StagedoorError
from stagedoor.http.body import MAX_DEPTH, MAX_VALUES, decode
from stagedoor.http.envelope import error_body
from tests.support.hostile import HOSTILE, MIB

pytestmark = pytest.mark.alone

QUICK = 5
"""Times what the parser of the standard library needs for an honest body of a mebibyte, which is 3 to 7 ms on a machine of usual speed."""
BODIES = [operation.request for operation in OPERATIONS if not operation.in_query]


def cost(work: Callable[[], object]) -> float:
    """Return the least processor time, in seconds, of a few runs."""
    taken = []
    for _ in range(3):
        begun = time.thread_time()
        work()
        taken.append(time.thread_time() - begun)
    return min(taken)


@pytest.fixture(scope="module")
def honest() -> float:
    """Return what an honest body of a mebibyte costs the parser of the standard library."""
    people = [{"id": number, "name": "a name of some length", "ok": True} for number in range(MIB // 60)]
    body = json.dumps(people).encode()
    return cost(lambda: json.loads(body))


def refusal(body: bytes, cls: type[msgspec.Struct] = requests.ListAssetGroups) -> StagedoorError:
    with pytest.raises(CallerError) as caught:
        decode(body, cls)
    return caught.value


def with_model(extra: bytes) -> bytes:
    return b'{"model":"m",' + extra + b"}"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_refused_quickly_and_said_so_in_valid_json(name: str, honest: float) -> None:
    body = HOSTILE[name]
    # Fields that must be there are there, so that it is the hostile part which is met.
    if body.startswith(b'{"x"'):
        body = with_model(body[1:-1])
    error = refusal(body)
    assert error.status == 400
    assert cost(lambda: refusal(body)) < QUICK * honest
    said = json.loads(error_body("r", "ListAssetGroups", "cn-beijing", error))["ResponseMetadata"]["Error"]
    assert said["Code"].split(".")[0] in {"InvalidParameter", "MissingParameter"}
    assert len(said["Message"]) < 300


def nested(depth: int) -> bytes:
    return with_model(b'"x":' + b"[" * (depth - 1) + b"]" * (depth - 1))


def test_depth_is_counted_from_the_body_itself() -> None:
    decode(nested(MAX_DEPTH), requests.ListAssetGroups)
    assert "deeper than 32" in refusal(nested(MAX_DEPTH + 1)).message


def test_values_are_counted_outside_strings() -> None:
    commas = b'"' + b"," * (MAX_VALUES * 2) + b'"'
    decode(with_model(b'"x":' + commas), requests.ListAssetGroups)
    assert "more than" in refusal(with_model(b'"x":[' + b"1," * MAX_VALUES + b"1]")).message


@pytest.mark.parametrize(
    "extra",
    [
        b'"x":"\\ud83d\\ude00"',
        b'"x":"\\\\u0000"',
        b'"x":"\\\\\\\\u0000 \\\\ud800"',
        b'"a:b":":","c\\":\\"":{"d":"\\\\"}',
        b'"x":[{"a":1},{"a":1},{"b":{"a":1}}]',
        b'"":0',
        b'"x":1e308',
        b'"x":18446744073709551615',
        b'"x":"\xe4\xbd\xa0\xf0\x9f\x98\x80"',
        b'"Filter":null,"PageSize":null',
    ],
)
def test_what_only_looks_hostile_is_taken(extra: bytes) -> None:
    assert decode(with_model(extra), requests.ListAssetGroups).model == "m"


def test_a_body_of_a_mebibyte_is_read_quickly(honest: float) -> None:
    body = with_model(b'"x":"' + b"\\\\" * (MIB // 2 - 64) + b'"')
    assert cost(lambda: decode(body, requests.ListAssetGroups)) < QUICK * honest


@pytest.mark.parametrize(
    ("body", "error", "code"),
    [
        (b"{}", MissingParameter, "MissingParameter.model"),
        (b'{"model":null}', InvalidParameter, "InvalidParameter.model"),
        (b'{"model":""}', InvalidParameter, "InvalidParameter.model"),
        (b'{"model":5}', InvalidParameter, "InvalidParameter.model"),
        (with_model(b'"PageSize":"10"'), InvalidParameter, "InvalidParameter.PageSize"),
        (with_model(b'"PageSize":10.0'), InvalidParameter, "InvalidParameter.PageSize"),
        (with_model(b'"PageSize":true'), InvalidParameter, "InvalidParameter.PageSize"),
        (with_model(b'"PageSize":1e400'), InvalidParameter, "InvalidParameter.PageSize"),
        (with_model(b'"SortOrder":"up - at `$.model`"'), InvalidParameter, "InvalidParameter.SortOrder"),
        (with_model(b'"Filter":[]'), InvalidParameter, "InvalidParameter.Filter"),
        (with_model(b'"Filter":{"GroupIds":["a",5]}'), InvalidParameter, "InvalidParameter.Filter.GroupIds"),
        (with_model(b'"Filter":{"GroupType":"\xe4\xbd\xa0"}'), InvalidParameter, "InvalidParameter.Filter.GroupType"),
        (b"[]", InvalidParameter, "InvalidParameter.Body"),
    ],
)
def test_a_value_outside_the_contract_is_named_by_its_field(body: bytes, error: type[CallerError], code: str) -> None:
    refused = refusal(body)
    assert type(refused) is error
    assert refused.full_code == code


def test_a_long_value_is_not_repeated_to_its_sender() -> None:
    refused = refusal(with_model(b'"SortOrder":"' + b"x" * 500_000 + b'"'))
    assert refused.full_code == "InvalidParameter.SortOrder"
    assert len(refused.message) < 250


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.sampled_from(':"\\,{}[]aé中😀'), max_size=5), inner, max_size=4)
    ),
    max_leaves=25,
)


@settings(derandomize=True)
@given(json_values, st.booleans())
@example({"\\": ":", '"': {"\\": '\\":"'}}, True)
def test_an_unknown_field_may_hold_any_honest_json(value: Any, ascii_only: bool) -> None:
    body = json.dumps({"model": "m", "unknown": value}, ensure_ascii=ascii_only).encode()
    assert decode(body, requests.ListAssetGroups).model == "m"


class _TwinKeysError(Exception):
    pass


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise _TwinKeysError
    return dict(pairs)


PIECES = st.sampled_from(
    [
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b",",
        b'"',
        b"\\",
        b'\\"',
        b"\\\\",
        b"a",
        b'"a"',
        b'"a":1',
        b"1",
        b"1e999",
        b" ",
        b"null",
        b"NaN",
        b"\\u0000",
        b"\\ud800",
        b"\\ude00",
        b"\x00",
        b"\xff",
        b"\xe4\xbd\xa0",
        b'{"a":1}',
        b'"b":[]',
    ]
)


def mutate(body: bytes, at: int, drop: int, insert: list[bytes]) -> bytes:
    at %= len(body) + 1
    return body[:at] + b"".join(insert) + body[at + drop :]


@settings(max_examples=1_000, derandomize=True)
@given(st.integers(0, 200), st.integers(0, 6), st.lists(PIECES, max_size=6))
def test_another_strict_parser_agrees_about_what_is_taken(at: int, drop: int, insert: list[bytes]) -> None:
    body = mutate(b'{"model":"m","x":{"a":[1,"\\\\",{"b":2,"c":":"}],"d":"\\""},"y":null}', at, drop, insert)
    try:
        decode(body, requests.ListAssetGroups)
    except CallerError:
        return
    document = json.loads(body.decode("utf-8"), object_pairs_hook=_no_twins)
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    text.encode("utf-8")
    assert "\\u0000" not in json.dumps(document).replace("\\\\", "")


@settings(max_examples=500, derandomize=True)
@given(st.sampled_from(BODIES), st.binary(max_size=200) | st.lists(PIECES, max_size=40).map(b"".join))
def test_no_bytes_whatever_make_the_parser_raise_anything_but_a_refusal(cls: type[msgspec.Struct], body: bytes) -> None:
    try:
        decode(body, cls)
    except CallerError as error:
        json.loads(error_body("r", "a", "b", error))
