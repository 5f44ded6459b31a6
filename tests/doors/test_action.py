"""The Action door: the twelve Actions under one address, with the rights, the objects and the errors of the REST door."""

from datetime import timedelta
from typing import Any

import pytest

from stagedoor import errors
from stagedoor.channels.edit import ChannelChange, change_channel
from stagedoor.contract.operations import OPERATIONS
from stagedoor.emulator import RunningEmulator
from stagedoor.errors import StagedoorError
from tests.support.action import ActionApi, Signed, action_api
from tests.support.emulator import EmulatorControl
from tests.support.gateway import FAST_MODEL, MODEL, Answer, RunningGateway
from tests.support.story import AT_ONCE, DONE, ON_SQLITE


@pytest.fixture
async def action(gateway: RunningGateway) -> ActionApi:
    """Return a client of the Action door with a pair of its own."""
    return await action_api(gateway)


async def test_all_twelve_answer_signed_requests(action: ActionApi, control: EmulatorControl, pictures: str) -> None:
    await control.settings(transition=AT_ONCE)
    session = await action.ok("CreateVisualValidateSession", CallbackURL=DONE)
    async with action.http.get(await control.complete(session["BytedToken"]), allow_redirects=False) as came_back:
        assert came_back.status == 303
    person = await action.ok("GetVisualValidateResult", BytedToken=session["BytedToken"])
    group = await action.ok("CreateAssetGroup", Name="hero")
    assert (await action.ok("GetAssetGroup", Id=group["Id"]))["Name"] == "hero"
    await action.ok("UpdateAssetGroup", Id=group["Id"], Name="heroine")
    groups = await action.ok("ListAssetGroups", Filter={"GroupType": "AIGC"}, PageNumber=1, PageSize=10)
    assert [item["Name"] for item in groups["Items"]] == ["heroine"]
    asset = await action.ok("CreateAsset", GroupId=person["GroupId"], URL=f"{pictures}a.jpg", AssetType="Image")
    assert (await action.ok("GetAsset", Id=asset["Id"]))["GroupId"] == person["GroupId"]
    await action.ok("UpdateAsset", Id=asset["Id"], Name="front")
    assets = await action.ok("ListAssets", Filter={"GroupType": "LivenessFace"})
    assert [item["Name"] for item in assets["Items"]] == ["front"]
    assert await action.ok("DeleteAsset", Id=asset["Id"]) == {}
    assert await action.ok("DeleteAssetGroup", Id=group["Id"]) == {}


@ON_SQLITE
@pytest.mark.parametrize("path", ["/", "/api/v3", "/api/v3/"])
async def test_each_address_takes_signatures_and_bearer_keys(gateway: RunningGateway, path: str) -> None:
    action = await action_api(gateway)
    action.path = path
    made = await action.ok("CreateAssetGroup", Name="hero")
    found = (await action.by_bearer("GetAssetGroup", Id=made["Id"])).result
    assert found == made


@ON_SQLITE
async def test_the_envelope_names_the_action_that_was_called(action: ActionApi) -> None:
    for operation in OPERATIONS:
        answer = await action.call(operation.action)
        assert answer.metadata["Action"] == operation.action
        assert answer.headers["x-request-id"] == answer.metadata["RequestId"]


async def test_both_doors_show_the_same_objects_and_neither_shows_anothers(gateway: RunningGateway) -> None:
    tenant = await gateway.tenant()
    action, api, stranger = await action_api(gateway, tenant), await gateway.client(tenant), await action_api(gateway)
    made = await action.ok("CreateAssetGroup", Name="hero")
    assert await api.ok("GetAssetGroup", Id=made["Id"]) == made
    foreign = await stranger.call("GetAssetGroup", Id=made["Id"])
    unknown = await stranger.call("GetAssetGroup", Id="group-20000101000000-aaaaa")
    assert (foreign.status, foreign.code) == (unknown.status, unknown.code) == (404, "NotFound.group_id")
    assert (await stranger.ok("ListAssetGroups"))["Items"] == []


@ON_SQLITE
async def test_a_list_without_a_page_is_in_cursor_mode_as_the_official_one(action: ActionApi) -> None:
    for number in range(12):
        await action.ok("CreateAssetGroup", Name=f"g{number}")
    first = await action.ok("ListAssetGroups", Filter={"GroupType": "AIGC"})
    assert (len(first["Items"]), "TotalCount" in first) == (10, False)
    rest = await action.ok("ListAssetGroups", Filter={"GroupType": "AIGC"}, NextToken=first["NextToken"])
    assert (len(rest["Items"]), "NextToken" in rest) == (2, False)
    numbered = await action.ok("ListAssetGroups", PageSize=5)
    assert (len(numbered["Items"]), numbered["TotalCount"]) == (5, 12)


