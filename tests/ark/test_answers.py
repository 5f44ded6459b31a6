"""Nothing is taken for success unless it holds what was asked for (official-api.md §1, dialect.md §4-6)."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagedoor import errors
from stagedoor.ark.answers import Malformed, Success, read, retry_after
from stagedoor.ark.results import NotYet, check
from stagedoor.ark.transport import Answer
from stagedoor.contract.operations import BY_ACTION, Operation
from tests.support.ark import Connect
from tests.support.counts import times
from tests.support.rawserver import Play, drip, enveloped, head, http, raw_server, refused, reset, say

GROUP_ID = "group-20260331145705-7vw4m"
NOW = datetime(2026, 3, 31, 14, 57, 5, tzinfo=UTC)
EXCHANGE = BY_ACTION["GetVisualValidateResult"]
TOKEN = {"BytedToken": "202603311449168C23BA26XXXXXXXX"}
GOOD = enveloped({"GroupId": GROUP_ID})
TEXT = json.dumps(GOOD)
ONE_CHUNK = b"%x\r\n%s\r\n0\r\n\r\n" % (len(TEXT), TEXT.encode())
CHUNKED = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}

BAD = {
    "empty body": say(http(b"")),
    "half of the JSON": say(http(TEXT[: len(TEXT) // 2].encode())),
    "half of the announced bytes": say(http(TEXT.encode())[:-40], keep=False),
    "half of a chunk": say(head(200, CHUNKED) + ONE_CHUNK[:60], keep=False),
    "reset in the body": reset(http(TEXT.encode())[:-40]),
    "HTML": say(http(b"<html>Welcome</html>", content_type="text/html")),
    "HTML said to be JSON": say(http(b"<html>Welcome</html>")),
    "JSON said to be HTML": say(http(GOOD, content_type="text/html")),
    "JSON in another charset": say(http(TEXT.encode("utf-16"), content_type="application/json; charset=utf-16")),
    "UTF-16 unannounced": say(http(TEXT.encode("utf-16"))),
    "latin-1": say(http(TEXT.replace("group-", "gröup-").encode("latin-1"))),
    "byte order mark": say(http(b"\xef\xbb\xbf" + TEXT.encode())),
    "gzip": say(http(b"\x1f\x8b" + bytes(200), headers={"Content-Encoding": "gzip"})),
    "10 MB": say(http(b'{"Result":{"GroupId":"' + b"g" * 10_000_000 + b'"}}')),
    "10 MB in chunks": say(head(200, CHUNKED) + b"10000\r\n%s\r\n" % (b"x" * 65536) * 160),
    "two objects": say(http(TEXT.encode() * 2)),
    "an array": say(http(b"[]")),
    "a string": say(http(b'"group-1"')),
    "null": say(http(b"null")),
    "NaN": say(http(TEXT.replace(f'"{GROUP_ID}"', "NaN").encode())),
    "an empty object": say(http({})),
    "another object altogether": say(http({"success": True, "data": {"group_id": GROUP_ID}})),
    "GroupId a number": say(http(enveloped({"GroupId": 7}))),
    "GroupId a list": say(http(enveloped({"GroupId": [GROUP_ID]}))),
    "GroupId too long": say(http(enveloped({"GroupId": "g" * 129}))),
    "GroupId with a line break": say(http(enveloped({"GroupId": GROUP_ID + "\n"}))),
    "GroupId a path": say(http(enveloped({"GroupId": "../groups"}))),
    "GroupId twice": say(http(TEXT.replace('"GroupId"', '"GroupId": "group-a", "GroupId"').encode())),
    "Result twice": say(http(b'{"ResponseMetadata":{},"Result":{"GroupId":"group-a"},"Result":{"GroupId":"group-b"}}')),
    "Result a string": say(http(enveloped(GROUP_ID))),
    "Result a list": say(http(enveloped([GROUP_ID]))),
    "ResponseMetadata a list": say(http({"ResponseMetadata": [], "Result": {"GroupId": GROUP_ID}})),
    "an Error that says nothing": say(http(enveloped({"GroupId": GROUP_ID}, Error={}))),
    "a redirect": say(http(GOOD, status=302, headers={"Location": "http://127.0.0.1:9/"})),
    "not modified": say(head(304, {}), keep=False),
    "no HTTP": say(b"+OK POP3 ready\r\n\r\n", keep=False),
    "an endless header": say(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", keep=False),
    "closed without a word": say(b"", keep=False),
    "reset without a word": reset(),
    "depth": say(http(b'{"a":' * 100_000 + b"1" + b"}" * 100_000)),
    "lone surrogate": say(http(b'{"ResponseMetadata":{},"Result":{"GroupId":"\\ud800"}}')),
}


@pytest.mark.parametrize("play", BAD.values(), ids=BAD.keys())
async def test_a_bad_answer_never_becomes_a_group(play: Play, upstream_at: Connect) -> None:
    async with raw_server(play) as server:
        with pytest.raises(errors.UpstreamError) as caught:
            await upstream_at(server.url).call(EXCHANGE, TOKEN)
    assert type(caught.value) in {errors.UpstreamMalformed, errors.UpstreamTimeout}
    assert caught.value.sent


async def test_an_oversized_answer_is_not_read_to_its_end(upstream_at: Connect) -> None:
    async with raw_server(BAD["10 MB in chunks"]) as server:
        with pytest.raises(errors.UpstreamMalformed):
            await upstream_at(server.url).call(BY_ACTION["CreateAssetGroup"], {"Name": "n"})
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "play",
    [
        say(http(GOOD)),
        say(http(GOOD, content_type="application/json; charset=UTF-8")),
        say(http(GOOD, content_type=None)),
        say(http({"GroupId": GROUP_ID})),
        say(http({"Result": {"GroupId": GROUP_ID}})),
        say(http(enveloped({"GroupId": GROUP_ID}, Error=None))),
        say(head(200, CHUNKED) + ONE_CHUNK),
        say(head(200, {"Content-Type": "application/json", "Connection": "close"}) + TEXT.encode(), keep=False),
        drip(http(GOOD), 0.0005),
    ],
    ids=["enveloped", "charset", "no type", "flat", "no metadata", "Error null", "chunked", "until close", "drip"],
)
async def test_a_good_answer_is_understood_however_it_is_wrapped(play: Play, upstream_at: Connect) -> None:
    async with raw_server(play) as server:
        assert await upstream_at(server.url).call(EXCHANGE, TOKEN) == {"GroupId": GROUP_ID}


@pytest.mark.parametrize("result", [{}, None, {"GroupId": ""}, {"GroupId": None}])
async def test_an_exchange_without_a_group_is_pending(result: dict[str, object], upstream_at: Connect) -> None:
    async with raw_server(say(http(enveloped(result)))) as server:
        with pytest.raises(errors.ValidatePending):
            await upstream_at(server.url).call(EXCHANGE, TOKEN)


async def test_an_error_beside_a_result_wins(upstream_at: Connect) -> None:
    both = refused("InvalidParameter.BytedToken") | {"Result": {"GroupId": GROUP_ID}}
    async with raw_server(say(http(both))) as server:
        with pytest.raises(errors.BytedTokenRefused):
            await upstream_at(server.url).call(EXCHANGE, TOKEN)


SESSION = {"BytedToken": "T1", "H5Link": "https://h5.example/?a=1&lng=zh", "CallbackURL": "https://c.example/"}
ASSET = {"Id": "asset-1", "Status": "Failed", "Error": {"Code": "FaceMismatch", "Message": "No."}}


@pytest.mark.parametrize(
    ("action", "asked", "result"),
    [
        ("CreateAssetGroup", {"Name": "n"}, {"Id": "group-1"}),
        ("CreateAsset", {"URL": "https://c.example/a.jpg"}, {"Id": "asset-1"}),
        ("CreateVisualValidateSession", {"CallbackURL": "https://c.example/"}, SESSION),
        ("GetAsset", {"Id": "asset-1"}, ASSET),
        ("GetAssetGroup", {"Id": "group-1"}, {"Id": "group-1", "Name": ""}),
        ("ListAssets", {}, {"Items": [ASSET], "TotalCount": 1}),
        ("ListAssetGroups", {}, {"Items": []}),
        ("UpdateAsset", {"Id": "asset-1"}, {"Id": "asset-1"}),
        ("UpdateAsset", {"Id": "asset-1"}, {}),
        ("DeleteAsset", {"Id": "asset-1"}, {}),
        ("DeleteAssetGroup", {"Id": "group-1"}, {}),
    ],
)
def test_a_result_with_what_was_asked_for_is_success(
    action: str, asked: dict[str, object], result: dict[str, object]
) -> None:
    assert _outcome(action, asked, json.dumps(enveloped(result)).encode()) == result


@pytest.mark.parametrize(
    ("action", "asked", "result"),
    [
        ("CreateAssetGroup", {}, {}),
        ("CreateAssetGroup", {}, None),
        ("CreateAsset", {}, {"Id": ""}),
        ("CreateAsset", {}, {"Id": 5}),
        ("CreateVisualValidateSession", {}, SESSION | {"H5Link": "javascript:alert(1)"}),
        ("CreateVisualValidateSession", {}, SESSION | {"H5Link": "https:///nowhere"}),
        ("CreateVisualValidateSession", {}, SESSION | {"H5Link": "https://[/"}),
        ("CreateVisualValidateSession", {}, SESSION | {"H5Link": "https://h5.example/\r\nSet-Cookie: a=b"}),
        ("CreateVisualValidateSession", {}, SESSION | {"BytedToken": ""}),
        ("CreateVisualValidateSession", {}, {"BytedToken": "T1"}),
        ("GetAsset", {"Id": "asset-1"}, {}),
        ("GetAsset", {"Id": "asset-1"}, {"Id": "asset-2"}),
        ("ListAssets", {}, {}),
        ("ListAssets", {}, {"Items": {}}),
        ("ListAssets", {}, {"Items": [None]}),
        ("ListAssetGroups", {}, {"Items": [{"Id": None}]}),
    ],
)
def test_a_result_without_what_was_asked_for_is_malformed(
    action: str, asked: dict[str, object], result: dict[str, object]
) -> None:
    with pytest.raises(Malformed):
        _outcome(action, asked, json.dumps(enveloped(result)).encode())


def test_a_flat_failed_asset_is_an_asset_and_not_a_refusal() -> None:
    assert _outcome("GetAsset", {"Id": "asset-1"}, json.dumps(ASSET).encode()) == ASSET


def test_a_flat_nothing_is_no_proof_of_a_deletion() -> None:
    with pytest.raises(Malformed):
        _outcome("DeleteAsset", {"Id": "asset-1"}, b"{}")


def test_items_null_is_an_empty_list() -> None:
    assert _outcome("ListAssets", {}, json.dumps(enveloped({"Items": None})).encode()) == {"Items": []}


def _outcome(action: str, asked: dict[str, object], body: bytes, status: int = 200) -> dict[str, object]:
    said = read(Answer(status, {"content-type": "application/json"}, body), now=NOW)
    assert isinstance(said, Success), said
    return check(BY_ACTION[action], asked, said)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid body with one to four pieces of it taken out, doubled, replaced or broken off."""
    text = TEXT.encode()
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 60)))
        piece = draw(
            st.sampled_from(
                [b"", text[start:end] * 2, text[:start], b"null", b'"', b",", b"{}", b'{"Error":{"Code":"X"}}']
            )
            | st.binary(max_size=6)
            | JSON_VALUES.map(lambda value: json.dumps(value).encode())
        )
        text = text[:start] + piece + text[end:]
    return text


