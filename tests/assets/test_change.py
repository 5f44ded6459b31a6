"""⑨ Rename an asset, ⑩ delete it."""

import pytest

from tests.support.clock import StoppedClock
from tests.support.emulator import EmulatorControl
from tests.support.gateway import MODEL, Api
from tests.support.story import AT_ONCE, held_call, make_group, upload


@pytest.fixture
async def asset_id(api: Api, control: EmulatorControl, pictures: str) -> str:
    await control.settings(transition=AT_ONCE, omitted_field="cleared")
    return await upload(api, await make_group(api), pictures, Name="first")


async def test_a_renamed_asset_is_answered_whole(
    api: Api, control: EmulatorControl, asset_id: str, clock: StoppedClock
) -> None:
    before = await api.ok("GetAsset", Id=asset_id)
    clock.pass_seconds(5)
    for name in ("a" * 64, "影" * 64, "🎭" * 64, ""):
        renamed = await api.ok("UpdateAsset", Id=asset_id, Name=name)
        assert {**renamed, "UpdateTime": before["UpdateTime"]} == {**before, "Name": name}
        assert renamed["UpdateTime"] > before["UpdateTime"]
        assert await api.ok("GetAsset", Id=asset_id) == renamed
        assert (await control.ledger("UpdateAsset"))[-1]["body"] == {
            "Id": asset_id,
            "Name": name,
            "ProjectName": "default",
        }


async def test_a_rename_that_names_nothing_new_costs_no_upstream_call(
    api: Api, control: EmulatorControl, asset_id: str
) -> None:
    assert (await api.ok("UpdateAsset", Id=asset_id))["Name"] == "first"
    assert await control.calls("UpdateAsset") == 0


async def test_a_rename_must_fit_and_must_mean_the_asset_of_the_path(
    api: Api, control: EmulatorControl, asset_id: str
) -> None:
    for character in ("a", "影", "🎭"):
        answer = await api.call("UpdateAsset", Id=asset_id, Name=character * 65)
        assert (answer.status, answer.code) == (400, "InvalidParameter.Name")
    body = {"model": MODEL, "Id": "asset-20260318071009-kctzf", "Name": "b"}
    answer = await api.send("PATCH", f"/v1/private-avatar/assets/{asset_id}", body=body)
    assert (answer.status, answer.code) == (400, "InvalidParameter.Id")
    assert await control.calls("UpdateAsset") == 0


async def test_a_rename_that_ark_refuses_changes_nothing(api: Api, control: EmulatorControl, asset_id: str) -> None:
    await control.fault("error", "UpdateAsset", code="OperationDenied.Locked", status=403, message="It is locked.")
    answer = await api.call("UpdateAsset", Id=asset_id, Name="second")
    assert (answer.status, answer.code) == (403, "OperationDenied.Locked")
    assert (await api.ok("GetAsset", Id=asset_id))["Name"] == "first"


async def test_a_rename_does_not_undo_what_a_look_sees_meanwhile(
    api: Api, control: EmulatorControl, asset_id: str
) -> None:
    held = await control.hold("UpdateAsset")
    async with held_call(held, api.ok("UpdateAsset", Id=asset_id, Name="second")):
        assert (await api.ok("GetAsset", Id=asset_id))["Status"] == "Active"
    after = await api.ok("GetAsset", Id=asset_id)
    assert (after["Name"], after["Status"]) == ("second", "Active")
    assert (await api.ok("ListAssets", Filter={"Statuses": ["Active"]}))["TotalCount"] == 1


async def test_a_look_does_not_undo_a_rename_that_happens_meanwhile(
    api: Api, control: EmulatorControl, asset_id: str, clock: StoppedClock
) -> None:
    held = await control.hold("GetAsset", after=True)
    async with held_call(held, api.ok("GetAsset", Id=asset_id)) as looking:
        clock.pass_seconds(1)
        await api.ok("UpdateAsset", Id=asset_id, Name="second")
    assert (await looking)["Name"] == "second"
    clock.pass_seconds(1)
    after = await api.ok("GetAsset", Id=asset_id)
    assert (after["Name"], after["Status"]) == ("second", "Active")
    [item] = (await api.ok("ListAssets", Filter={"Name": "second"}))["Items"]
    assert item == after


async def test_a_deleted_asset_is_gone_here_and_there(api: Api, control: EmulatorControl, asset_id: str) -> None:
    assert await api.ok("DeleteAsset", Id=asset_id) == {}
    for action in ("GetAsset", "UpdateAsset", "DeleteAsset"):
        answer = await api.call(action, Id=asset_id)
        assert (answer.status, answer.code) == (404, "NotFound.asset_id")
    assert (await control.ask("GET", "assets"))["assets"] == []
    assert (await api.ok("ListAssets"))["TotalCount"] == 0
    assert (await api.ok("ListAssetGroups"))["TotalCount"] == 1


async def test_an_asset_that_ark_no_longer_has_can_be_deleted(
    api: Api, control: EmulatorControl, asset_id: str
) -> None:
    await control.reset()
    assert await api.ok("DeleteAsset", Id=asset_id) == {}
    assert (await api.ok("ListAssets"))["Items"] == []


async def test_an_asset_that_ark_could_not_delete_stays(api: Api, control: EmulatorControl, asset_id: str) -> None:
    await control.fault("error", "DeleteAsset", times=0, code="ServiceUnavailableTemp")
    answer = await api.call("DeleteAsset", Id=asset_id)
    assert (answer.status, answer.code) == (502, "UpstreamFailed")
    assert (await api.ok("GetAsset", Id=asset_id))["Id"] == asset_id


async def test_an_asset_deleted_while_ark_is_asked_about_it_is_not_found(
    api: Api, control: EmulatorControl, asset_id: str
) -> None:
    held = await control.hold("GetAsset", after=True)
    async with held_call(held, api.call("GetAsset", Id=asset_id)) as looking:
        await api.ok("DeleteAsset", Id=asset_id)
    assert (await looking).code == "NotFound.asset_id"
    assert (await api.ok("ListAssets"))["TotalCount"] == 0
