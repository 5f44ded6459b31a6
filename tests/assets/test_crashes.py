"""kill -9 while an asset is made, or a group deleted: what is there is recorded, once, and what is gone is gone."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.counts import times
from tests.support.stage import KILLS, Stage, set_stage
from tests.support.story import make_group
from tests.support.validation import on_sqlite, until

pytestmark = pytest.mark.timeout(times(900, 7200))
UPLOADS = times(KILLS, 500)


@on_sqlite
async def test_an_asset_that_ark_has_made_is_recorded_once_although_the_process_was_killed(
    database_url: str, pictures: str, tmp_path: Path
) -> None:
    """C10: Ark has the asset; the process that asked for it dies before it writes it down."""
    async with set_stage(database_url, tmp_path, upstream_timeout=1.0, quota_wait=0.5) as stage:
        await _kill_and_count(stage, pictures)


async def _kill_and_count(stage: Stage, pictures: str) -> None:
    async with stage.process():
        group_id = await make_group(stage.api)
    fields: dict[str, Any] = {"GroupId": group_id, "URL": pictures, "AssetType": "Image"}
    names = [f"picture {number}" for number in range(UPLOADS)]
    for name in names:
        async with stage.process() as process:
            await stage.dies_at("C10", process, partial(stage.api.call, "CreateAsset", Name=name, **fields))
    async with stage.process():

        async def all_are_there() -> bool:
            return bool((await stage.api.ok("ListAssets"))["TotalCount"] == UPLOADS)

        await until(all_are_there, seconds=60)
        pages = range(1, 2 + UPLOADS // 100)
        listed = [await stage.api.ok("ListAssets", PageNumber=number, PageSize=100) for number in pages]
    assert sorted(asset["Name"] for page in listed for asset in page["Items"]) == sorted(names)
    assert await stage.control.calls("CreateAsset") == UPLOADS


@on_sqlite
async def test_a_group_whose_deletion_was_cut_off_is_gone_when_it_is_asked_for_again(
    database_url: str, pictures: str, tmp_path: Path
) -> None:
    """C12: Ark has deleted the group, and a part of our records of its assets is removed."""
    async with set_stage(database_url, tmp_path) as stage:
        for _ in range(KILLS):
            async with stage.process() as process:
                group_id = await _delete_the_rest(stage)
                for name in ("a", "b"):
                    await stage.api.ok("CreateAsset", GroupId=group_id, URL=pictures, AssetType="Image", Name=name)
                await stage.dies_at("C12", process, partial(stage.api.call, "DeleteAssetGroup", Id=group_id))
        async with stage.process():
            await _delete_the_rest(stage)
            events = (await stage.api.send("GET", "/v1/events?after=0&type=group.deleted&limit=200")).result["Items"]
            assert (await stage.api.ok("ListAssets"))["TotalCount"] == 0
    deleted = [event["Data"]["id"] for event in events]
    assert len(deleted) == len(set(deleted)) == KILLS


async def _delete_the_rest(stage: Stage) -> str:
    """Repeat the deletion that was cut off, if one was, and make a new group."""
    for group in (await stage.api.ok("ListAssetGroups"))["Items"]:
        await stage.api.ok("DeleteAssetGroup", Id=group["Id"])
    assert (await stage.api.ok("ListAssetGroups"))["Items"] == []
    return await make_group(stage.api)
