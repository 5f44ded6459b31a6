"""①③④⑤ as an integrator meets them."""

from typing import Any

from stagedoor.assets.delete import CHUNK
from tests.support.emulator import EmulatorControl
from tests.support.gateway import FAST_MODEL, MODEL, Api, RunningGateway
from tests.support.rows import add_rows, asset_row, group_row, only_channel
from tests.support.story import ON_SQLITE, make_group, pass_face_check, upload

CHARACTERS = ("a", "影", "🎭")


async def test_a_new_group_is_answered_whole_and_found_again(api: Api, control: EmulatorControl) -> None:
    created = await api.ok("CreateAssetGroup", Name="夜戏 A&B", Description="three looks", GroupType="AIGC")
    assert created["Id"].startswith("group-")
    assert created["CreateTime"].endswith("Z")
    assert {name: created[name] for name in ("Name", "Title", "Description", "GroupType", "ProjectName")} == {
        "Name": "夜戏 A&B",
        "Title": "夜戏 A&B",
        "Description": "three looks",
        "GroupType": "AIGC",
        "ProjectName": "default",
    }
    [call] = await control.ledger("CreateAssetGroup")
    assert call["body"] == {
        "Name": "夜戏 A&B",
        "Description": "three looks",
        "GroupType": "AIGC",
        "ProjectName": "default",
    }
    assert await api.ok("GetAssetGroup", Id=created["Id"], model=FAST_MODEL) == created
    assert await control.calls("GetAssetGroup") == 0


@ON_SQLITE
async def test_the_envelope_names_the_right_action(api: Api) -> None:
    group_id = await make_group(api)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("GetAssetGroup", {"Id": group_id}),
        ("UpdateAssetGroup", {"Id": group_id, "Name": "b"}),
        ("ListAssetGroups", {}),
        ("DeleteAssetGroup", {"Id": group_id}),
        ("DeleteAssetGroup", {"Id": group_id}),
    ]
    for action, fields in calls:
        metadata = (await api.call(action, **fields)).metadata
        assert metadata["Action"] == action
        assert (metadata["Version"], metadata["Service"], metadata["Region"]) == ("2024-01-01", "ark", "cn-beijing")


async def test_limits_of_name_and_description_count_characters(api: Api, control: EmulatorControl) -> None:
    group_id = await make_group(api)
    for character in CHARACTERS:
        longest: dict[str, Any] = {"Name": character * 64, "Description": character * 300}
        targets: dict[str, dict[str, Any]] = {"CreateAssetGroup": {}, "UpdateAssetGroup": {"Id": group_id}}
        for action, fields in targets.items():
            assert (await api.ok(action, **fields, **longest)).items() >= longest.items()
            before = await control.calls(action)
            for field, value in (("Name", character * 65), ("Description", character * 301)):
                answer = await api.call(action, **fields, **{**longest, field: value})
                assert (answer.status, answer.code) == (400, f"InvalidParameter.{field}")
            assert await control.calls(action) == before


@ON_SQLITE
async def test_what_cannot_be_created_costs_no_upstream_call(api: Api, control: EmulatorControl) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"GroupType": "LivenessFace"}, "InvalidParameter.GroupType"),
        ({"GroupType": "aigc"}, "InvalidParameter.GroupType"),
        ({"Name": ""}, "InvalidParameter.Name"),
        ({"Name": None}, "InvalidParameter.Name"),
        ({"model": None}, "MissingParameter.model"),
        ({"model": "no-such-model"}, "InvalidParameter.model"),
    ]
    for fields, code in wrong:
        answer = await api.call("CreateAssetGroup", **{"Name": "figures", **fields})
        assert (answer.status, answer.code) == (400, code), fields
    assert (await api.call("CreateAssetGroup")).code == "MissingParameter.Name"
    assert await control.calls() == 0


async def test_optional_fields_may_be_null_and_unknown_ones_are_ignored(api: Api, control: EmulatorControl) -> None:
    created = await api.ok("CreateAssetGroup", Name="a", Description=None, GroupType=None, Colour="red")
    assert created["Description"] == ""
    [call] = await control.ledger("CreateAssetGroup")
    assert call["body"] == {"Name": "a", "GroupType": "AIGC", "ProjectName": "default"}


async def test_an_update_sends_both_fields_and_keeps_what_is_left_out(api: Api, control: EmulatorControl) -> None:
    await control.settings(omitted_field="cleared")
    group_id = await make_group(api, "first", Description="kept")
    renamed = await api.ok("UpdateAssetGroup", Id=group_id, Name="second")
    assert (renamed["Id"], renamed["Name"], renamed["Description"]) == (group_id, "second", "kept")
    emptied = await api.ok("UpdateAssetGroup", Id=group_id, Description="")
    assert (emptied["Name"], emptied["Description"]) == ("second", "")
    bodies = [call["body"] for call in await control.ledger("UpdateAssetGroup")]
    sent = {"Id": group_id, "Name": "second", "ProjectName": "default"}
    assert bodies == [{**sent, "Description": "kept"}, {**sent, "Description": ""}]
    assert await api.ok("GetAssetGroup", Id=group_id) == emptied


async def test_an_update_of_nothing_costs_no_upstream_call(api: Api, control: EmulatorControl) -> None:
    group_id = await make_group(api)
    assert await api.ok("UpdateAssetGroup", Id=group_id) == await api.ok("GetAssetGroup", Id=group_id)
    assert await control.calls("UpdateAssetGroup") == 0


