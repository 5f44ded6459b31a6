"""Moving in: what exists in an account becomes a tenant's, once, whole, and never at another's expense."""

import asyncio
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from stagedoor.adoption.adopt import Tally, Wanted, adopt
from stagedoor.adoption.records import Home
from stagedoor.channels.book import ChannelBook
from stagedoor.clock import MovableClock
from stagedoor.emulator import RunningEmulator
from stagedoor.errors import UpstreamRejected
from stagedoor.events.store import list_events
from stagedoor.keys.store import list_keys
from stagedoor.tenants.store import Tenant, list_tenants
from tests.support.account import Account
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway, gateway_settings
from tests.support.rows import add_rows, asset_row, group_row, only_channel
from tests.support.story import DONE, ON_SQLITE, eventually, pass_face_check

PEOPLE, CHARACTERS = 120, 105


@pytest.fixture
async def tenant(gateway: RunningGateway) -> Tenant:
    return await gateway.tenant("mover")


@pytest.fixture
async def mover(gateway: RunningGateway, tenant: Tenant) -> Api:
    return await gateway.client(tenant)


async def move_in(gateway: RunningGateway, tenant: Tenant, **wanted: Any) -> Tally:
    home = Home(tenant.id, await only_channel(gateway), wanted.pop("project", "default"))
    return await adopt(gateway.rt, ChannelBook(gateway.rt), Wanted(home, **wanted), lambda _: None)


async def owner(gateway: RunningGateway, api: Api) -> str:
    """Return the tenant of a client's key."""
    for tenant in await gateway.read(list_tenants):
        keys = await gateway.read(lambda tx, tenant_id=tenant.id: list_keys(tx, tenant_id))  # type: ignore[misc]  # bound now
        if any(key.hint == api.key[-4:] for key in keys):
            return tenant.id
    raise AssertionError


