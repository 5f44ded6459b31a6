import re

import pytest

from tests.support.emulator import EmulatorControl, SignedClient


async def test_a_created_group_answers_nothing_but_its_id(ark: SignedClient) -> None:
    result = await ark.ok("CreateAssetGroup", Name="n")
    assert set(result) == {"Id"}
    assert re.fullmatch(r"group-\d{14}-[a-z0-9]{5}", result["Id"])


async def test_a_group_has_every_field_and_its_title_mirrors_the_name(ark: SignedClient) -> None:
    made = await ark.ok("CreateAssetGroup", Name="张三", Description="d", GroupType="AIGC", ProjectName="p")
    group = await ark.ok("GetAssetGroup", Id=made["Id"], ProjectName="p")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", group["CreateTime"])
    assert group == {
        "Id": made["Id"],
        "Name": "张三",
        "Title": "张三",
        "Description": "d",
        "GroupType": "AIGC",
        "ProjectName": "p",
        "CreateTime": group["CreateTime"],
        "UpdateTime": group["CreateTime"],
    }


async def test_the_id_is_stamped_eight_hours_ahead_of_the_create_time(ark: SignedClient) -> None:
    made = await ark.ok("CreateAssetGroup", Name="n")
    group = await ark.ok("GetAssetGroup", **made)
    hours = (int(made["Id"][14:16]) - int(group["CreateTime"][11:13])) % 24
    assert hours == 8


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "MissingParameter.Name"),
        ({"Name": ""}, "MissingParameter.Name"),
        ({"Name": None}, "MissingParameter.Name"),
        ({"Name": 7}, "InvalidParameter.Name"),
        ({"Name": "名" * 65}, "InvalidParameter.Name"),
        ({"Name": "n", "Description": "d" * 301}, "InvalidParameter.Description"),
        ({"Name": "n", "Description": []}, "InvalidParameter.Description"),
        ({"Name": "n", "GroupType": "LivenessFace"}, "InvalidParameter.GroupType"),
        ({"Name": "n", "GroupType": "aigc"}, "InvalidParameter.GroupType"),
        ({"Name": "n", "ProjectName": 1}, "InvalidParameter.ProjectName"),
    ],
)
async def test_a_bad_group_is_refused_by_the_field_at_fault(
    ark: SignedClient, body: dict[str, object], code: str
) -> None:
    answer = await ark.call("CreateAssetGroup", **body)
    assert (answer.status, answer.code) == (400, code)


async def test_sixty_four_characters_are_counted_not_bytes(ark: SignedClient) -> None:
    await ark.ok("CreateAssetGroup", Name="名" * 64, Description="述" * 300)


async def test_an_update_changes_name_and_description_and_the_update_time(
    ark: SignedClient, control: EmulatorControl
) -> None:
    made = await ark.ok("CreateAssetGroup", Name="before", Description="d")
    await control.advance(60)
    assert await ark.ok("UpdateAssetGroup", Id=made["Id"], Name="after", Description="") == made
    group = await ark.ok("GetAssetGroup", **made)
    assert (group["Name"], group["Description"]) == ("after", "")
    assert group["UpdateTime"] > group["CreateTime"]


@pytest.mark.parametrize(("reading", "description"), [("kept", "d"), ("cleared", "")])
async def test_an_omitted_description_is_kept_or_cleared_as_the_setting_says(
    ark: SignedClient, control: EmulatorControl, reading: str, description: str
) -> None:
    await control.settings(omitted_field=reading)
    made = await ark.ok("CreateAssetGroup", Name="n", Description="d")
    await ark.ok("UpdateAssetGroup", Id=made["Id"], Name="m")
    assert (await ark.ok("GetAssetGroup", **made))["Description"] == description


@pytest.mark.parametrize("action", ["GetAssetGroup", "UpdateAssetGroup", "DeleteAssetGroup"])
async def test_a_group_of_another_project_is_not_found(ark: SignedClient, action: str) -> None:
    made = await ark.ok("CreateAssetGroup", Name="n", ProjectName="one")
    for other in ({}, {"ProjectName": "One"}, {"ProjectName": "two"}):
        answer = await ark.call(action, Id=made["Id"], **other)
        assert (answer.status, answer.code) == (404, "NotFound.group_id")
    await ark.ok("GetAssetGroup", Id=made["Id"], ProjectName="one")


async def test_any_project_is_good_until_projects_are_declared(ark: SignedClient, control: EmulatorControl) -> None:
    await ark.ok("CreateAssetGroup", Name="n", ProjectName="anything")
    await control.settings(projects=["default", "film"])
    await ark.ok("CreateAssetGroup", Name="n", ProjectName="film")
    answer = await ark.call("CreateAssetGroup", Name="n", ProjectName="anything")
    assert (answer.status, answer.code) == (404, "NotFound.ProjectName")


async def test_deleting_a_group_takes_its_assets_and_their_media_along(
    ark: SignedClient, control: EmulatorControl, pictures: str
) -> None:
    group = await ark.ok("CreateAssetGroup", Name="n")
    asset = await ark.ok("CreateAsset", GroupId=group["Id"], URL=pictures + "a.jpg", AssetType="Image")
    url = (await ark.ok("GetAsset", **asset))["URL"].removeprefix(ark.url)
    assert await ark.ok("DeleteAssetGroup", **group) == {}
    assert (await ark.call("GetAsset", **asset)).code == "NotFound.asset_id"
    assert (await ark.call("GetAssetGroup", **group)).code == "NotFound.group_id"
    assert (await ark.send(url, method="GET")).status == 404


async def test_a_real_persons_group_may_be_refused_deletion(ark: SignedClient, control: EmulatorControl) -> None:
    session = await ark.ok("CreateVisualValidateSession", CallbackURL="https://a.example/")
    await control.complete(session["BytedToken"])
    group = await ark.ok("GetVisualValidateResult", BytedToken=session["BytedToken"])
    await control.settings(liveness_group_delete="refused")
    answer = await ark.call("DeleteAssetGroup", Id=group["GroupId"])
    assert (answer.status, answer.code) == (403, "OperationDenied.AuthorizationValid")
    await control.settings(liveness_group_delete="allowed")
    await ark.ok("DeleteAssetGroup", Id=group["GroupId"])


async def test_the_accounts_group_limit_is_held_when_set(ark: SignedClient, control: EmulatorControl) -> None:
    await control.settings(group_limit=1)
    await ark.ok("CreateAssetGroup", Name="n")
    answer = await ark.call("CreateAssetGroup", Name="n")
    assert (answer.status, answer.code) == (429, "QuotaExceeded")
    answer = await ark.call("CreateVisualValidateSession", CallbackURL="https://a.example/")
    assert (answer.status, answer.code) == (429, "QuotaExceeded")


async def test_a_check_under_way_still_ends_with_its_group_in_a_full_account(
    ark: SignedClient, control: EmulatorControl
) -> None:
    session = await ark.ok("CreateVisualValidateSession", CallbackURL="https://a.example/")
    await ark.ok("CreateAssetGroup", Name="n")
    await control.settings(group_limit=1)
    assert "resultCode=10000" in await control.complete(session["BytedToken"])