async def test_the_id_in_the_body_must_be_the_one_in_the_path(api: Api, control: EmulatorControl) -> None:
    group_id, other_id = await make_group(api), await make_group(api)
    path = f"/v1/private-avatar/groups/{group_id}"
    for given, code in ((other_id, "InvalidParameter.Id"), ("", "InvalidParameter.Id"), (None, "InvalidParameter.Id")):
        answer = await api.send("PATCH", path, body={"model": MODEL, "Id": given, "Name": "x"})
        assert (answer.status, answer.code) == (400, code)
    answer = await api.send("PATCH", path, body={"model": MODEL, "Name": "x"})
    assert (answer.status, answer.code) == (400, "MissingParameter.Id")
    assert await control.calls("UpdateAssetGroup") == 0


@ON_SQLITE
async def test_an_update_that_ark_refuses_changes_nothing(api: Api, control: EmulatorControl) -> None:
    group_id = await make_group(api, "before")
    await control.fault("error", "UpdateAssetGroup", code="InvalidParameter.Name", status=400, message="Not this name.")
    answer = await api.call("UpdateAssetGroup", Id=group_id, Name="after")
    assert (answer.status, answer.code) == (400, "InvalidParameter.Name")
    assert answer.error["Message"] == "Not this name."
    assert answer.error["Upstream"]["Code"] == "InvalidParameter.Name"
    assert (await api.ok("GetAssetGroup", Id=group_id))["Name"] == "before"


async def test_a_real_persons_group_can_be_named_and_described(api: Api, control: EmulatorControl) -> None:
    group_id = await pass_face_check(api, control)
    described = await api.ok("UpdateAssetGroup", Id=group_id, Description="only described")
    assert described["GroupType"] == "LivenessFace"
    assert (await api.ok("UpdateAssetGroup", Id=group_id, Name="Ms Li"))["Description"] == "only described"


async def test_deleting_a_group_deletes_everything_in_it_and_nothing_else(
    api: Api, gateway: RunningGateway, control: EmulatorControl, pictures: str
) -> None:
    going, staying = await make_group(api, "going"), await make_group(api, "staying")
    going_asset, kept_asset = await upload(api, going, pictures), await upload(api, staying, pictures)
    assert await api.ok("DeleteAssetGroup", Id=going) == {}
    assert (await api.call("GetAssetGroup", Id=going)).code == "NotFound.group_id"
    assert (await api.call("GetAsset", Id=going_asset)).code == "NotFound.asset_id"
    assert (await api.ok("GetAsset", Id=kept_asset))["GroupId"] == staying
    assert (await api.ok("ListAssets"))["TotalCount"] == 1
    assert (await api.ok("ListAssetGroups"))["TotalCount"] == 1
    assert [asset["Id"] for asset in (await control.ask("GET", "assets"))["assets"]] == [kept_asset]


async def test_a_large_group_is_deleted_in_chunks(gateway: RunningGateway, control: EmulatorControl) -> None:
    tenant, channel_id = await gateway.tenant(), await only_channel(gateway)
    api = await gateway.client(tenant)
    group_id, count = await make_group(api), 2 * CHUNK + 1
    ids = [f"asset-{number}" for number in range(count)]
    kept = group_row(tenant.id, channel_id, "group-kept")
    await add_rows(
        gateway,
        [kept],
        [asset_row(tenant.id, channel_id, "asset-kept", kept.id)]
        + [asset_row(tenant.id, channel_id, asset_id, group_id) for asset_id in ids],
    )
    assert (await api.ok("ListAssets", PageSize=1))["TotalCount"] == count + 1
    assert await api.ok("DeleteAssetGroup", Id=group_id) == {}
    assert [item["Id"] for item in (await api.ok("ListAssets"))["Items"]] == ["asset-kept"]
    assert (await api.ok("ListAssets"))["TotalCount"] == 1
    assert (await api.ok("ListAssets", Filter={"GroupIds": [group_id]}))["TotalCount"] == 0
    assert await control.calls("DeleteAsset") == 0


async def test_a_group_that_ark_no_longer_has_can_be_deleted(api: Api, control: EmulatorControl) -> None:
    group_id = await make_group(api)
    await control.reset()
    assert await api.ok("DeleteAssetGroup", Id=group_id) == {}
    assert (await api.call("GetAssetGroup", Id=group_id)).status == 404


async def test_a_group_that_ark_does_not_let_go_stays(api: Api, control: EmulatorControl) -> None:
    group_id = await pass_face_check(api, control)
    await control.settings(liveness_group_delete="refused")
    answer = await api.call("DeleteAssetGroup", Id=group_id)
    assert (answer.status, answer.code) == (403, "OperationDenied.AuthorizationValid")
    assert (await api.ok("GetAssetGroup", Id=group_id))["Id"] == group_id


async def test_a_project_that_is_named_holds_the_group(api: Api, control: EmulatorControl) -> None:
    group_id = await make_group(api, ProjectName="films")
    assert (await control.ledger("CreateAssetGroup"))[0]["body"]["ProjectName"] == "films"
    assert (await api.ok("GetAssetGroup", Id=group_id))["ProjectName"] == "films"
    assert (await api.ok("GetAssetGroup", Id=group_id, ProjectName="films"))["Id"] == group_id
    elsewhere = await api.call("GetAssetGroup", Id=group_id, ProjectName="default")
    assert (elsewhere.status, elsewhere.code) == (404, "NotFound.group_id")
    await api.ok("UpdateAssetGroup", Id=group_id, Name="b")
    await api.ok("DeleteAssetGroup", Id=group_id)
    for action in ("UpdateAssetGroup", "DeleteAssetGroup"):
        assert [call["body"]["ProjectName"] for call in await control.ledger(action)] == ["films"]