async def all_items(api: Api, action: str, group_type: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for number in range(1, 100):
        page = await api.ok(action, Filter={"GroupType": group_type}, PageNumber=number, PageSize=100, SortOrder="Asc")
        items += page["Items"]
        if len(items) >= page["TotalCount"]:
            break
    return items


@pytest.mark.parametrize("page_required", [False, True], ids=["by token", "by number"])
async def test_hundreds_of_groups_and_assets_move_in_as_they_are(
    gateway: RunningGateway,
    tenant: Tenant,
    mover: Api,
    account: Account,
    control: EmulatorControl,
    page_required: bool,
) -> None:
    await control.settings(page_required=page_required)
    people = account.add_groups(PEOPLE)
    characters = account.add_groups(CHARACTERS, "AIGC")
    assets = [asset for person in people for asset in account.add_assets(person, 2)]
    assets += account.add_assets(characters[0], 230, "AIGC")

    counted = await move_in(gateway, tenant, dry_run=True)
    assert (counted.groups_adopted, counted.assets_adopted) == (PEOPLE + CHARACTERS, len(assets))
    assert (await mover.ok("ListAssetGroups"))["TotalCount"] == 0

    tally = await move_in(gateway, tenant)
    assert (tally.groups_adopted, tally.assets_adopted) == (PEOPLE + CHARACTERS, len(assets))
    groups = await all_items(mover, "ListAssetGroups", "LivenessFace")
    assert [group["Id"] for group in groups] == people
    assert groups[0] == {
        "Id": people[0],
        "Name": "figure 1",
        "Title": "figure 1",
        "Description": "number 1",
        "GroupType": "LivenessFace",
        "ProjectName": "default",
        "CreateTime": "2026-01-01T08:01:00Z",
        "UpdateTime": "2026-01-02T08:01:00Z",
    }
    assert len(await all_items(mover, "ListAssetGroups", "AIGC")) == CHARACTERS
    listed = await all_items(mover, "ListAssets", "LivenessFace") + await all_items(mover, "ListAssets", "AIGC")
    assert {asset["Id"] for asset in listed} == set(assets)

    failed = next(asset for asset in listed if asset["Status"] == "Failed")
    assert failed["Error"] == {"Code": "FaceMismatch", "Message": "Face consistency verification failed."}
    active = next(asset for asset in listed if asset["Status"] == "Active" and asset["UpdateTime"] < "2026-03")
    shown = await mover.ok("GetAsset", Id=active["Id"])
    assert shown["URL"].startswith("http")
    assert shown["CreateTime"] < shown["UpdateTime"] < "2026-03"
    assert active["Id"] not in {call["body"]["Id"] for call in await control.ledger("GetAsset")}

    # Nothing was told about what is old; what was still in work has its job, and is told about when it is done.
    events = await gateway.read(lambda tx: list_events(tx, tenant.id, None, at_most=1000))
    assert {event.type for event in events} <= {"asset.active"}

    async def all_settled() -> bool:
        counts = Counter(asset["Status"] for asset in await all_items(mover, "ListAssets", "LivenessFace"))
        return counts["Processing"] == 0

    await eventually(all_settled, seconds=40)

    again = await move_in(gateway, tenant)
    assert (again.groups_adopted, again.assets_adopted, again.resumed) == (0, 0, False)
    assert (again.groups_known, again.assets_known) == (PEOPLE + CHARACTERS, len(assets))
    more = account.add_assets(people[3], 1)
    assert (await move_in(gateway, tenant)).assets_adopted == 1
    assert (await mover.ok("GetAsset", Id=more[0]))["GroupId"] == people[3]


async def test_what_another_tenant_owns_stays_with_it_and_is_named(
    gateway: RunningGateway, tenant: Tenant, mover: Api, api: Api, account: Account
) -> None:
    groups = account.add_groups(3)
    assets = [account.add_assets(group, 2) for group in groups]
    other, channel_id = await owner(gateway, api), await only_channel(gateway)
    await add_rows(
        gateway,
        [group_row(other, channel_id, groups[1], group_type="LivenessFace")],
        [asset_row(other, channel_id, assets[2][0], groups[2], group_type="LivenessFace")],
    )
    for dry_run in (True, False):
        tally = await move_in(gateway, tenant, dry_run=dry_run)
        assert (tally.groups_adopted, tally.groups_foreign) == (2, 1)
        assert (tally.assets_adopted, tally.assets_foreign) == (3, 1)
        assert tally.foreign == [groups[1], assets[2][0]]
    assert {group["Id"] for group in await all_items(api, "ListAssetGroups", "LivenessFace")} == {groups[1]}
    assert (await mover.call("GetAssetGroup", Id=groups[1])).status == 404
    assert (await mover.ok("ListAssets"))["TotalCount"] == 3


async def test_a_group_that_somebody_elses_face_check_may_have_earned_is_held_back(
    gateway: RunningGateway, tenant: Tenant, api: Api, account: Account, control: EmulatorControl
) -> None:
    [old] = account.add_groups(1)
    started = await api.ok("CreateVisualValidateSession", CallbackURL=DONE)
    came_back = await control.complete(started["BytedToken"])
    tally = await move_in(gateway, tenant)
    assert (tally.groups_adopted, tally.groups_held_back, len(tally.held_back)) == (1, 1, 1)
    async with api.http.get(came_back, allow_redirects=False) as response:
        assert response.status == 303
    earned = (await api.ok("GetVisualValidateResult", BytedToken=started["BytedToken"]))["GroupId"]
    assert tally.held_back == [earned]
    again = await move_in(gateway, tenant)
    assert (again.groups_known, again.foreign, again.groups_held_back) == (1, [earned], 0)
    assert old != earned


async def test_the_tenants_own_face_check_gets_the_group_that_was_adopted_meanwhile(
    gateway: RunningGateway, tenant: Tenant, mover: Api, account: Account, control: EmulatorControl
) -> None:
    started = await mover.ok("CreateVisualValidateSession", CallbackURL=DONE)
    came_back = await control.complete(started["BytedToken"])
    assert (await move_in(gateway, tenant)).groups_adopted == 1
    async with mover.http.get(came_back, allow_redirects=False) as response:
        assert response.status == 303
    earned = (await mover.ok("GetVisualValidateResult", BytedToken=started["BytedToken"]))["GroupId"]
    assert [group["Id"] for group in (await mover.ok("ListAssetGroups"))["Items"]] == [earned]
    assert (await pass_face_check(mover, control)) != earned


@ON_SQLITE
async def test_a_group_that_is_being_created_waits_for_its_owner(
    database_url: str, emulator: RunningEmulator, control: EmulatorControl, clock: MovableClock
) -> None:
    """It is in the library's list already while the answer to ① is on its way."""
    async with RunningGateway(gateway_settings(database_url, upstream_timeout=2), clock) as gateway:
        await gateway.connect(emulator)
        api, tenant = await gateway.client(), await gateway.tenant("mover")
        hold = await control.hold("CreateAssetGroup", after=True)
        creating = asyncio.create_task(api.call("CreateAssetGroup", Name="mine"))
        await hold.wait()
        adopting = asyncio.create_task(move_in(gateway, tenant))

        async def has_listed() -> bool:
            return await control.calls("ListAssetGroups") == 2

        await eventually(has_listed)
        await hold.release()
        created = (await creating).result["Id"]
        tally = await adopting
        assert (tally.groups_adopted, tally.foreign) == (0, [created])


@ON_SQLITE
async def test_a_prefix_or_a_list_of_ids_says_what_moves(
    gateway: RunningGateway, tenant: Tenant, mover: Api, account: Account, control: EmulatorControl
) -> None:
    wanted = account.add_groups(30, prefix="studio-one")
    rest = account.add_groups(3, prefix="another studio-one") + account.add_groups(2, "AIGC")
    for group in rest:
        account.add_assets(group, 1, "AIGC" if group in rest[3:] else "LivenessFace")
    tally = await move_in(gateway, tenant, name_prefix="studio-one")
    assert (tally.groups_adopted, tally.assets_adopted) == (30, 0)
    assert [group["Id"] for group in await all_items(mover, "ListAssetGroups", "LivenessFace")] == wanted
    tally = await move_in(gateway, tenant, group_ids=(rest[0], rest[4], "group-nowhere"))
    assert (tally.groups_adopted, tally.assets_adopted, tally.missing) == (2, 2, ["group-nowhere"])
    assert (await mover.ok("ListAssetGroups"))["TotalCount"] == 32


async def test_an_interrupted_run_goes_on_where_it_was(
    gateway: RunningGateway, tenant: Tenant, mover: Api, account: Account, control: EmulatorControl
) -> None:
    people = account.add_groups(250)
    assets = [asset for person in people for asset in account.add_assets(person, 1)]
    # Two pages of a hundred groups take five list calls each; the third is interrupted.
    await control.fault("error", "ListAssets", times=0, skip=11, status=403, code="LackPolicy", name="away")
    with pytest.raises(UpstreamRejected):
        await move_in(gateway, tenant)
    assert (await mover.ok("ListAssets"))["TotalCount"] == 220
    await control.ask("DELETE", "faults?name=away")
    before = await control.calls("ListAssetGroups"), await control.calls("ListAssets")
    tally = await move_in(gateway, tenant)
    assert tally.resumed
    assert (tally.groups_known, tally.assets_known, tally.assets_adopted) == (50, 20, 30)
    after = await control.calls("ListAssetGroups"), await control.calls("ListAssets")
    assert (after[0] - before[0], after[1] - before[1]) == (2, 3)
    assert {asset["Id"] for asset in await all_items(mover, "ListAssets", "LivenessFace")} == set(assets)
    assert not (await move_in(gateway, tenant)).resumed


@ON_SQLITE
async def test_two_runs_at_once_share_the_work(
    gateway: RunningGateway, tenant: Tenant, mover: Api, account: Account
) -> None:
    people = account.add_groups(110)
    assets = [asset for person in people for asset in account.add_assets(person, 1)]
    tallies = await asyncio.gather(move_in(gateway, tenant), move_in(gateway, tenant))
    assert sum(tally.groups_adopted for tally in tallies) == len(people)
    assert sum(tally.assets_adopted for tally in tallies) == len(assets)
    assert (await mover.ok("ListAssets"))["TotalCount"] == len(assets)


@ON_SQLITE
async def test_the_list_quota_is_kept_and_half_of_it_left_to_people(
    gateway: RunningGateway, tenant: Tenant, account: Account, control: EmulatorControl
) -> None:
    operator = await gateway.operator()
    limits = {"ListAssets": [20, 1], "ListAssetGroups": [20, 1]}
    await operator.send("PATCH", "/admin/v1/channels/emulator", body={"Limits": limits})
    quota = {"calls": 20, "seconds": 1}
    await control.settings(quotas=True, quota_limits={"ListAssets": quota, "ListAssetGroups": quota})
    for group in account.add_groups(3):
        account.add_assets(group, 900)
    tally = await move_in(gateway, tenant)
    assert tally.assets_adopted == 2700
    calls = await control.ledger("ListAssets")
    assert (len(calls), {call["status"] for call in calls}) == (27, {200})
    starts = sorted(_seconds(call["at"]) for call in calls)
    assert all(late - early > 0.9 for early, late in zip(starts, starts[10:], strict=False))


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


@ON_SQLITE
async def test_odd_items_are_counted_and_left(
    gateway: RunningGateway, tenant: Tenant, account: Account, mover: Api
) -> None:
    [group] = account.add_groups(1)
    account.add_assets(group, 1, name="front ~Ab3dE6g", status="Active", fate="Active")
    account.add_assets(group, 1, status="Vanishing", fate="Active", looks_left=0)
    tally = await move_in(gateway, tenant)
    assert (tally.assets_adopted, tally.assets_unreadable) == (1, 1)
    # The mark of another gateway of this kind is not the customer's.
    assert [asset["Name"] for asset in (await mover.ok("ListAssets"))["Items"]] == ["front"]


@ON_SQLITE
async def test_the_upload_in_flight_records_its_asset_itself(
    gateway: RunningGateway, tenant: Tenant, mover: Api, control: EmulatorControl, account: Account, pictures: str
) -> None:
    [group] = account.add_groups(1, "AIGC")
    await move_in(gateway, tenant)
    hold = await control.hold("CreateAsset", after=True)
    uploading = asyncio.create_task(mover.call("CreateAsset", GroupId=group, URL=pictures, AssetType="Image"))
    await hold.wait()
    tally = await move_in(gateway, tenant)
    assert (tally.assets_adopted, tally.assets_held_back) == (0, 1)
    await hold.release()
    assert (await uploading).status == 200