@ON_SQLITE
async def test_without_a_model_the_channel_is_the_keys_own(
    gateway: RunningGateway, emulator: RunningEmulator, control: EmulatorControl
) -> None:
    await gateway.connect(emulator, name="preferred", models=["m-preferred"], priority=9, project_name="preferred")
    tenant = await gateway.tenant()

    async def project(**options: Any) -> str:
        action = await action_api(gateway, tenant, **options)
        return str((await action.ok("CreateAssetGroup", Name="hero"))["ProjectName"])

    assert await project() == "preferred"
    assert await project(models=[FAST_MODEL, "m-preferred"]) == "default"
    assert await project(models=["m-nowhere", "m-preferred"]) == "preferred"
    limited = await action_api(gateway, tenant, models=[FAST_MODEL])
    assert (await limited.call("CreateAssetGroup", Name="hero", model=MODEL)).code == "AccessDenied"
    nowhere = await action_api(gateway, tenant, models=["m-nowhere"])
    assert (await nowhere.call("CreateAssetGroup", Name="hero")).code == "NoChannel"
    assert (await nowhere.call("ListAssetGroups")).status == 200
    await change_channel(gateway.rt, "preferred", ChannelChange(disabled=True))
    gateway.clock.advance(timedelta(seconds=1.5))
    assert await project() == "default"


METHODS = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"]


@ON_SQLITE
@pytest.mark.parametrize("method", METHODS)
async def test_only_post_is_answered(gateway: RunningGateway, method: str) -> None:
    for target in ("/", "/?Action=ListAssets&Version=2024-01-01", "/api/v3/"):
        async with gateway.http.request(method, gateway.url + target) as answer:
            assert (answer.status, answer.headers["allow"]) == (405, "POST")


def without(request: Signed, header: str) -> Signed:
    request.headers.pop(header)
    return request


def with_header(request: Signed, **headers: str) -> Signed:
    request.headers |= {name.replace("_", "-"): value for name, value in headers.items()}
    return request


def at(request: Signed, target: str) -> Signed:
    request.target = target
    return request


LIST = "ListAssetGroups"


def gateway_errors(action: ActionApi) -> list[tuple[Signed, type[StagedoorError], int, int | None]]:
    """Return requests with one thing wrong, and what the official catalogue has for it."""

    def sign(**how: Any) -> Signed:
        return action.sign(LIST, {}, **how)

    hour_ago = action.gateway.clock.now() - timedelta(hours=1)
    wrong = action.sign(LIST, {})
    wrong.body = b'{"Filter": {}}'
    return [
        (at(sign(), "/"), errors.MissingParameter, 400, 100002),
        (at(sign(), "/?Action=ListAssets"), errors.MissingParameter, 400, 100002),
        (at(sign(), "/?Version=2024-01-01&Action="), errors.MissingParameter, 400, 100002),
        (without(sign(), "authorization"), errors.MissingAuthenticationToken, 401, 100003),
        (without(sign(), "x-date"), errors.MissingRequestInfo, 400, 100004),
        (
            with_header(sign(), authorization="HMAC-SHA256 Credential=a/b, SignedHeaders=x-date"),
            errors.MissingSignature,
            401,
            100005,
        ),
        (sign(now=hour_ago), errors.InvalidTimestamp, 400, 100006),
        (at(sign(), "/?Action=Nothing&Version=2024-01-01"), errors.InvalidActionOrVersion, 404, 100008),
        (at(sign(), f"/?Action={LIST}&Version=2020-01-01"), errors.InvalidActionOrVersion, 404, 100008),
        (
            with_header(sign(), authorization=sign().headers["authorization"].replace("AKLT", "AKLX")),
            errors.InvalidAccessKey,
            401,
            100009,
        ),
        (wrong, errors.SignatureDoesNotMatch, 401, 100010),
        (with_header(sign(), host="elsewhere.example"), errors.SignatureDoesNotMatch, 401, 100010),
        (with_header(sign(), authorization="Basic dXNlcjpwYXNz"), errors.InvalidAuthorization, 400, 100024),
        (sign(service="tos"), errors.InvalidCredential, 400, 100025),
        (with_header(sign(), x_security_token="STS2"), errors.InvalidSecretToken, 401, 100026),
        (
            with_header(sign(), authorization=f"Bearer {action.bearer}", x_security_token="STS2"),
            errors.InvalidSecretToken,
            401,
            100026,
        ),
        (with_header(sign(), authorization="Bearer sd_test_nonsense"), errors.AuthenticationError, 401, None),
        (with_header(sign(), content_type="text/plain"), errors.UnsupportedMediaType, 415, None),
    ]


