"""The twelve endpoints are asked as they are documented, and both flavours of their answers are understood (dialect.md §2, §6)."""

import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from stagedoor import errors
from stagedoor.contract.operations import BY_ACTION, OPERATIONS, Operation
from tests.support.ark import Connect
from tests.support.rawserver import enveloped, http, raw_server, say

MODEL = "doubao-seedance-2-0-260128"
ACCOUNT = {"kind": "dialect", "model": MODEL}
RESULTS = {
    "CreateAssetGroup": {"Id": "group-1"},
    "ListAssetGroups": {"Items": []},
    "GetAssetGroup": {"Id": "x-1"},
    "UpdateAssetGroup": {"Id": "x-1"},
    "DeleteAssetGroup": {},
    "CreateAsset": {"Id": "asset-1"},
    "ListAssets": {"Items": []},
    "GetAsset": {"Id": "x-1"},
    "UpdateAsset": {},
    "DeleteAsset": {},
    "CreateVisualValidateSession": {"BytedToken": "T", "H5Link": "https://h5.example/", "CallbackURL": "https://c/"},
    "GetVisualValidateResult": {"GroupId": "group-1"},
}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.action)
async def test_each_operation_goes_to_its_endpoint_with_model_where_it_is_read(
    operation: Operation, upstream_at: Connect
) -> None:
    async with raw_server(say(http(enveloped(RESULTS[operation.action])))) as server:
        upstream = upstream_at(server.url + "/gate/", project_name="studio", **ACCOUNT)
        assert await upstream.call(operation, {"Id": "x-1"}) == RESULTS[operation.action]
    request = server.requests[0].decode()
    method, target, _ = request.split("\r\n")[0].split(" ")
    content = request.partition("\r\n\r\n")[2]
    assert method == operation.method
    assert urlsplit(target).path == "/gate" + operation.path.replace("{id}", "x-1")
    routing = {"model": MODEL, "ProjectName": "studio"}
    if operation.method in {"GET", "DELETE"}:
        assert parse_qs(urlsplit(target).query) == {name: [value] for name, value in routing.items()}
        assert not content
    else:
        assert json.loads(content) == routing | {"Id": "x-1"}
        assert "\r\nContent-Type: application/json\r\n" in request
    assert "\r\nAuthorization: Bearer KEYcanary\r\n" in request
    assert "AKLT" not in request


@pytest.mark.parametrize(("given", "sent"), [("a/b?c#d e", "a%2Fb%3Fc%23d%20e"), ("..", "%2E%2E"), ("组", "%E7%BB%84")])
async def test_an_id_cannot_leave_its_place_in_the_path(given: str, sent: str, upstream_at: Connect) -> None:
    async with raw_server(say(http(enveloped({})))) as server:
        await upstream_at(server.url, **ACCOUNT).call(BY_ACTION["DeleteAsset"], {"Id": given})
    assert server.requests[0].startswith(f"DELETE /v1/private-avatar/assets/{sent}?model=".encode())


async def test_unix_times_become_iso_strings(upstream_at: Connect) -> None:
    group = {"Id": "ag_1", "Name": "n", "CreateTime": 1789449985, "UpdateTime": "2026-05-21T08:42:35Z"}
    async with raw_server(say(http(enveloped(group))), say(http(enveloped({"Items": [group]})))) as server:
        upstream = upstream_at(server.url, **ACCOUNT)
        found = await upstream.call(BY_ACTION["GetAssetGroup"], {"Id": "ag_1"})
        listed = await upstream.call(BY_ACTION["ListAssetGroups"], {})
    assert found == group | {"CreateTime": "2026-09-15T05:26:25Z"}
    assert listed == {"Items": [found]}


@pytest.mark.parametrize("time", [1e300, -1e300])
async def test_a_time_that_is_none_is_malformed(time: float, upstream_at: Connect) -> None:
    async with raw_server(say(http(enveloped({"Id": "ag_1", "CreateTime": time})))) as server:
        with pytest.raises(errors.UpstreamMalformed):
            await upstream_at(server.url, **ACCOUNT).call(BY_ACTION["GetAssetGroup"], {"Id": "ag_1"})


@pytest.mark.parametrize("envelope", [enveloped, dict], ids=["enveloped", "flat"])
async def test_a_group_called_id_in_the_exchange_is_the_group(
    envelope: Callable[[object], dict[str, object]], upstream_at: Connect
) -> None:
    async with raw_server(say(http(envelope({"Id": "ag_1", "GroupType": "LivenessFace"})))) as server:
        result = await upstream_at(server.url, **ACCOUNT).call(
            BY_ACTION["GetVisualValidateResult"], {"BytedToken": "T"}
        )
    assert result == {"Id": "ag_1", "GroupId": "ag_1", "GroupType": "LivenessFace"}


async def test_a_group_of_another_type_is_not_what_a_face_check_earns(upstream_at: Connect) -> None:
    async with raw_server(say(http(enveloped({"Id": "ag_1", "GroupType": "AIGC"})))) as server:
        with pytest.raises(errors.UpstreamMalformed):
            await upstream_at(server.url, **ACCOUNT).call(BY_ACTION["GetVisualValidateResult"], {"BytedToken": "T"})


@pytest.mark.parametrize(
    ("action", "status", "error", "expected"),
    [
        ("GetAsset", 404, {"message": "no", "type": "x", "code": "asset_not_found"}, errors.NotFound),
        ("GetAsset", 403, {"message": "model not allowed", "type": "forbidden", "code": None}, errors.UpstreamRejected),
        ("GetAsset", 200, {"message": "no", "code": "invalid_api_key"}, errors.UpstreamRejected),
        ("GetAsset", 200, "something broke", errors.UpstreamMalformed),
        ("DeleteAssetGroup", 501, {"message": "no", "code": "unsupported_asset_operation"}, errors.OperationDenied),
        ("CreateAsset", 400, {"message": "no", "code": "InvalidParameter.URL"}, errors.InvalidParameter),
        ("CreateAsset", 429, {"message": "slow down"}, errors.FlowLimitExceeded),
        ("CreateAsset", 500, {"message": "oops", "code": "internal"}, errors.OutcomeUnknown),
        ("GetVisualValidateResult", 404, {"message": "record does not exist"}, errors.BytedTokenRefused),
        ("GetVisualValidateResult", 202, {"message": "wait"}, errors.ValidatePending),
        ("GetVisualValidateResult", 404, {"message": "Invalid URL", "type": "bad"}, errors.UpstreamMalformed),
    ],
)
async def test_errors_without_an_envelope_are_understood(
    action: str, status: int, error: object, expected: type[errors.StagedoorError], upstream_at: Connect
) -> None:
    async with raw_server(say(http({"error": error}, status=status))) as server:
        with pytest.raises(expected) as caught:
            await upstream_at(server.url, **ACCOUNT).call(BY_ACTION[action], {"Id": "x-1"})
    assert type(caught.value) is expected
