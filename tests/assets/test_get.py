"""⑧ Get an asset: final states from our record, everything else from a look that is a second old at most."""

import asyncio

import pytest

from stagedoor.emulator.failures import FAILURE_MESSAGES
from tests.support.clock import StoppedClock
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway
from tests.support.story import AT_ONCE, ON_SQLITE, answered, make_group, pass_face_check, upload

HOUR = 3600.0


@pytest.fixture
async def group_id(api: Api, control: EmulatorControl) -> str:
    await control.settings(transition=AT_ONCE)
    return await make_group(api)


async def time_passes(clock: StoppedClock, control: EmulatorControl, seconds: float) -> None:
    """Move the gateway's clock and the emulator's, by which it prints times and judges signatures."""
    skew = (await control.ask("GET", "settings"))["clock_skew_seconds"]
    clock.pass_seconds(seconds)
    await control.advance(seconds)
    await control.settings(clock_skew_seconds=skew + seconds)


async def looks(control: EmulatorControl) -> int:
    return len(await answered(control, "GetAsset"))


async def test_a_final_state_is_answered_without_asking_ark(
    api: Api, control: EmulatorControl, pictures: str, clock: StoppedClock, group_id: str
) -> None:
    good, bad = await upload(api, group_id, pictures), await upload(api, group_id, pictures, Name="fail:FpsTooLow")
    assert (await api.ok("GetAsset", Id=good))["Status"] == "Active"
    assert (await api.ok("GetAsset", Id=bad))["Status"] == "Failed"
    first = await api.ok("GetAsset", Id=good), await api.ok("GetAsset", Id=bad)
    for _ in range(3):
        clock.pass_seconds(600)
        assert (await api.ok("GetAsset", Id=good), await api.ok("GetAsset", Id=bad)) == first
    assert await control.calls("GetAsset") == 2
    async with api.http.get(first[0]["URL"]) as response:
        assert response.status == 200
    assert "Error" not in first[0]
    assert "URL" not in first[1]


async def test_processing_costs_one_look_a_second_however_many_ask(
    api: Api, control: EmulatorControl, pictures: str, clock: StoppedClock
) -> None:
    await control.settings(transition={"mode": "after", "seconds": 3600})
    asset_id = await upload(api, await make_group(api), pictures)
    for expected in (1, 2, 3):
        held = await control.hold("GetAsset")
        crowd = [asyncio.create_task(api.ok("GetAsset", Id=asset_id)) for _ in range(100)]
        await held.wait()
        await held.release()
        answers = await asyncio.gather(*crowd)
        assert {answer["Status"] for answer in answers} == {"Processing"}
        await api.ok("GetAsset", Id=asset_id)
        await api.call("GetAsset", Id=asset_id, headers={"cache_control": "no-cache"})
        assert await control.calls("GetAsset") == expected
        clock.pass_seconds(1)


async def test_the_end_of_processing_is_seen_a_second_later_at_most(
    api: Api, control: EmulatorControl, pictures: str, clock: StoppedClock
) -> None:
    await control.settings(transition={"mode": "looks", "looks": 2})
    asset_id = await upload(api, await make_group(api), pictures)
    seen = []
    for _ in range(4):
        seen.append((await api.ok("GetAsset", Id=asset_id))["Status"])
        clock.pass_seconds(1)
    assert seen == ["Processing", "Processing", "Active", "Active"]
    assert await control.calls("GetAsset") == 3


async def test_a_list_looks_at_what_is_processing_for_the_next_reader(
    api: Api, gateway: RunningGateway, control: EmulatorControl, pictures: str, group_id: str
) -> None:
    asset_id = await upload(api, group_id, pictures)
    held = await control.hold("GetAsset")
    [item] = (await api.ok("ListAssets"))["Items"]
    assert item["Status"] == "Processing"
    await held.wait()
    await held.release()
    assert (await api.ok("GetAsset", Id=asset_id))["Status"] == "Active"
    [item] = (await api.ok("ListAssets"))["Items"]
    assert item["Status"] == "Active"
    assert await control.calls("GetAsset") == 1


async def test_the_address_is_renewed_when_less_than_an_hour_of_it_is_left(
    api: Api, control: EmulatorControl, pictures: str, clock: StoppedClock, group_id: str
) -> None:
    asset_id = await upload(api, group_id, pictures)
    first = (await api.ok("GetAsset", Id=asset_id))["URL"]
    await time_passes(clock, control, 10.9 * HOUR)
    assert (await api.ok("GetAsset", Id=asset_id))["URL"] == first
    assert await looks(control) == 1
    await time_passes(clock, control, 0.2 * HOUR)
    second = (await api.ok("GetAsset", Id=asset_id))["URL"]
    assert second != first
    assert (await api.ok("GetAsset", Id=asset_id))["URL"] == second
    assert await looks(control) == 2
    async with api.http.get(second) as response:
        assert response.status == 200


