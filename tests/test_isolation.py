"""Tenants never see one another: somebody else's id is answered exactly like one that does not exist."""

import re
from collections.abc import Iterable
from typing import Any

import pytest

from stagedoor.contract.operations import OPERATIONS
from tests.support.emulator import EmulatorControl
from tests.support.gateway import MODEL, Answer, Api, RunningGateway
from tests.support.story import AT_ONCE, DONE, make_group, pass_face_check, upload

NO_GROUP, NO_ASSET = "group-20260601191715-zzzzz", "asset-20260601191715-zzzzz"
NO_TOKEN = "202603311449168C23BA26AAAAAAAAAAAA"
TAKES_AN_ID = {operation.action for operation in OPERATIONS if operation.has_id}


class Foreign:
    """What the other tenant owns, and ids that nobody owns."""

    def __init__(self, group: str, person: str, asset: str, token: str) -> None:
        self.group, self.person, self.asset, self.token = group, person, asset, token

    def calls(self, pictures: str) -> Iterable[tuple[str, dict[str, Any], dict[str, Any]]]:
        """Yield each operation that takes an id, with the other's id and with one that does not exist."""
        for group in (self.group, self.person):
            yield "GetAssetGroup", {"Id": group}, {"Id": NO_GROUP}
            yield "UpdateAssetGroup", {"Id": group, "Name": "x"}, {"Id": NO_GROUP, "Name": "x"}
            yield "UpdateAssetGroup", {"Id": group}, {"Id": NO_GROUP}
            yield "DeleteAssetGroup", {"Id": group}, {"Id": NO_GROUP}
            fields = {"URL": pictures, "AssetType": "Image"}
            yield "CreateAsset", {"GroupId": group, **fields}, {"GroupId": NO_GROUP, **fields}
        yield "GetAsset", {"Id": self.asset}, {"Id": NO_ASSET}
        yield "UpdateAsset", {"Id": self.asset, "Name": "x"}, {"Id": NO_ASSET, "Name": "x"}
        yield "DeleteAsset", {"Id": self.asset}, {"Id": NO_ASSET}
        yield "GetVisualValidateResult", {"BytedToken": self.token}, {"BytedToken": NO_TOKEN}
        yield "GetAsset", {"Id": self.group}, {"Id": NO_ASSET}
        yield "GetAssetGroup", {"Id": self.asset}, {"Id": NO_GROUP}
        for action in ("ListAssets", "ListAssetGroups"):
            yield action, {"Filter": {"GroupIds": [self.group]}}, {"Filter": {"GroupIds": [NO_GROUP]}}
        yield "ListAssets", {"Filter": {"AssetIds": [self.asset]}}, {"Filter": {"AssetIds": [NO_ASSET]}}


@pytest.fixture
async def foreign(other_api: Api, control: EmulatorControl, pictures: str) -> Foreign:
    await control.settings(transition=AT_ONCE)
    group, person = await make_group(other_api, "theirs"), await pass_face_check(other_api, control)
    asset = await upload(other_api, person, pictures, Name="theirs")
    await other_api.ok("GetAsset", Id=asset)
    started = await other_api.ok("CreateVisualValidateSession", CallbackURL=DONE)
    return Foreign(group, person, asset, started["BytedToken"])


def comparable(answer: Answer, ids: Iterable[object]) -> tuple[int, dict[str, str], bytes]:
    """Return what an answer shows, without its RequestId and without the id that was asked for."""
    body = answer.body
    for one in ids:
        if isinstance(one, str):
            body = body.replace(one.encode(), b"<id>")
    headers = {name: value for name, value in answer.headers.items() if name not in {"date", "x-request-id"}}
    return answer.status, headers, re.sub(rb'"RequestId":"\w+"', b"", body)


