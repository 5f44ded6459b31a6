"""A gateway of this dialect as the upstream of another: the whole story through both."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from stagedoor.adoption.adopt import Wanted, adopt
from stagedoor.adoption.records import Home
from stagedoor.channels.book import ChannelBook
from stagedoor.channels.edit import NewChannel, create_channel
from stagedoor.clock import MovableClock
from stagedoor.contract.operations import BY_ACTION
from tests.support.clock import StoppedClock
from tests.support.databases import fresh_sqlite
from tests.support.emulator import EmulatorControl
from tests.support.gateway import FAST_MODEL, Api, RunningGateway, gateway_settings
from tests.support.rows import only_channel
from tests.support.story import AT_ONCE, DONE, eventually, pass_face_check, upload

REFRESHED = timedelta(seconds=1.5)
PUBLIC_URL = "https://cdn.example.com/face.jpg"


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


def reseller(gateway: RunningGateway, key: str) -> NewChannel:
    return NewChannel(
        name="reseller",
        kind="dialect",
        endpoint=gateway.url,
        api_key=key,
        models=[FAST_MODEL],
        limits=dict.fromkeys(BY_ACTION, (10000, 1.0)),
    )


@pytest.fixture
async def front(
    gateway: RunningGateway, sqlite_template: Path, tmp_path: Path, clock: StoppedClock
) -> AsyncIterator[RunningGateway]:
    """Yield a gateway whose only channel is the other gateway."""
    folder = tmp_path / "front"
    folder.mkdir()
    async with RunningGateway(gateway_settings(fresh_sqlite(sqlite_template, folder)), clock) as running:
        await create_channel(running.rt, reseller(gateway, (await gateway.client()).key))
        clock.advance(REFRESHED)
        yield running


@pytest.fixture
async def front_api(front: RunningGateway) -> Api:
    return await front.client()


async def follow(api: Api, url: str) -> str:
    async with api.http.get(url, allow_redirects=False) as response:
        assert response.status == 303
        return response.headers["location"]


async def test_the_whole_story_through_two_gateways(
    front_api: Api, gateway: RunningGateway, control: EmulatorControl, clock: StoppedClock
) -> None:
    api = front_api
    await control.settings(transition=AT_ONCE)

    async def call(action: str, **fields: object) -> dict[str, object]:
        answer = await api.call(action, headers=None, **{"model": FAST_MODEL, **fields})
        assert answer.metadata["Action"] == action
        return answer.result

    started = await call("CreateVisualValidateSession", CallbackURL=DONE, Lng="zh-Hant")
    assert "lng=zh-Hant" in str(started["H5Link"])
    token = str(started["BytedToken"])
    early = await api.call("GetVisualValidateResult", BytedToken=token, model=FAST_MODEL)
    assert (early.status, early.code) == (409, "ValidatePending")
    at_gateway = await control.complete(token)
    assert at_gateway.startswith(f"{gateway.url}/cb/")
    at_front = await follow(api, at_gateway)
    assert at_front.startswith(f"{api.url}/cb/")
    assert (await follow(api, at_front)).startswith(f"{DONE}?bytedToken={token}&resultCode=10000")
    person = await call("GetVisualValidateResult", BytedToken=token)
    assert person["GroupType"] == "LivenessFace"
    assert await control.calls("GetVisualValidateResult") == 1

    group = await call("CreateAssetGroup", Name="figures", Description="d")
    assert (await call("UpdateAssetGroup", Id=group["Id"], Name="renamed"))["Description"] == "d"
    listed = await call("ListAssetGroups", SortOrder="Asc")
    assert [item["Id"] for item in listed["Items"]] == sorted([person["GroupId"], group["Id"]])  # type: ignore[attr-defined,type-var]  # JSON
    asset = await call("CreateAsset", GroupId=person["GroupId"], URL=PUBLIC_URL, AssetType="Image", Name="first")
    assert asset["Status"] == "Processing"
    failed = await call("GetAsset", Id=asset["Id"])
    # The emulator fetches from this machine only, so this upload fails: with Ark's own words, two gateways away.
    assert failed["Error"] == {"Code": "DownloadFailed", "Message": "The file could not be downloaded from the URL."}
    assert (await call("UpdateAsset", Id=asset["Id"], Name="second"))["Name"] == "second"
    assert (await call("ListAssets", Filter={"Statuses": ["Failed"]}))["TotalCount"] == 1
    await call("DeleteAsset", Id=asset["Id"])
    await call("DeleteAssetGroup", Id=group["Id"])
    await call("DeleteAssetGroup", Id=person["GroupId"])
    assert (await call("ListAssetGroups"))["TotalCount"] == 0
    assert (await control.ask("GET", "groups"))["groups"] == []
    for entry in await control.ledger():
        assert "model" not in entry["body"]


async def test_a_refused_key_of_the_other_gateway_is_ours_and_not_the_tenants(
    front_api: Api, gateway: RunningGateway, front: RunningGateway
) -> None:
    operator = await front.operator()
    change = {"Credentials": {"ApiKey": "sd_live_canary"}}
    assert (await operator.send("PATCH", "/admin/v1/channels/reseller", body=change)).status == 200
    front.clock.advance(REFRESHED)
    answer = await front_api.call("CreateAssetGroup", Name="a", model=FAST_MODEL)
    assert (answer.status, answer.code) == (502, "UpstreamRejected")
    assert b"canary" not in answer.body
    assert gateway.url.encode() not in answer.body


async def test_loopback_is_no_public_address_for_another_gateway(front_api: Api, pictures: str) -> None:
    group = await front_api.ok("CreateAssetGroup", Name="a", model=FAST_MODEL)
    answer = await front_api.call("CreateAsset", GroupId=group["Id"], URL=pictures, AssetType="Image", model=FAST_MODEL)
    assert answer.code == "InvalidParameter.URL"


async def test_what_was_made_at_a_reseller_is_taken_over_and_goes_on_under_the_same_ids(
    gateway: RunningGateway, sqlite_template: Path, tmp_path: Path, control: EmulatorControl, pictures: str
) -> None:
    """The page on moving away from a reseller promises it: new base URL, old ids, no second face check."""
    await control.settings(transition=AT_ONCE)
    before = await gateway.client()
    person = await pass_face_check(before, control)
    asset = await upload(before, person, f"{pictures}face.jpg")
    folder = tmp_path / "own"
    folder.mkdir()
    async with RunningGateway(gateway_settings(fresh_sqlite(sqlite_template, folder)), MovableClock()) as own:
        await create_channel(own.rt, reseller(gateway, before.key))
        tenant = await own.tenant()
        home = Home(tenant.id, await only_channel(own), "default")
        tally = await adopt(own.rt, ChannelBook(own.rt), Wanted(home), lambda _: None)
        assert (tally.groups_adopted, tally.assets_adopted) == (1, 1)
        after = await own.client(tenant)
        assert (await after.call("GetAssetGroup", Id=person, model=FAST_MODEL)).result["GroupType"] == "LivenessFace"

        async def is_active() -> bool:
            return bool((await after.call("GetAsset", Id=asset, model=FAST_MODEL)).result["Status"] == "Active")

        await eventually(is_active)
