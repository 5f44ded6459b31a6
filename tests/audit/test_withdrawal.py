"""Who takes the consent back is used no more, at once and everywhere; everything is deleted, and that is proved."""

import json
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stagedoor.audit.chain import AuditKey
from stagedoor.clock import MovableClock
from stagedoor.deletions.erase import STILL_THERE
from stagedoor.deletions.store import ERASE, Deletion
from stagedoor.deletions.withdraw import withdraw_group
from stagedoor.groups.store import add_group, find_group
from stagedoor.jobs.store import Job, list_jobs
from stagedoor.tenants.store import Tenant
from tests.audit.test_commands import verified_elsewhere
from tests.audit.test_tampering import independent_verifier
from tests.audit.trail import entries_of
from tests.invitations.support import Studio, Visitor
from tests.invitations.test_flow import becomes, finish
from tests.support.emulator import EmulatorControl
from tests.support.events import shown as events_shown
from tests.support.gateway import Api, RunningGateway
from tests.support.media import image
from tests.support.story import AT_ONCE, ON_SQLITE, eventually, held_call, second_gateway, upload
from tests.uploads.support import send_file

Withdraw = Callable[[], Awaitable[None]]
GROUP, ASSET, LOOK = "DeleteAssetGroup", "DeleteAsset", "GetAssetGroup"


@pytest.fixture
async def person(studio: Studio, made: dict[str, Any], visitor: Visitor, control: EmulatorControl) -> str:
    """Return the group of an actor who was invited and has passed."""
    await control.settings(transition=AT_ONCE)
    await finish(visitor, control, await visitor.agree())
    return str((await becomes(studio, made, "completed"))["GroupId"])


@pytest.fixture
def withdraw(visitor: Visitor) -> Withdraw:
    async def tap() -> None:
        form = await visitor.open("w")
        assert (await visitor.post([*form.hidden.items()], "w")).status == 303

    return tap


async def deletion(api: Api, group: str) -> dict[str, Any]:
    return (await api.send("GET", f"/v1/deletions/{group}")).result


async def becomes_proved(api: Api, group: str, *, seconds: float = 20) -> dict[str, Any]:
    async def proved() -> bool:
        return bool((await deletion(api, group))["Status"] == "Proved")

    await eventually(proved, seconds=seconds)
    return await deletion(api, group)


async def until_due(gateway: RunningGateway, clock: MovableClock) -> Job:
    """Return the job that deletes; when it waits, its time has come then. A clock that jumps in a call would be a timeout."""
    [owed] = await gateway.rt.db.read(lambda tx: list_jobs(tx, kind=ERASE, dead=False, at_most=2))
    assert owed.due_at is not None
    if owed.started_at is None and owed.due_at > clock.now():
        clock.advance(owed.due_at - clock.now())
    return owed


@ON_SQLITE
async def test_a_file_that_was_handed_over_for_the_person_goes_as_well(
    api: Api, person: str, withdraw: Withdraw
) -> None:
    kept, used = await send_file(api, b"another's"), await send_file(api, image("jpeg", 600, 800))
    await api.ok("CreateAsset", GroupId=person, URL=f"upload://{used}", AssetType="Image")
    await withdraw()
    await becomes_proved(api, person)
    assert [item["UploadId"] for item in (await api.send("GET", "/v1/uploads")).result["Items"]] == [kept]


@pytest.mark.alone
async def test_nothing_is_used_any_more_in_any_process_within_a_second(
    gateway: RunningGateway, api: Api, person: str, pictures: str, control: EmulatorControl, withdraw: Withdraw
) -> None:
    asset = await upload(api, person, pictures)
    assert "URL" in await api.ok("GetAsset", Id=asset)
    async with second_gateway(gateway) as other:
        there = other.api(api.key)
        assert "URL" in await there.ok("GetAsset", Id=asset)
        # Ark refuses to delete: what is shown here is what the gateway still has.
        hold = await control.hold(ASSET)
        begun = time.monotonic()
        await withdraw()
        for one in (api, there):
            answer = await one.call("CreateAsset", GroupId=person, URL=pictures, AssetType="Image")
            assert (answer.status, answer.code, answer.error["Retry"]) == (403, "ConsentWithdrawn", "never")
            for headers in ({}, {"cache_control": "no-cache"}):
                shown = (await one.call("GetAsset", Id=asset, headers=headers)).result
                assert (shown["Status"], "URL" in shown) == ("Active", False)
            assert "URL" not in (await one.ok("ListAssets"))["Items"][0]
        assert time.monotonic() - begun < 1
        assert await control.calls("CreateAsset") == 1
        await hold.release()
    await becomes_proved(api, person)


