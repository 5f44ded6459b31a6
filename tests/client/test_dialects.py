"""Other gateways of the dialect: flat answers, bare ids, times as numbers, page mode only, errors of other shapes."""

import json
from datetime import UTC, datetime

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagedoor_client import (
    Asset,
    Check,
    Deletion,
    Delivery,
    Event,
    EventPage,
    ExchangedGroup,
    GatewayError,
    Group,
    Invitation,
    NotFound,
    StagedoorError,
    ValidatePending,
    WebhookEndpoint,
)
from stagedoor_client.answers import read_answer
from stagedoor_client.reading import read, read_page
from tests.client.faces import open_face
from tests.support.rawserver import enveloped, http, raw_server, refused, say

TGX = {"Id": "ag_1", "Name": "hero", "GroupType": "AIGC", "CreateTime": 1789449985, "UpdateTime": 1789449985.5}
TOKEN = {"BytedToken": "t", "H5Link": "https://h5.example/", "CallbackURL": "https://studio.example/"}


@pytest.mark.parametrize("wrap", [enveloped, dict])
async def test_flat_and_enveloped_answers_are_read_alike(face_kind: str, wrap: type[dict[str, object]]) -> None:
    script = [say(http(wrap(result))) for result in (TGX, {"Items": [TGX]}, TOKEN, {"GroupId": "group-1"})]
    async with raw_server(*script) as raw, open_face(face_kind, raw.url) as face:
        group = await face.call("create_group", "hero")
        assert group.create_time == datetime.fromtimestamp(1789449985, UTC)
        assert [item.id for item in await face.call("list_groups")] == ["ag_1"]
        check = await face.call("start_check", "https://studio.example/")
        assert (check.byted_token, check.session_id) == ("t", "")
        assert (await face.call("exchange", check)).group_id == "group-1"


async def test_a_group_that_is_called_id_is_the_group(face_kind: str) -> None:
    answer = say(http(enveloped({"Id": "ag_1", "GroupType": "LivenessFace"})))
    async with raw_server(answer) as raw, open_face(face_kind, raw.url) as face:
        assert (await face.call("exchange", "t")).group_id == "ag_1"


async def test_empty_answers_to_changes_and_deletions_are_successes(face_kind: str) -> None:
    script = [say(http(enveloped({}))), say(http(enveloped({"Id": "g", "Deleted": True}))), say(http(b"{}"))]
    async with raw_server(*script) as raw, open_face(face_kind, raw.url) as face:
        assert (await face.call("update_group", "group-1", name="x")).id == "group-1"
        assert (await face.call("delete_group", "group-1")).raw["Deleted"] is True
        await face.call("delete_asset", "asset-1")
    assert b"?model=" in raw.requests[1].split(b"\r\n")[0]
    assert b'"Id":"group-1"' in raw.requests[0]


async def test_an_exchange_without_a_group_is_pending(face_kind: str) -> None:
    for answer in (http(enveloped({})), http({}, status=202), http(refused("VisualValidatePending"), status=400)):
        async with raw_server(say(answer)) as raw, open_face(face_kind, raw.url) as face:
            with pytest.raises(ValidatePending) as caught:
                await face.call("exchange", "t")
            assert caught.value.retry == "same_request"
            assert len(raw.requests) == 1


async def test_an_error_with_status_200_is_an_error(face_kind: str) -> None:
    script = [
        say(http(refused("NotFound.asset_id"))),
        say(http({"error": {"message": "gone", "type": "x", "code": "asset_not_found"}}, status=404)),
        say(http({"error": {"message": "no", "code": "y"}})),
    ]
    async with raw_server(*script) as raw, open_face(face_kind, raw.url) as face:
        for code, kind in (("NotFound.asset_id", NotFound), ("asset_not_found", NotFound), ("y", GatewayError)):
            with pytest.raises(kind) as caught:
                await face.call("get_asset", "asset-1")
            assert caught.value.code == code


async def test_a_list_that_knows_only_numbered_pages_is_gone_through(face_kind: str) -> None:
    pages = [
        {"Items": [{"Id": f"g{number}"}], "TotalCount": 3, "PageNumber": number, "PageSize": 1} for number in (1, 2, 3)
    ]
    script = [say(http(enveloped(page))) for page in pages]
    async with raw_server(*script) as raw, open_face(face_kind, raw.url) as face:
        assert [group.id for group in await face.all("iter_groups")] == ["g1", "g2", "g3"]
    assert b'"PageNumber":3' in raw.requests[2]
    assert b"MaxResults" not in raw.requests[2]


async def test_null_odd_and_unknown_fields_are_no_errors(face_kind: str) -> None:
    odd = {"Id": 7, "Name": None, "CreateTime": "yesterday", "Error": "text", "Status": "Rejected", "New": [1]}
    answer = say(http(enveloped(odd | {"UpdateTime": "2026-05-21T08:42:35.123456789Z"})))
    async with raw_server(answer) as raw, open_face(face_kind, raw.url) as face:
        asset = await face.call("get_asset", "7")
    assert (asset.id, asset.name, asset.create_time, asset.is_failed) == ("7", "", None, True)
    assert asset.update_time == datetime(2026, 5, 21, 8, 42, 35, 123456, UTC)
    assert asset.raw["New"] == [1]


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
NAMES = st.sampled_from(
    ["Id", "Items", "Error", "CreateTime", "Code", "Retry", "RequestId", "Upstream", "PageSize", "Types", "Data"]
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=12
)
WRAPPED = st.fixed_dictionaries({}, optional={"ResponseMetadata": JSON, "Result": JSON, "error": JSON})
KINDS = (Group, Asset, Check, ExchangedGroup, Invitation, Event, EventPage, WebhookEndpoint, Delivery, Deletion)


@given(content=st.binary(max_size=40) | (JSON | WRAPPED).map(json.dumps).map(str.encode), status=st.integers(200, 599))
@settings(max_examples=100, deadline=None)
def test_no_answer_makes_the_client_stumble(content: bytes, status: int) -> None:
    headers = {"retry-after": "9" * 400, "x-request-id": "R"}
    answer = read_answer(httpx2.Response(status, content=content, headers=headers))
    if isinstance(answer, StagedoorError):
        assert str(answer)
        assert answer.retry in {"never", "same_request", "new_session", "later"}
        return
    assert status < 300
    for kind in KINDS:
        assert repr(read(kind, answer.result, answer.response))
    assert len(read_page(Group, answer.result, answer.response)) >= 0