@ON_SQLITE
async def test_the_old_address_serves_while_ark_is_down_for_as_long_as_it_is_good(
    api: Api, control: EmulatorControl, pictures: str, clock: StoppedClock, group_id: str
) -> None:
    asset_id = await upload(api, group_id, pictures)
    first = await api.ok("GetAsset", Id=asset_id)
    await time_passes(clock, control, 11.5 * HOUR)
    await control.fault("error", "GetAsset", times=0, code="ServiceUnavailableTemp")
    assert await api.ok("GetAsset", Id=asset_id) == first
    forced = await api.call("GetAsset", Id=asset_id, headers={"cache_control": "no-cache"})
    assert forced.status in {502, 503}
    await time_passes(clock, control, 0.6 * HOUR)
    assert await api.ok("GetAsset", Id=asset_id) == {name: value for name, value in first.items() if name != "URL"}


async def test_no_cache_forces_a_look_at_what_is_final(
    api: Api, control: EmulatorControl, pictures: str, group_id: str
) -> None:
    asset_id = await upload(api, group_id, pictures)
    await api.ok("GetAsset", Id=asset_id)
    for expected in (2, 3):
        fresh = await api.call("GetAsset", Id=asset_id, headers={"cache_control": "no-cache"})
        assert fresh.result["Status"] == "Active"
        assert await control.calls("GetAsset") == expected
    await control.reset()
    gone = await api.call("GetAsset", Id=asset_id, headers={"cache_control": "no-cache"})
    assert (gone.status, gone.code) == (404, "NotFound.asset_id")


@ON_SQLITE
async def test_trouble_while_looking_is_named_and_passes(
    api: Api, control: EmulatorControl, pictures: str, group_id: str
) -> None:
    asset_id = await upload(api, group_id, pictures)
    await control.fault("error", "GetAsset", times=4, code="ServiceUnavailableTemp")
    answer = await api.call("GetAsset", Id=asset_id)
    assert (answer.status, answer.code, answer.error["Retry"]) == (502, "UpstreamFailed", "later")
    assert (await api.ok("GetAsset", Id=asset_id))["Status"] == "Active"


@ON_SQLITE
async def test_a_look_is_repeated_over_a_passing_trouble(
    api: Api, control: EmulatorControl, pictures: str, group_id: str
) -> None:
    for kind in ("reset_before", "reset_after", "truncate", "html", "error"):
        asset_id = await upload(api, group_id, pictures)
        before = await control.calls("GetAsset")
        await control.fault(kind, "GetAsset")
        assert (await api.ok("GetAsset", Id=asset_id))["Status"] == "Active"
        assert await control.calls("GetAsset") == before + 2


@ON_SQLITE
async def test_every_known_failure_arrives_with_its_code_and_message(
    api: Api, control: EmulatorControl, pictures: str, group_id: str
) -> None:
    codes = {**FAILURE_MESSAGES, "SomethingNew": "The asset failed with a code that was ordered."}
    assert len(codes) > 30
    for code, message in codes.items():
        asset_id = await upload(api, group_id, pictures, Name=f"fail:{code}")
        failed = await api.ok("GetAsset", Id=asset_id)
        assert (failed["Status"], failed["Error"]) == ("Failed", {"Code": code, "Message": message})
    listed = (await api.ok("ListAssets", PageSize=100, Filter={"Statuses": ["Failed"]}))["Items"]
    assert {item["Error"]["Code"] for item in listed} == set(codes)


@ON_SQLITE
async def test_another_persons_face_fails_in_a_real_persons_group_only(
    api: Api, control: EmulatorControl, pictures: str, group_id: str
) -> None:
    persons = await pass_face_check(api, control)
    wrong = await upload(api, persons, f"{pictures}mismatch.jpg")
    assert (await api.ok("GetAsset", Id=wrong))["Error"] == {
        "Code": "FaceMismatch",
        "Message": "Face consistency verification failed.",
    }
    for group, url in ((persons, f"{pictures}face.jpg"), (group_id, f"{pictures}mismatch.jpg")):
        assert (await api.ok("GetAsset", Id=await upload(api, group, url)))["Status"] == "Active"
