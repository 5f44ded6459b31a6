import asyncio
import re
from typing import Any

import pytest

from tests.support.emulator import EmulatorControl, SignedClient


@pytest.fixture
async def group_id(ark: SignedClient) -> str:
    return str((await ark.ok("CreateAssetGroup", Name="n"))["Id"])


async def upload(ark: SignedClient, group_id: str, url: str, **fields: Any) -> str:
    return str((await ark.ok("CreateAsset", GroupId=group_id, URL=url, AssetType="Image", **fields))["Id"])


async def status_of(ark: SignedClient, asset_id: str) -> str:
    return str((await ark.ok("GetAsset", Id=asset_id))["Status"])


async def test_an_asset_has_every_field_and_no_error_unless_it_failed(
    ark: SignedClient, group_id: str, pictures: str
) -> None:
    asset_id = await upload(ark, group_id, pictures + "a.jpg", Name="n", Moderation={"Strategy": "Skip"})
    assert re.fullmatch(r"asset-\d{14}-[a-z0-9]{5}", asset_id)
    asset = await ark.ok("GetAsset", Id=asset_id)
    assert asset == {
        "Id": asset_id,
        "Name": "n",
        "URL": asset["URL"],
        "AssetType": "Image",
        "GroupId": group_id,
        "Status": "Processing",
        "Moderation": {"Strategy": "Skip"},
        "ProjectName": "default",
        "CreateTime": asset["CreateTime"],
        "UpdateTime": asset["CreateTime"],
    }


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"GroupId": None}, 400, "MissingParameter.GroupId"),
        ({"URL": None}, 400, "MissingParameter.URL"),
        ({"AssetType": None}, 400, "MissingParameter.AssetType"),
        ({"AssetType": "image"}, 400, "InvalidParameter.AssetType"),
        ({"Name": "n" * 65}, 400, "InvalidParameter.Name"),
        ({"Moderation": "Skip"}, 400, "InvalidParameter.Moderation"),
        ({"Moderation": {"Strategy": "None"}}, 400, "InvalidParameter.Moderation.Strategy"),
        ({"GroupId": "group-20260101000000-aaaaa"}, 404, "NotFound.group_id"),
        ({"ProjectName": "other"}, 404, "NotFound.group_id"),
        ({"URL": "data:image/png;base64,AAAA"}, 400, "InvalidParameter.URL"),
        ({"URL": "ftp://a.example/a.jpg"}, 400, "InvalidParameter.URL"),
        ({"URL": "/a.jpg"}, 400, "InvalidParameter.URL"),
        ({"URL": "http://[::1/a.jpg"}, 400, "InvalidParameter.URL"),
        ({"URL": "http://a.example:99999/"}, 400, "InvalidParameter.URL"),
        ({"URL": "http://a.example/\r\na"}, 400, "InvalidParameter.URL"),
    ],
)
async def test_a_bad_upload_is_refused_by_the_field_at_fault(
    ark: SignedClient, group_id: str, fields: dict[str, object], status: int, code: str
) -> None:
    good = {"GroupId": group_id, "URL": "http://127.0.0.1:9/a.jpg", "AssetType": "Image"}
    answer = await ark.call("CreateAsset", **(good | fields))
    assert (answer.status, answer.code) == (status, code)


async def test_an_asset_becomes_active_a_second_later_by_the_clock(
    ark: SignedClient, control: EmulatorControl, group_id: str, pictures: str
) -> None:
    await control.settings(transition={"mode": "after", "seconds": 60})
    asset_id = await upload(ark, group_id, pictures)
    assert await status_of(ark, asset_id) == "Processing"
    await control.advance(61)
    asset = await ark.ok("GetAsset", Id=asset_id)
    assert asset["Status"] == "Active"
    assert asset["UpdateTime"] > asset["CreateTime"]


async def test_an_asset_becomes_active_at_once_when_told_to(
    ark: SignedClient, control: EmulatorControl, group_id: str, pictures: str
) -> None:
    await control.settings(transition={"mode": "immediate"})
    assert await status_of(ark, await upload(ark, group_id, pictures)) == "Active"


