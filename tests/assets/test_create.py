"""⑥ Upload an asset by URL."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

from stagedoor.clock import to_iso
from stagedoor.emulator import RunningEmulator
from stagedoor.jobs.store import list_jobs
from tests.support.clock import StoppedClock
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway
from tests.support.story import ON_SQLITE, eventually, held_call, make_group, upload
from tests.support.validation import until


@ON_SQLITE
async def test_a_private_address_reaches_an_emulator_but_never_an_ark_account(
    gateway: RunningGateway, emulator: RunningEmulator, control: EmulatorControl, pictures: str
) -> None:
    await gateway.connect(emulator, name="real", kind="ark", models=["real-model"])
    api = await gateway.client()
    of_emulator, of_ark = await make_group(api), await make_group(api, model="real-model")
    await upload(api, of_emulator, pictures)
    spent = await control.calls("CreateAsset")
    answer = await api.call("CreateAsset", GroupId=of_ark, URL=pictures, AssetType="Image")
    assert (answer.status, answer.code) == (400, "InvalidParameter.URL")
    for api_call in (
        api.call("CreateAsset", GroupId=of_emulator, URL="data:image/png;base64,AA==", AssetType="Image"),
        api.call("CreateAsset", GroupId=of_emulator, URL="http://a:b@127.0.0.1/", AssetType="Image"),
    ):
        assert (await api_call).code == "InvalidParameter.URL"
    assert await control.calls("CreateAsset") == spent


async def test_a_new_asset_is_answered_whole_and_nothing_but_official_fields_go_upstream(
    api: Api, control: EmulatorControl, pictures: str, clock: StoppedClock
) -> None:
    group_id = await make_group(api)
    fields: dict[str, Any] = {"Name": "正面 🎭", "Moderation": {"Strategy": "Skip"}}
    created = await api.ok(
        "CreateAsset", GroupId=group_id, URL=f"{pictures}a.jpg", AssetType="Image", Colour="red", **fields
    )
    assert created == {
        "Id": created["Id"],
        "GroupId": group_id,
        "AssetType": "Image",
        "Status": "Processing",
        "ProjectName": "default",
        "CreateTime": to_iso(clock.now()),
        "UpdateTime": to_iso(clock.now()),
        **fields,
    }
    [call] = await control.ledger("CreateAsset")
    sent = {name: value for name, value in call["body"].items() if name != "URL"}
    name, _, mark = sent.pop("Name").partition(" ~")
    assert (name, len(mark)) == (fields.pop("Name"), 7)
    assert sent == {"GroupId": group_id, "AssetType": "Image", "ProjectName": "default", **fields}


@ON_SQLITE
async def test_fields_of_an_upload_are_checked_before_a_call_is_spent(
    api: Api, control: EmulatorControl, pictures: str
) -> None:
    good: dict[str, Any] = {"GroupId": await make_group(api), "URL": pictures, "AssetType": "Image"}
    for character in ("a", "影", "🎭"):
        assert (await api.ok("CreateAsset", **good, Name=character * 64))["Name"] == character * 64
    spent = await control.calls("CreateAsset")
    refusals: list[tuple[dict[str, Any], int, str]] = [
        ({"Name": "影" * 65}, 400, "InvalidParameter.Name"),
        ({"AssetType": "image"}, 400, "InvalidParameter.AssetType"),
        ({"AssetType": "Text"}, 400, "InvalidParameter.AssetType"),
        ({"URL": ""}, 400, "InvalidParameter.URL"),
        ({"URL": "https://cdn.example.com/" + "a" * 4096}, 400, "InvalidParameter.URL"),
        ({"Moderation": {"Strategy": "skip"}}, 400, "InvalidParameter.Moderation.Strategy"),
        ({"GroupId": "group-20260601191715-aaaaa"}, 404, "NotFound.group_id"),
        ({"ProjectName": "elsewhere"}, 404, "NotFound.group_id"),
    ]
    for wrong, status, code in refusals:
        answer = await api.call("CreateAsset", **{**good, **wrong})
        assert (answer.status, answer.code) == (status, code), wrong
    for missing in good:
        answer = await api.call("CreateAsset", **{name: value for name, value in good.items() if name != missing})
        assert (answer.status, answer.code) == (400, f"MissingParameter.{missing}")
    assert await control.calls("CreateAsset") == spent


@ON_SQLITE
async def test_what_ark_refuses_at_once_is_passed_on_in_its_own_words(
    api: Api, control: EmulatorControl, pictures: str
) -> None:
    group_id = await make_group(api)
    await control.fault(
        "error",
        "CreateAsset",
        status=400,
        code="InvalidParameter.WidthTooSmall",
        message="Width must be 300px to 6000px.",
    )
    answer = await api.call("CreateAsset", GroupId=group_id, URL=pictures, AssetType="Image")
    assert (answer.status, answer.code) == (400, "InvalidParameter.WidthTooSmall")
    assert answer.error["Message"] == "Width must be 300px to 6000px."
    assert answer.error["Retry"] == "never"
    assert (await api.ok("ListAssets"))["Items"] == []


async def test_an_upload_whose_answer_is_lost_is_found_by_its_mark_and_never_sent_again(
    api: Api, control: EmulatorControl, pictures: str
) -> None:
    group_id = await make_group(api)
    for number, kind in enumerate(("reset_after", "truncate", "html", "error"), 1):
        await control.fault(kind, "CreateAsset", after=True)
        asset_id = await upload(api, group_id, pictures, Name=f"picture {number}")
        assert (await api.ok("GetAsset", Id=asset_id))["Name"] == f"picture {number}"
        assert await control.calls("CreateAsset") == number
    assert (await api.ok("ListAssets"))["TotalCount"] == 4


async def test_an_upload_that_cannot_be_found_at_once_is_recorded_when_it_can(
    gateway: RunningGateway, api: Api, control: EmulatorControl, pictures: str
) -> None:
    group_id = await make_group(api)
    await control.fault("reset_after", "CreateAsset")
    await control.fault("error", "ListAssets", times=0, status=500, name="away")
    answer = await api.call("CreateAsset", GroupId=group_id, URL=pictures, AssetType="Image", Name="portrait")
    assert (answer.status, answer.code, answer.error["Retry"]) == (504, "OutcomeUnknown", "never")
    await control.ask("DELETE", "faults?name=away")
    gateway.clock.advance(timedelta(minutes=1))

    async def listed() -> list[dict[str, Any]]:
        return (await api.ok("ListAssets"))["Items"]  # type: ignore[no-any-return]  # JSON

    await until(lambda: _any(listed()))
    [asset] = await listed()
    assert (asset["Name"], asset["GroupId"], asset["AssetType"]) == ("portrait", group_id, "Image")
    assert await control.calls("CreateAsset") == 1


async def _any(items: Awaitable[list[dict[str, Any]]]) -> bool:
    return bool(await items)


async def test_an_upload_that_never_arrived_is_not_looked_for_for_ever(
    gateway: RunningGateway, api: Api, control: EmulatorControl, pictures: str
) -> None:
    group_id = await make_group(api)
    await control.fault("reset_before", "CreateAsset")
    answer = await api.call("CreateAsset", GroupId=group_id, URL=pictures, AssetType="Image")
    assert (answer.status, answer.code) == (504, "OutcomeUnknown")

    async def given_up() -> bool:
        jobs = await gateway.read(lambda tx: list_jobs(tx, kind="upload", dead=False, at_most=10))
        if all(job.started_at is None for job in jobs):  # a leap of time would end the lease of one that is at work
            gateway.clock.advance(timedelta(seconds=30))
        return not jobs

    await until(given_up)
    assert (await api.ok("ListAssets"))["TotalCount"] == 0
    assert await control.calls("CreateAsset") == 1


@ON_SQLITE
async def test_an_upload_that_ark_has_no_room_for_is_the_callers_to_repeat(
    api: Api, control: EmulatorControl, pictures: str
) -> None:
    group_id = await make_group(api)
    await control.fault("rate_limited", "CreateAsset")
    answer = await api.call("CreateAsset", GroupId=group_id, URL=pictures, AssetType="Image")
    assert answer.code == "FlowLimitExceeded"
    assert int(answer.headers["retry-after"]) >= 1
    await upload(api, group_id, pictures)


async def test_an_upload_into_a_group_that_is_deleted_meanwhile_leaves_nothing_behind(
    api: Api, control: EmulatorControl, pictures: str
) -> None:
    group_id = await make_group(api)
    held = await control.hold("CreateAsset", after=True)
    uploading = api.call("CreateAsset", GroupId=group_id, URL=pictures, AssetType="Image")
    async with held_call(held, uploading) as upload_task:
        await api.ok("DeleteAssetGroup", Id=group_id)
    answer = await upload_task
    assert (answer.status, answer.code) == (404, "NotFound.group_id")
    assert (await api.ok("ListAssets"))["TotalCount"] == 0
    assert (await control.ask("GET", "assets"))["assets"] == []


async def test_a_caller_that_hangs_up_during_an_upload_still_owns_the_asset(
    api: Api, control: EmulatorControl, pictures: str
) -> None:
    group_id = await make_group(api)
    held = await control.hold("CreateAsset", after=True)
    impatient = asyncio.create_task(
        api.call("CreateAsset", GroupId=group_id, URL=pictures, AssetType="Image", Name="left")
    )
    await held.wait()
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    await held.release()

    async def recorded() -> bool:
        return bool((await api.ok("ListAssets"))["TotalCount"])

    await eventually(recorded)
    assert [item["Name"] for item in (await api.ok("ListAssets"))["Items"]] == ["left"]
