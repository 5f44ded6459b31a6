"""The strict JSON door of every operation that takes a body, over real sockets and on both databases."""

import re
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stagedoor.contract.operations import BY_ACTION, OPERATIONS, Operation
from stagedoor.doors.admin import ACTIONS
from tests.conftest import database_url  # noqa: F401 - these run on both databases
from tests.http.test_body import PIECES, mutate
from tests.support.gateway import MODEL, Answer, Api, RunningGateway
from tests.support.hostile import HOSTILE

REQUEST_ID = re.compile(r"\d{14}[0-9A-F]{20}")
PAGE = "https://studio.example/done"

VALID: dict[str, dict[str, Any]] = {
    "CreateAssetGroup": {"Name": "group", "Description": "d", "GroupType": "AIGC", "ProjectName": "default"},
    "ListAssetGroups": {"Filter": {"Name": "g", "GroupIds": ["group-1"]}, "PageNumber": 1, "PageSize": 5},
    "UpdateAssetGroup": {"Id": "group-1", "Name": "n", "Description": "d"},
    "CreateAsset": {"GroupId": "group-1", "URL": "https://p.example/a.jpg", "AssetType": "Image", "Name": "n"},
    "ListAssets": {"Filter": {"Statuses": ["Active"], "AssetIds": ["asset-1"]}, "MaxResults": 5, "SortBy": "GroupId"},
    "UpdateAsset": {"Id": "asset-1", "Name": "n"},
    "CreateVisualValidateSession": {"CallbackURL": PAGE, "Lng": "en"},
    "GetVisualValidateResult": {"BytedToken": "202603311449168C23BA26"},
}
WITH_BODY = [operation for operation in OPERATIONS if not operation.in_query]
ADMIN = [(method, path, action) for path, row in ACTIONS.items() for method, action in row.items() if action.body]
by_action = pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.action)


def path_of(operation: Operation) -> str:
    return operation.path.replace("{id}", str(VALID[operation.action].get("Id", "")))


async def post(api: Api, operation: Operation, body: bytes, **headers: str) -> Answer:
    return await api.send(operation.method, path_of(operation), data=body, **headers)


def check_envelope(answer: Answer, action: str) -> None:
    """Hold an answer, good or bad, to the envelope."""
    assert answer.headers["content-type"] == "application/json"
    assert answer.metadata["Action"] == action
    assert (answer.metadata["Version"], answer.metadata["Service"]) == ("2024-01-01", "ark")
    assert answer.metadata["Region"]
    assert answer.metadata["RequestId"] == answer.headers["x-request-id"]
    assert REQUEST_ID.fullmatch(answer.metadata["RequestId"])
    assert ("Result" in answer.document) != ("Error" in answer.metadata) == (answer.status >= 400)


def spread(body: bytes, valid: dict[str, Any]) -> bytes:
    """Put hostile fields behind the valid ones, so that nothing but them is wrong."""
    if not body.startswith((b'{"x"', b'{"\\u0000"', b'{"\\ud800"', b'{"\xc3"')):
        return body
    return msgspec.json.encode({"model": MODEL} | valid)[:-1] + b"," + body[1:]


def test_every_operation_with_a_body_is_covered() -> None:
    assert {operation.action for operation in WITH_BODY} == set(VALID)


@by_action
async def test_hostile_bodies_are_refused_in_the_envelope(api: Api, operation: Operation) -> None:
    for name, body in HOSTILE.items():
        answer = await post(api, operation, spread(body, VALID[operation.action]))
        check_envelope(answer, operation.action)
        assert answer.status == 400, name
        assert answer.error["Retry"] == "never"


async def test_hostile_bodies_are_refused_by_the_admin_door(gateway: RunningGateway) -> None:
    operator = await gateway.operator()
    for method, path, action in ADMIN:
        for name, body in HOSTILE.items():
            answer = await operator.send(method, path.replace("{name}", "nobody"), data=body)
            check_envelope(answer, action.name)
            assert answer.status == 400, (action.name, name)


@by_action
async def test_null_is_absence_where_a_field_may_be_absent(api: Api, operation: Operation) -> None:
    for field in msgspec.structs.fields(operation.request):
        answer = await post(
            api, operation, msgspec.json.encode({"model": MODEL} | VALID[operation.action] | {field.encode_name: None})
        )
        check_envelope(answer, operation.action)
        refused = answer.status == 400 and answer.code == f"InvalidParameter.{field.encode_name}"
        assert refused is field.required, (field.encode_name, answer)


@by_action
async def test_a_missing_field_is_named(api: Api, operation: Operation) -> None:
    for field in msgspec.structs.fields(operation.request):
        if field.required:
            body = {"model": MODEL} | VALID[operation.action]
            del body[field.encode_name]
            answer = await post(api, operation, msgspec.json.encode(body))
            check_envelope(answer, operation.action)
            assert (answer.status, answer.code) == (400, f"MissingParameter.{field.encode_name}")


@by_action
async def test_unknown_fields_are_ignored_and_not_forwarded(api: Api, control: Any, operation: Operation) -> None:
    body = {"model": MODEL} | VALID[operation.action]
    plain = await post(api, operation, msgspec.json.encode(body))
    seen = await post(api, operation, msgspec.json.encode(body | {"Unknown": "stowaway", "id": 5}))
    check_envelope(seen, operation.action)
    assert seen.status == plain.status
    assert "stowaway" not in str(await control.ledger())


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonx",
        "text/json",
        "application/json; charset=gbk",
        "application/json; charset=utf-16",
        "application/json, text/plain",
        "multipart/form-data; boundary=x",
        "",
    ],
)
async def test_other_content_types_are_not_taken(api: Api, content_type: str) -> None:
    answer = await post(api, BY_ACTION["ListAssetGroups"], b'{"model":"m"}', content_type=content_type)
    check_envelope(answer, "ListAssetGroups")
    assert (answer.status, answer.code) == (415, "UnsupportedMediaType")


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON", "application/json;charset=utf-8", 'application/json; charset="UTF-8"'],
)
async def test_spellings_of_json_in_utf_8_are_taken(api: Api, content_type: str) -> None:
    body = msgspec.json.encode({"model": MODEL})
    answer = await post(api, BY_ACTION["ListAssetGroups"], body, content_type=content_type)
    assert answer.status == 200


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, identity", "x"])
async def test_compressed_bodies_are_not_taken(api: Api, coding: str) -> None:
    answer = await post(api, BY_ACTION["ListAssetGroups"], b"\x1f\x8b" + bytes(50), content_encoding=coding)
    assert (answer.status, answer.code) == (415, "UnsupportedMediaType")


FUZZ = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@FUZZ
@given(st.sampled_from(WITH_BODY), st.binary(max_size=300))
async def test_raw_bytes_never_make_a_server_error(api: Api, operation: Operation, body: bytes) -> None:
    answer = await post(api, operation, body)
    check_envelope(answer, operation.action)
    assert answer.status == 400


@settings(FUZZ, max_examples=120)
@given(st.sampled_from(WITH_BODY), st.integers(0, 400), st.integers(0, 12), st.lists(PIECES, max_size=5))
async def test_mutated_bodies_never_make_a_server_error(
    api: Api, operation: Operation, at: int, drop: int, insert: list[bytes]
) -> None:
    body = mutate(msgspec.json.encode({"model": MODEL} | VALID[operation.action]), at, drop, insert)
    answer = await post(api, operation, body)
    check_envelope(answer, operation.action)
    assert answer.status < 500