async def test_an_asset_becomes_active_after_so_many_looks_of_either_kind(
    ark: SignedClient, control: EmulatorControl, group_id: str, pictures: str
) -> None:
    await control.settings(transition={"mode": "looks", "looks": 3})
    asset_id = await upload(ark, group_id, pictures)
    listed = await ark.ok("ListAssets", Filter={"GroupType": "AIGC"})
    seen = [listed["Items"][0]["Status"]] + [await status_of(ark, asset_id) for _ in range(3)]
    assert seen == ["Processing", "Processing", "Processing", "Active"]


async def test_an_update_changes_the_name_and_nothing_else(ark: SignedClient, group_id: str, pictures: str) -> None:
    asset_id = await upload(ark, group_id, pictures, Name="before")
    assert await ark.ok("UpdateAsset", Id=asset_id, Name="after", URL="http://x.example/") == {"Id": asset_id}
    assert (await ark.ok("GetAsset", Id=asset_id))["Name"] == "after"


@pytest.mark.parametrize("action", ["GetAsset", "UpdateAsset", "DeleteAsset"])
async def test_an_asset_of_another_project_is_not_found(
    ark: SignedClient, group_id: str, pictures: str, action: str
) -> None:
    asset_id = await upload(ark, group_id, pictures)
    answer = await ark.call(action, Id=asset_id, ProjectName="other")
    assert (answer.status, answer.error) == (
        404,
        {"Code": "NotFound.asset_id", "Message": f"The specified asset {asset_id} is not found."},
    )


async def test_a_deleted_asset_leaves_its_group(ark: SignedClient, group_id: str, pictures: str) -> None:
    asset_id = await upload(ark, group_id, pictures)
    assert await ark.ok("DeleteAsset", Id=asset_id) == {}
    assert (await ark.call("DeleteAsset", Id=asset_id)).code == "NotFound.asset_id"
    await ark.ok("GetAssetGroup", Id=group_id)


async def test_lists_filter_by_group_status_and_part_of_the_name(
    ark: SignedClient, control: EmulatorControl, group_id: str, pictures: str
) -> None:
    await control.settings(transition={"mode": "immediate"})
    other = (await ark.ok("CreateAssetGroup", Name="other"))["Id"]
    good = await upload(ark, group_id, pictures, Name="Portrait 50%")
    bad = await upload(ark, group_id, pictures, Name="fail:ContentRestricted")
    await upload(ark, other, pictures, Name="Portrait")

    async def listed(**conditions: Any) -> set[str]:
        page = await ark.ok("ListAssets", Filter={"GroupType": "AIGC", "GroupIds": [group_id], **conditions})
        return {item["Id"] for item in page["Items"]}

    assert await listed() == {good, bad}
    assert await listed(Statuses=["Failed"]) == {bad}
    assert await listed(Statuses=["Active", "Processing"]) == {good}
    assert await listed(Name="portrait") == {good}
    assert await listed(Name="0%") == {good}
    assert await listed(Name="_") == set()
    assert await listed(GroupType="LivenessFace") == set()


async def test_an_upload_into_a_group_deleted_meanwhile_is_refused_and_leaves_no_file(
    ark: SignedClient, control: EmulatorControl, group_id: str, slow_pictures: tuple[str, asyncio.Event, asyncio.Event]
) -> None:
    url, asked, go_on = slow_pictures
    uploading = asyncio.create_task(ark.call("CreateAsset", GroupId=group_id, URL=url, AssetType="Image"))
    await asyncio.wait_for(asked.wait(), 10)
    await ark.ok("DeleteAssetGroup", Id=group_id)
    go_on.set()
    assert (await uploading).code == "NotFound.group_id"
    assert (await control.ask("GET", "assets")) == {"assets": []}


async def test_skipping_moderation_may_be_refused(
    ark: SignedClient, control: EmulatorControl, group_id: str, pictures: str
) -> None:
    await control.settings(moderation_skip="refused")
    answer = await ark.call(
        "CreateAsset", GroupId=group_id, URL=pictures, AssetType="Image", Moderation={"Strategy": "Skip"}
    )
    assert (answer.status, answer.code) == (403, "OperationDenied.SecureMode")


async def test_the_accounts_asset_limit_is_held_when_set(
    ark: SignedClient, control: EmulatorControl, group_id: str, pictures: str
) -> None:
    await control.settings(asset_limit=1)
    await upload(ark, group_id, pictures)
    answer = await ark.call("CreateAsset", GroupId=group_id, URL=pictures, AssetType="Image")
    assert (answer.status, answer.code) == (429, "QuotaExceeded")