@ON_SQLITE
async def test_each_error_of_the_official_gateway_is_met_with_its_number(action: ActionApi) -> None:
    met = set()
    for request, error, status, code_n in gateway_errors(action):
        answer = await action.send(request)
        assert (answer.status, answer.code, answer.error.get("CodeN")) == (status, error.code, code_n), request
        met.add(error)
    signature_errors = set(errors.SignatureError.family()) - {errors.SignatureError, errors.SignedRequestRepeated}
    assert signature_errors <= met


@ON_SQLITE
async def test_a_flow_limit_has_its_number_and_what_arks_own_codes_say_has_none(
    action: ActionApi, control: EmulatorControl
) -> None:
    await control.fault("rate_limited", "CreateAssetGroup", retry_after=2)
    limited = await action.call("CreateAssetGroup", Name="hero")
    assert (limited.code, limited.error["CodeN"]) == ("FlowLimitExceeded", 100018)
    missing = await action.call("CreateAssetGroup")
    assert (missing.code, "CodeN" in missing.error) == ("MissingParameter.Name", False)


@ON_SQLITE
async def test_the_rest_door_sends_no_numbers(gateway: RunningGateway) -> None:
    nobody = await gateway.api("").send("POST", "/v1/private-avatar/groups", body={}, authorization="")
    assert (nobody.code, "CodeN" in nobody.error) == ("MissingAuthenticationToken", False)


ODD_TARGETS = [
    "/?Action=ListAssets&Action=GetAsset&Version=2024-01-01",
    "/?" + "&".join(f"a{number}=" for number in range(60)),
    "/?Action=%FF&Version=2024-01-01",
    "/?Action=ListAssets&Version=2024-01-01&X-Algorithm=HMAC-SHA256",
    "/?Action=ListAssets&Version=2024-01-01&X-Algorithm=HMAC-SHA256&X-Algorithm=HMAC-SHA256",
    (
        "/?Action=ListAssets&Version=2024-01-01&X-Algorithm=HMAC-SHA256&X-Date=x&X-Credential=%E4%B8%BB/1"
        "&X-SignedQueries=Action;Version;X-Date;X-Credential&X-Signature=%E4%B8%BB"
    ),
]
ODD_HEADERS = [
    "HMAC-SHA256 " + "a=b, " * 500,
    "HMAC-SHA256 Credential=\xe9/\xe9, SignedHeaders=x-date;\xe9, Signature=\xe9",
]


@ON_SQLITE
async def test_nothing_odd_is_an_error_of_ours(action: ActionApi) -> None:
    answers: list[Answer] = [
        await action.send(at(without(action.sign(LIST, {}), "authorization"), target)) for target in ODD_TARGETS
    ]
    answers += [await action.send(with_header(action.sign(LIST, {}), authorization=value)) for value in ODD_HEADERS]
    assert all(400 <= answer.status < 500 for answer in answers), answers
    for body in (b"", b"[]", b"{", b"\xff", b'{"Id": 1}', b'{"model": null, "Name": "\\u0000"}'):
        answers += [await action.send(action.sign(operation.action, body)) for operation in OPERATIONS]
    assert all(answer.status < 500 for answer in answers)


@ON_SQLITE
async def test_a_presigned_address_works_for_its_action_and_its_time(action: ActionApi) -> None:
    target = presigned(action)
    request = Signed("POST", target, {"content-type": "application/json"}, b"{}")
    assert (await action.send(request)).status == 200
    other = at(request, target.replace("ListAssetGroups", "ListAssets"))
    assert (await action.send(other)).code == "SignatureDoesNotMatch"
    action.gateway.clock.advance(timedelta(minutes=16))
    assert (await action.send(at(request, target))).code == "InvalidTimestamp"


def presigned(action: ActionApi) -> str:
    from volcenginesdkcore.signv4 import SignerV4

    query = {"Action": LIST, "Version": "2024-01-01"}
    host = action.gateway.url.removeprefix("http://")
    signed = SignerV4.sign_url("/", "POST", query, *action.pair, "cn-beijing", "ark", host=host)
    return f"/?{signed}"