async def test_every_operation_answers_foreign_ids_like_unknown_ones(
    api: Api, other_api: Api, control: EmulatorControl, foreign: Foreign, pictures: str
) -> None:
    seen: set[str] = set()
    before = await control.calls()
    for action, theirs, unknown in foreign.calls(pictures):
        answers = [await api.call(action, headers=None, **fields) for fields in (theirs, unknown)]
        if not action.startswith("List"):
            assert answers[0].status == 404
        assert comparable(answers[0], theirs.values()) == comparable(answers[1], unknown.values()), action
        seen.add(action)
    assert seen > TAKES_AN_ID
    # Nothing of it was worth a call, and nothing has changed for the owner.
    assert await control.calls() == before
    assert (await other_api.ok("GetAssetGroup", Id=foreign.group))["Name"] == "theirs"
    assert (await other_api.ok("GetAsset", Id=foreign.asset))["Name"] == "theirs"


async def test_lists_never_show_what_others_own(api: Api, other_api: Api, foreign: Foreign, pictures: str) -> None:
    mine = await make_group(api, "mine")
    asset = await upload(api, mine, pictures, Name="mine")
    filters: list[dict[str, Any]] = [
        {},
        {"Name": "theirs"},
        {"Name": "m"},
        {"GroupType": "LivenessFace"},
        {"GroupIds": [mine, foreign.group, foreign.person]},
        {"GroupIds": [foreign.person]},
    ]
    for wanted in filters:
        for paging in ({"PageSize": 100}, {"MaxResults": 100}):
            fields: dict[str, Any] = {"Filter": wanted, **paging}
            groups, assets = await api.ok("ListAssetGroups", **fields), await api.ok("ListAssets", **fields)
            assert {item["Id"] for item in groups["Items"]} <= {mine}
            assert {item["Id"] for item in assets["Items"]} <= {asset}
            for page in (groups, assets):
                assert page.get("TotalCount", len(page["Items"])) == len(page["Items"])
    theirs = await other_api.ok("ListAssetGroups")
    assert {item["Id"] for item in theirs["Items"]} == {foreign.group, foreign.person}


async def test_a_tenant_that_is_bound_to_a_project_lives_in_it(
    gateway: RunningGateway, control: EmulatorControl, pictures: str
) -> None:
    bound = await gateway.client(await gateway.tenant(project_name="films"))
    group, person = await make_group(bound), await pass_face_check(bound, control)
    assert (await make_group(bound, ProjectName="films")) != group
    await upload(bound, person, pictures)
    for action, fields in (("CreateAssetGroup", {"Name": "a"}), ("CreateVisualValidateSession", {"CallbackURL": DONE})):
        answer = await bound.call(action, headers=None, **fields, ProjectName="default")
        assert (answer.status, answer.code) == (400, "InvalidParameter.ProjectName")
    for call in await control.ledger():
        assert call["body"]["ProjectName"] == "films"
    for action in ("ListAssetGroups", "ListAssets"):
        assert {item["ProjectName"] for item in (await bound.ok(action))["Items"]} == {"films"}


async def test_a_project_of_the_same_account_is_no_way_to_anothers_groups(
    gateway: RunningGateway, api: Api, control: EmulatorControl, foreign: Foreign
) -> None:
    for project in ("default", "films"):
        answer = await api.call("GetAssetGroup", Id=foreign.group, ProjectName=project)
        assert (answer.status, answer.code) == (404, "NotFound.group_id")


async def test_an_id_that_the_upstream_gives_twice_is_not_given_to_a_second_tenant(
    gateway: RunningGateway, api: Api, foreign: Foreign
) -> None:
    # Ids are shown to nobody but their owner, so a guess is all there is: in every place where one fits.
    for path in (f"/v1/private-avatar/groups/{foreign.group}%20", f"/v1/private-avatar/groups/{foreign.group.upper()}"):
        answer = await api.send("GET", f"{path}?model={MODEL}")
        assert (answer.status, answer.code) == (404, "NotFound.group_id")
