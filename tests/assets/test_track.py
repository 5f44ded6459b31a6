"""An asset's end is on record whether anybody asks for it or not, and people are never kept waiting for that."""

import asyncio
from datetime import timedelta

import msgspec

from stagedoor.emulator import RunningEmulator
from stagedoor.jobs.store import list_jobs
from tests.support.emulator import EmulatorControl
from tests.support.gateway import MODEL, Api, RunningGateway
from tests.support.story import ON_SQLITE, make_group, upload
from tests.support.validation import until


class Recorded(msgspec.Struct, frozen=True):
    status: str
    error_code: str | None


async def recorded(gateway: RunningGateway, asset_id: str) -> Recorded | None:
    """Return what is on record, without anybody looking at Ark for it."""
    sql = "SELECT status, error_code FROM assets WHERE id = :id"
    return await gateway.read(lambda tx: tx.find(Recorded, sql, id=asset_id))


async def owed(gateway: RunningGateway) -> list[str]:
    found = await gateway.read(lambda tx: list_jobs(tx, kind="track", dead=False, at_most=1000))
    return [job.key for job in found]


async def is_recorded_in_time(gateway: RunningGateway, asset_id: str, what: Recorded | None) -> bool:
    """Let time pass, but not while somebody is at work: it would end the lease under a living process."""
    at_work = await gateway.read(lambda tx: tx.number("SELECT count(started_at) FROM jobs"))
    gateway.clock.advance(timedelta(seconds=0 if at_work else 1))
    return await recorded(gateway, asset_id) == what


async def is_nothing_owed(gateway: RunningGateway) -> bool:
    return await owed(gateway) == []


async def test_a_final_state_is_on_record_although_nobody_has_asked(
    gateway: RunningGateway, api: Api, control: EmulatorControl, pictures: str
) -> None:
    group_id = await make_group(api)
    good, bad = await upload(api, group_id, pictures), await upload(api, group_id, pictures, Name="fail:FaceMismatch")
    await until(lambda: is_recorded_in_time(gateway, good, Recorded("Active", None)))
    await until(lambda: is_recorded_in_time(gateway, bad, Recorded("Failed", "FaceMismatch")))
    await until(lambda: is_nothing_owed(gateway))
    looks = await control.calls("GetAsset")
    assert {(await api.ok("GetAsset", Id=asset_id))["Status"] for asset_id in (good, bad)} == {"Active", "Failed"}
    assert await control.calls("GetAsset") == looks


async def test_the_longer_it_takes_the_less_often_ark_is_asked(
    gateway: RunningGateway, api: Api, control: EmulatorControl, pictures: str
) -> None:
    await control.settings(transition={"mode": "looks", "looks": 12})
    asset_id = await upload(api, await make_group(api), pictures)

    begun = gateway.clock.now()
    await until(lambda: is_recorded_in_time(gateway, asset_id, Recorded("Active", None)))
    assert gateway.clock.now() - begun > timedelta(seconds=30)
    assert await control.calls("GetAsset") <= 14


@ON_SQLITE
async def test_an_outage_of_ark_delays_the_state_and_loses_nothing(
    gateway: RunningGateway, api: Api, control: EmulatorControl, pictures: str
) -> None:
    asset_id = await upload(api, await make_group(api), pictures)
    await control.fault("error", "GetAsset", times=0, status=500, name="away")
    gateway.clock.advance(timedelta(seconds=2))
    await asyncio.sleep(1)
    assert await owed(gateway) == [asset_id]
    await control.ask("DELETE", "faults?name=away")

    await until(lambda: is_recorded_in_time(gateway, asset_id, Recorded("Active", None)))


@ON_SQLITE
async def test_an_asset_that_vanished_at_ark_while_processing_vanishes_here(
    gateway: RunningGateway, api: Api, control: EmulatorControl, pictures: str
) -> None:
    """Somebody deleted it in the account's own console."""
    await control.settings(transition={"mode": "looks", "looks": 1000})
    asset_id = await upload(api, await make_group(api), pictures)
    await control.reset()

    await until(lambda: is_recorded_in_time(gateway, asset_id, None))
    assert (await api.call("GetAsset", Id=asset_id)).code == "NotFound.asset_id"
    assert (await api.ok("ListAssets"))["TotalCount"] == 0


@ON_SQLITE
async def test_people_are_let_through_while_hundreds_of_assets_are_looked_after(
    gateway: RunningGateway, emulator: RunningEmulator, api: Api, control: EmulatorControl, pictures: str
) -> None:
    await control.settings(transition={"mode": "looks", "looks": 1000})
    limits = {"GetAsset": (20, 1.0), "CreateAsset": (10000, 1.0), "CreateAssetGroup": (10000, 1.0)}
    await gateway.connect(emulator, name="small", models=["small"], limits=limits)
    group_id = await make_group(api, model="small")
    ids = [await upload(api, group_id, pictures, model="small") for _ in range(60)]
    gateway.clock.advance(timedelta(seconds=30))
    loop = asyncio.get_running_loop()
    waited = []
    for asset_id in ids[:8]:
        begun = loop.time()
        assert (await api.call("GetAsset", Id=asset_id, model=MODEL)).status == 200
        waited.append(loop.time() - begun)
        await asyncio.sleep(0.2)
    assert sorted(waited)[len(waited) // 2] < 0.5