@settings(max_examples=times(1500, 15_000), deadline=None)
@given(mutated())
def test_a_mutated_body_succeeds_only_if_it_still_says_one_group_plainly(body: bytes) -> None:
    try:
        said = read(Answer(200, {"content-type": "application/json"}, body), now=NOW)
        result = check(EXCHANGE, TOKEN, said) if isinstance(said, Success) else None
    except (Malformed, NotYet):
        return
    if result is not None:
        assert result["GroupId"] in _plainly_said(body)


def _plainly_said(body: bytes) -> list[object]:
    """Read the body a second time, in another way, and return the one group it names, if it names one and no error."""
    whole = json.loads(body.decode(), object_pairs_hook=_once)
    metadata = whole.get("ResponseMetadata")
    assert metadata is None or metadata.get("Error") is None
    assert whole.get("error") is None
    holder = whole if metadata is None and "Result" not in whole else whole["Result"]
    return [holder["GroupId"]]


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


NOISE = st.binary(max_size=300) | JSON_VALUES.map(lambda value: json.dumps(value).encode())
SENSE = (b"Id", b"Items", b"BytedToken", b"ResponseMetadata")


@settings(max_examples=times(1000, 5_000), deadline=None)
@given(
    NOISE.filter(lambda body: not any(word in body for word in SENSE)),
    st.sampled_from([200, 202, 204, 301, 400, 403, 404, 429, 500, 503]),
    st.sampled_from(list(BY_ACTION.values())),
)
def test_noise_is_never_success(body: bytes, status: int, operation: Operation) -> None:
    try:
        said = read(Answer(status, {}, body), now=NOW)
    except Malformed:
        return
    if isinstance(said, Success):
        with pytest.raises((Malformed, NotYet)):
            check(operation, TOKEN, said)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        ("0", 1),
        ("1000000000", 30),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("1.5", None),
        ("٣", None),
        (format_datetime(NOW + timedelta(seconds=12), usegmt=True), 12),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 1),
        (format_datetime(NOW + timedelta(days=400), usegmt=True), 30),
        ("Mon, 99 Foo 2026 99:99:99 GMT", None),
    ],
)
def test_retry_after_is_read_and_held_within_bounds(text: str, seconds: int | None) -> None:
    assert retry_after(text, now=NOW) == (None if seconds is None else timedelta(seconds=seconds))
