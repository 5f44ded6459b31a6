"""kill -9 while an asset is made: it is there once, and recorded, whoever asked for it."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.stage import KILLS, Stage, set_stage
from tests.support.story import make_group
from tests.support.validation import on_sqlite, until

pytestmark = pytest.mark.timeout(900)


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
    names = [f"picture {number}" for number in range(KILLS)]
    for name in names:
        async with stage.process() as process:
            await stage.dies_at("C10", process, partial(stage.api.call, "CreateAsset", Name=name, **fields))
    async with stage.process():

        async def all_are_there() -> bool:
            return bool((await stage.api.ok("ListAssets"))["TotalCount"] == KILLS)

        await until(all_are_there, seconds=60)
        listed = await stage.api.ok("ListAssets", PageNumber=1, PageSize=100)
    assert sorted(asset["Name"] for asset in listed["Items"]) == sorted(names)
    assert await stage.control.calls("CreateAsset") == KILLS
