"""kill -9 in the middle of an import: every item becomes one asset, none two."""

from pathlib import Path
from typing import Any

import pytest

from tests.imports.conftest import Importer, pictures_of
from tests.support.counts import times
from tests.support.stage import KILLS, Stage, set_stage
from tests.support.story import AT_ONCE, make_group
from tests.support.validation import on_sqlite

pytestmark = pytest.mark.timeout(times(300, 3600))
ITEMS = 5
POINTS = ("I0", "I1", "C10")
"""Rows of some items are written; the library is about to be asked; it has made one, and nobody has written that down."""


@on_sqlite
async def test_an_import_that_was_killed_again_and_again_makes_every_asset_once(
    database_url: str, pictures: str, tmp_path: Path
) -> None:
    async with set_stage(database_url, tmp_path, upstream_timeout=1.0, quota_wait=0.5) as stage:
        await stage.control.settings(transition=AT_ONCE)
        for number in range(max(1, KILLS // 4)):
            await _kill_at_every_point(stage, pictures, number)


async def _kill_at_every_point(stage: Stage, pictures: str, number: int) -> None:
    whole: dict[str, Any] = {}
    group_id = ""

    async def begin() -> None:
        nonlocal group_id
        group_id = group_id or await make_group(stage.api)
        sent = await Importer(stage.api, group_id).send(
            pictures_of(ITEMS, pictures), headers={"Idempotency_Key": f"{number}"}
        )
        whole.update(sent.result)

    for point in POINTS:
        async with stage.process() as process:
            await stage.dies_at(point, process, begin)
    async with stage.process():
        await begin()
        importer = Importer(stage.api, group_id)
        ended = await importer.finish(whole["Id"], seconds=200)
        assert ended["Counts"]["Active"] == ITEMS
        assets = (await stage.api.ok("ListAssets", PageSize=100, Filter={"GroupIds": [group_id]}))["Items"]
        assert sorted(asset["Name"] for asset in assets) == [f"face {one}" for one in range(1, ITEMS + 1)]
        there = [one for one in (await stage.control.ask("GET", "assets"))["assets"] if one["GroupId"] == group_id]
        assert len(there) == ITEMS
        assert [event["Data"]["id"] for event in await importer.told_of_the_end()].count(whole["Id"]) == 1