async def test_everything_is_deleted_upstream_although_it_refuses_three_times_and_that_is_proved(
    gateway: RunningGateway,
    tenant: Tenant,
    api: Api,
    made: dict[str, Any],
    person: str,
    pictures: str,
    control: EmulatorControl,
    clock: MovableClock,
    withdraw: Withdraw,
    tmp_path: Path,
) -> None:
    assets = {await upload(api, person, pictures) for _ in range(3)}
    await control.fault("error", GROUP, code="OperationDenied", status=403, times=3)
    await withdraw()

    async def proved() -> bool:
        clock.advance(timedelta(seconds=2))  # past the back-off of the job
        return bool((await deletion(api, person))["Status"] == "Proved")

    await eventually(proved, seconds=20)
    shown = await deletion(api, person)
    proof = shown["Proof"]["proof"]
    assert (proof["group"], proof["tenant"], proof["assets"]) == (person, tenant.id, 3)
    assert (proof["invitation"], proof["consent"]) == (made["Id"], shown["ConsentId"])
    steps = [(step["action"], step["object"], step["answer"]) for step in proof["steps"]]
    assert {step for step in steps if step[0] == ASSET} == {(ASSET, asset, "Deleted") for asset in assets}
    assert steps[-2:] == [(GROUP, person, "Deleted"), (LOOK, person, "NotFound")]
    assert all(step["request_id"] for step in proof["steps"])
    assert await control.calls(GROUP) == 4
    assert (await api.call("GetAssetGroup", Id=person)).status == 404
    assert (await api.ok("ListAssets"))["TotalCount"] == 0

    file, public = tmp_path / "proof.json", AuditKey(gateway.rt.vault).public
    file.write_text(json.dumps(shown["Proof"], indent=1))
    assert verified_elsewhere(public, file).stdout == "Nothing was changed.\n"
    file.write_text(json.dumps(shown["Proof"]).replace('"assets": 3', '"assets": 2'))
    assert verified_elsewhere(public, file).returncode == 1
    assert [*independent_verifier().problems_of_proof(file.read_bytes(), public)]

    await events_shown(gateway)
    items = (await api.send("GET", "/v1/events?limit=200")).result["Items"]
    told = [item["Type"] for item in items if item["Data"]["id"] in {person, shown["ConsentId"]}]
    assert told[-3:] == ["consent.withdrawn", "group.deleted", "deletion.proved"]
    trail = [one["action"] for one in await entries_of(gateway.rt, tenant.id) if one["object"] == person]
    assert trail == ["group.bound", "group.deleted", "deletion.proved"]


@ON_SQLITE
@pytest.mark.parametrize(
    ("code", "status", "error"),
    [("OperationDenied", 403, "OperationDenied"), ("NotFound.group_id", 404, STILL_THERE)],
    ids=["Ark refuses", "Ark says that it is gone and shows it"],
)
async def test_an_operator_and_the_customer_are_told_when_it_takes_longer_than_a_day(
    gateway: RunningGateway,
    api: Api,
    person: str,
    control: EmulatorControl,
    clock: MovableClock,
    withdraw: Withdraw,
    code: str,
    status: int,
    error: str,
) -> None:
    await control.fault("error", GROUP, code=code, status=status, times=0)
    await withdraw()
    clock.advance(timedelta(hours=25))

    async def overdue() -> bool:
        owed = await until_due(gateway, clock)
        return owed.error == error and bool((await deletion(api, person))["Status"] == "Overdue")

    await eventually(overdue, seconds=20)
    await events_shown(gateway)
    types = [item["Type"] for item in (await api.send("GET", "/v1/events?limit=200")).result["Items"]]
    assert types.count("deletion.overdue") == 1
    operator = await gateway.operator()
    told = (await operator.send("GET", "/admin/v1/events?after=0&limit=200")).result["Items"]
    assert [one["Data"]["id"] for one in told if one["Type"] == "deletion.unconfirmed"] == [person]
    await control.ask("DELETE", "faults")
    clock.advance(timedelta(minutes=10))
    await becomes_proved(api, person)


