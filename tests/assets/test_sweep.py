"""What was changed behind the gateway's back is noticed, without a call more than needed."""

from datetime import timedelta

import pytest

from tests.support.emulator import EmulatorControl, SignedClient
from tests.support.events import shown
from tests.support.gateway import Api, RunningGateway
from tests.support.story import AT_ONCE, make_group, upload
from tests.support.validation import until

DAY = timedelta(hours=24, seconds=1)


@pytest.fixture
async def at_once(control: EmulatorControl) -> None:
    await control.settings(transition=AT_ONCE)


async def active(api: Api, group_id: str, pictures: str) -> str:
    asset_id = await upload(api, group_id, pictures)
    assert (await api.ok("GetAsset", Id=asset_id))["Status"] == "Active"
    return asset_id


async def has(api: Api, *asset_ids: str) -> bool:
    """Tell whether the list, which is answered from our own rows, holds these assets and no others."""
    listed = await api.ok("ListAssets")
    return {asset["Id"] for asset in listed["Items"]} == set(asset_ids) and listed["TotalCount"] == len(asset_ids)


async def no_group(api: Api) -> bool:
    return bool((await api.ok("ListAssetGroups"))["TotalCount"] == 0)


@pytest.mark.usefixtures("at_once")
async def test_an_asset_deleted_in_the_console_is_forgotten_within_a_day_and_the_others_stay(
    gateway: RunningGateway, api: Api, console: SignedClient, pictures: str
) -> None:
    group_id = await make_group(api)
    deleted, kept = await active(api, group_id, pictures), await active(api, group_id, pictures)
    await console.ok("DeleteAsset", Id=deleted)
    assert await has(api, deleted, kept)
    gateway.clock.advance(DAY)
    await until(lambda: has(api, kept))
    await shown(gateway)
    events = (await api.send("GET", "/v1/events?type=asset.deleted")).result["Items"]
    assert [event["Data"]["id"] for event in events] == [deleted]


@pytest.mark.usefixtures("at_once")
async def test_a_group_deleted_in_the_console_is_forgotten_with_its_assets(
    gateway: RunningGateway, api: Api, console: SignedClient, pictures: str
) -> None:
    group_id = await make_group(api)
    asset_id = await active(api, group_id, pictures)
    await console.ok("DeleteAssetGroup", Id=group_id)
    assert await has(api, asset_id)
    gateway.clock.advance(DAY)
    await until(lambda: no_group(api))
    assert await has(api)


@pytest.mark.usefixtures("at_once")
async def test_a_group_nobody_touched_costs_one_call_a_day(
    gateway: RunningGateway, api: Api, control: EmulatorControl, pictures: str
) -> None:
    group_id = await make_group(api)
    asset_id = await active(api, group_id, pictures)
    for day in (1, 2):
        gateway.clock.advance(DAY)
        await until(lambda day=day: _listed(control, day))  # type: ignore[misc]  # bound now
    assert await has(api, asset_id)
    assert await control.calls("GetAssetGroup") == 0


async def _listed(control: EmulatorControl, times: int) -> bool:
    return await control.calls("ListAssets") == times


@pytest.mark.usefixtures("at_once")
async def test_nothing_is_forgotten_while_ark_cannot_be_asked(
    gateway: RunningGateway, api: Api, control: EmulatorControl, pictures: str
) -> None:
    group_id = await make_group(api)
    asset_id = await active(api, group_id, pictures)
    for kind in ("error", "html", "empty"):
        await control.fault(kind, "ListAssets", times=0, name="away")
        calls = await control.calls("ListAssets")
        gateway.clock.advance(DAY)
        await until(lambda calls=calls: _listed_more(control, calls))  # type: ignore[misc]  # bound now
        await control.ask("DELETE", "faults?name=away")
    assert await has(api, asset_id)


async def _listed_more(control: EmulatorControl, calls: int) -> bool:
    return await control.calls("ListAssets") > calls
