"""All twelve operations, typed, through the deployed gateway."""

import asyncio

import pytest

from stagedoor.contract.operations import OPERATIONS
from stagedoor_client import Check, NotFound, ValidateFailed, ValidatePending
from stagedoor_client.operations import THE_TWELVE
from tests.client.faces import Face
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api
from tests.support.story import AT_ONCE, DONE, ON_SQLITE
from tests.support.validation import browse


async def pass_check(face: Face, control: EmulatorControl, api: Api, outcome: str = "pass") -> Check:
    check: Check = await face.call("start_check", DONE, language="en")
    await browse(api, await control.complete(check.byted_token, outcome))
    return check


async def test_a_person_becomes_an_asset_that_can_be_used(
    face: Face, control: EmulatorControl, api: Api, pictures: str
) -> None:
    await control.settings(transition=AT_ONCE)
    check = await pass_check(face, control, api)
    assert check.callback_url == DONE
    assert check.session_id.startswith("vs_")
    group = await face.call("exchange", check)
    assert group.group_type == "LivenessFace"
    assert await face.call("exchange", check.byted_token) == group

    made = await face.call("create_asset", group.group_id, f"{pictures}face.jpg", name="portrait")
    assert (made.group_id, made.asset_type, made.name) == (group.group_id, "Image", "portrait")
    asset = await face.call("get_asset", made.id, headers={"Cache-Control": "no-cache"})
    assert asset.is_active
    assert asset.url.startswith("http")
    assert asset.reference == f"asset://{made.id}"
    assert asset.create_time.tzinfo is not None
    assert asset.raw["Status"] == "Active"

    assert (await face.call("update_asset", asset.id, name="lead")).name == "lead"
    page = await face.call("list_assets", group_ids=[group.group_id], statuses=("Active",), page_size=5)
    assert [item.id for item in page] == [asset.id]
    assert (page.total_count, page.page_number, page.page_size) == (1, 1, 5)
    deleted = await face.call("delete_asset", asset.id)
    assert deleted.response.status == 200
    with pytest.raises(NotFound) as caught:
        await face.call("get_asset", asset.id)
    assert caught.value.code == "NotFound.asset_id"


@ON_SQLITE
async def test_a_group_is_made_found_changed_and_deleted(face: Face) -> None:
    group = await face.call("create_group", "hero", description="the lead", extra={"NotKnownYet": 1})
    assert (group.name, group.description, group.group_type) == ("hero", "the lead", "AIGC")
    assert group.response.headers["x-request-id"] == group.response.request_id
    assert await face.call("get_group", group.id) == group
    renamed = await face.call("update_group", group.id, name="villain")
    assert (renamed.id, renamed.name, renamed.description) == (group.id, "villain", "the lead")
    assert [item.id for item in await face.call("list_groups", name="vill", group_type="AIGC")] == [group.id]
    await face.call("delete_group", group.id)
    assert len(await face.call("list_groups")) == 0


@ON_SQLITE
async def test_what_becomes_of_a_token_has_an_error_of_its_own(face: Face, control: EmulatorControl, api: Api) -> None:
    check = await face.call("start_check", DONE)
    with pytest.raises(ValidatePending) as pending:
        await face.call("exchange", check)
    assert pending.value.retry == "same_request"
    check = await pass_check(face, control, api, "fail")
    with pytest.raises(ValidateFailed) as failed:
        await face.call("exchange", check)
    assert (failed.value.status, failed.value.retry) == (422, "new_session")


@ON_SQLITE
async def test_iterators_fetch_page_after_page(face: Face, control: EmulatorControl) -> None:
    names = [f"g{number:03}" for number in range(103)]
    await asyncio.gather(*(face.call("create_group", name) for name in names))
    found = [group.name for group in await face.all("iter_groups", sort_order="Asc")]
    assert sorted(found) == names
    assert [group.name for group in await face.all("iter_groups", sort_order="Asc", at_most=2)] == found[:2]
    assert await face.all("iter_assets") == []


def test_the_table_is_that_of_the_contract() -> None:
    assert [(one.method, one.path) for one in THE_TWELVE] == [(one.method, one.path) for one in OPERATIONS]
    assert [one.kind == "creates" for one in THE_TWELVE] == [one.creates for one in OPERATIONS]
    assert [one.kind == "reads" for one in THE_TWELVE] == [one.reads for one in OPERATIONS]
