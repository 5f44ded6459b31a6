"""A thousand items hold up nobody: neither who writes meanwhile, nor who uploads, nor the account's own limit."""

import asyncio
import time
from datetime import datetime
from functools import partial

import pytest

from stagedoor.contract.operations import BY_ACTION
from stagedoor.emulator import RunningEmulator
from stagedoor.imports.store import remove_old_imports
from tests.imports.conftest import PATH, Importer, pictures_of
from tests.quotas.test_upstream import most_in_a_period
from tests.support.emulator import EmulatorControl
from tests.support.gateway import RunningGateway
from tests.support.story import AT_ONCE, ON_SQLITE, eventually, make_group, upload

FEW = {"CreateAsset": (10, 1.0)}


async def test_a_thousand_items_are_taken_over_at_once_and_hold_up_no_writer(
    importer: Importer, control: EmulatorControl
) -> None:
    hold = await control.hold("CreateAsset")
    begun = time.perf_counter()
    import_id = await importer.begin(pictures_of(1000, "https://never.example/a/rather/long/path/"))
    assert time.perf_counter() - begun < 3
    slowest = 0.0

    async def is_laid_out() -> bool:
        nonlocal slowest
        begun = time.perf_counter()
        await make_group(importer.api)
        slowest = max(slowest, time.perf_counter() - begun)
        return len(await importer.items(import_id, "after=999")) == 1

    await eventually(is_laid_out, seconds=20)
    assert slowest < 1
    await importer.api.send("POST", f"{PATH}/{import_id}/cancel")
    await hold.release()
    whole = await importer.finish(import_id)
    assert whole["Counts"]["Cancelled"] >= 992


@pytest.mark.alone
@ON_SQLITE
async def test_an_import_stays_within_the_limit_and_lets_people_through(
    gateway: RunningGateway, emulator: RunningEmulator, control: EmulatorControl, pictures: str
) -> None:
    few = {name: {"calls": calls, "seconds": seconds} for name, (calls, seconds) in FEW.items()}
    await control.settings(quotas=True, quota_limits=few, transition=AT_ONCE)
    limits = dict.fromkeys(BY_ACTION, (10000, 1.0)) | FEW
    await gateway.connect(emulator, name="limited", models=["limited"], limits=limits)
    api = await gateway.client()
    importer = Importer(api, await make_group(api, model="limited"))
    import_id = await importer.begin(pictures_of(20, pictures), model="limited")
    waits = []
    for _ in range(8):
        await asyncio.sleep(0.3)
        begun = time.perf_counter()
        await upload(api, importer.group_id, pictures, model="limited")
        waits.append(time.perf_counter() - begun)
    assert max(waits) < 2
    whole = await importer.finish(import_id)
    assert whole["Counts"]["Active"] == 20
    calls = await control.ledger("CreateAsset")
    assert [call["status"] for call in calls] == [200] * 28
    moments = [datetime.fromisoformat(call["at"]).timestamp() for call in calls]
    assert most_in_a_period(moments, FEW["CreateAsset"][1]) <= FEW["CreateAsset"][0]


@ON_SQLITE
async def test_old_imports_go_piece_by_piece(importer: Importer, gateway: RunningGateway) -> None:
    import_id = await importer.begin(pictures_of(5, "ftp://files.example/"))
    await importer.finish(import_id)
    before = gateway.rt.clock.now()
    removed = [await gateway.rt.db.write(partial(remove_old_imports, before=before, at_most=3)) for _ in range(4)]
    assert removed == [3, 2, 1, 0]
    assert (await importer.api.send("GET", f"{PATH}/{import_id}")).code == "NotFound.import_id"