@ON_SQLITE
async def test_ark_is_asked_ever_less_often_while_it_still_shows_the_group(
    gateway: RunningGateway, person: str, control: EmulatorControl, clock: MovableClock, withdraw: Withdraw
) -> None:
    await control.fault("error", GROUP, code="NotFound.group_id", status=404, times=0)
    await withdraw()

    pauses: dict[int, timedelta] = {}

    async def was_asked_often() -> bool:
        begun = clock.now()
        owed = await until_due(gateway, clock)
        if owed.error == STILL_THERE:
            pauses.setdefault(owed.failures, clock.now() - begun)
        return owed.failures >= 6

    await eventually(was_asked_often, seconds=30)
    assert pauses[6] > timedelta(seconds=15)  # half of 32 s, at the least
    assert pauses[1] < timedelta(seconds=6)


@ON_SQLITE
async def test_a_group_that_is_back_after_its_deletion_is_deleted_once_more(
    gateway: RunningGateway, tenant: Tenant, api: Api, made: dict[str, Any], person: str, withdraw: Withdraw
) -> None:
    """Whether Ark gives a second check of one person the same group is not documented."""
    rt = gateway.rt
    group = await rt.db.read(lambda tx: find_group(tx, tenant.id, person))
    assert group is not None
    await withdraw()
    first = await becomes_proved(api, person)
    await rt.db.write(lambda tx: add_group(tx, tenant.id, group))
    again = Deletion(
        group_id=person,
        tenant_id=tenant.id,
        channel_id=group.channel_id,
        project_name=group.project_name,
        consent_id=first["ConsentId"],
        invitation_id=made["Id"],
        withdrawn_at=rt.clock.now() + timedelta(seconds=1),
    )
    await rt.db.write(lambda tx: withdraw_group(tx, again))
    await rt.db.write(lambda tx: withdraw_group(tx, again))  # safe to repeat
    second = await becomes_proved(api, person)
    assert second["Proof"] != first["Proof"]
    assert (await api.call("GetAssetGroup", Id=person)).status == 404


async def test_an_upload_under_way_is_refused_and_its_asset_goes_with_the_others(
    api: Api, person: str, pictures: str, control: EmulatorControl, withdraw: Withdraw
) -> None:
    hold = await control.hold("CreateAsset", after=True)
    deleting = await control.hold(GROUP)
    call = api.call("CreateAsset", GroupId=person, URL=pictures, AssetType="Image")
    async with held_call(hold, call) as task:
        await withdraw()
    assert (await task).code == "ConsentWithdrawn"
    await deleting.release()
    await becomes_proved(api, person)
    assert (await api.ok("ListAssets"))["TotalCount"] == 0


async def test_a_look_under_way_brings_no_address_back(
    gateway: RunningGateway, api: Api, person: str, pictures: str, control: EmulatorControl, withdraw: Withdraw
) -> None:
    asset = await upload(api, person, pictures)
    await api.ok("GetAsset", Id=asset)
    hold, deleting = await control.hold("GetAsset", after=True), await control.hold(ASSET)
    async with held_call(hold, api.call("GetAsset", Id=asset, headers={"cache_control": "no-cache"})) as task:
        await withdraw()
    assert "URL" not in (await task).result
    assert "URL" not in await api.ok("GetAsset", Id=asset)
    await deleting.release()
    await becomes_proved(api, person)


async def test_a_group_that_comes_after_the_consent_was_taken_back_is_deleted(
    gateway: RunningGateway, api: Api, visitor: Visitor, control: EmulatorControl, withdraw: Withdraw
) -> None:
    tapped = await visitor.agree()
    hold = await control.hold("GetVisualValidateResult", after=True)
    await finish(visitor, control, tapped)
    await hold.wait()
    await withdraw()
    await hold.release()

    async def is_gone() -> bool:
        return "deletion.proved" in [i["Type"] for i in (await api.send("GET", "/v1/events?limit=200")).result["Items"]]

    await eventually(is_gone, seconds=20)
    assert (await api.ok("ListAssetGroups"))["Items"] == []


@ON_SQLITE
async def test_a_deletion_is_shown_to_its_tenant_only(
    gateway: RunningGateway, api: Api, other_api: Api, person: str, withdraw: Withdraw
) -> None:
    assert (await api.send("GET", f"/v1/deletions/{person}")).code == "NotFound.group_id"
    await withdraw()
    await becomes_proved(api, person)
    assert (await other_api.send("GET", f"/v1/deletions/{person}")).code == "NotFound.group_id"
