"""Whatever becomes of a face check, a group or an asset is told once, when it happens, by ids and states alone."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest

from stagedoor.emulator import RunningEmulator
from stagedoor.events.catalogue import CATALOGUE
from stagedoor.tenants.store import Tenant
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway
from tests.support.story import AT_ONCE, DONE, make_group, pass_face_check, upload


@pytest.fixture(autouse=True)
async def channel(gateway: RunningGateway, emulator: RunningEmulator) -> str:
    return await gateway.connect(emulator)


async def told(api: Api, count: int, *, seconds: float = 20) -> list[tuple[str, dict[str, Any]]]:
    """Return type and data of every event when there are so many; there must be no more a moment later."""
    deadline = time.monotonic() + seconds
    while len(items := (await api.send("GET", "/v1/events?limit=200")).result["Items"]) < count:
        assert time.monotonic() < deadline, [item["Type"] for item in items]
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)
    items = (await api.send("GET", "/v1/events?limit=200")).result["Items"]
    assert len(items) == count, [item["Type"] for item in items]
    for item in items:
        assert item["Data"].keys() - {"id"} <= CATALOGUE[item["Type"]].fields.keys()
    return [(item["Type"], item["Data"]) for item in items]


async def test_a_passed_face_check(api: Api, control: EmulatorControl) -> None:
    group_id = await pass_face_check(api, control)
    (passed, first), (created, group), (exchanged, last) = await told(api, 3)
    assert (passed, created, exchanged) == ("session.passed", "group.created", "session.exchanged")
    assert group == {"id": group_id, "group_type": "LivenessFace"}
    assert last == {"id": first["id"], "group_id": group_id}
    assert first["id"].startswith("vs_")


async def test_the_caller_of_a_face_check_knows_the_id_of_its_events_also_from_a_repeated_request(
    api: Api, control: EmulatorControl
) -> None:
    asked: dict[str, Any] = {"CallbackURL": DONE, "headers": {"idempotency_key": "one"}}
    first, repeated = [await api.call("CreateVisualValidateSession", **asked) for _ in range(2)]
    other = await api.call("CreateVisualValidateSession", CallbackURL=DONE)
    session_id = first.headers["stagedoor-session-id"]
    assert repeated.headers["stagedoor-session-id"] == session_id != other.headers["stagedoor-session-id"]
    async with api.http.get(await control.complete(first.result["BytedToken"]), allow_redirects=False):
        pass
    events = await told(api, 3)
    assert {data["id"] for name, data in events if name.startswith("session.")} == {session_id}


async def test_a_face_check_that_was_not_passed(api: Api, control: EmulatorControl) -> None:
    started = await api.ok("CreateVisualValidateSession", CallbackURL=DONE)
    came_back = await control.complete(started["BytedToken"], "fail")
    for _ in range(2):
        async with api.http.get(came_back, allow_redirects=False) as response:
            assert response.status == 303
    ((failed, data),) = await told(api, 1)
    assert failed == "session.failed"
    assert data["reason"] == "ValidateFailed"


async def test_a_face_check_that_nobody_finished(gateway: RunningGateway, api: Api) -> None:
    await api.ok("CreateVisualValidateSession", CallbackURL=DONE)
    gateway.clock.advance(timedelta(seconds=gateway.settings.token_lifetime + 10))
    ((expired, data),) = await told(api, 1)
    assert expired == "session.expired"
    assert data["reason"] in {"BytedTokenExpired", "BytedTokenRefused"}


async def test_a_lost_answer_whose_group_is_found(api: Api, control: EmulatorControl) -> None:
    started = await api.ok("CreateVisualValidateSession", CallbackURL=DONE)
    await control.settings(token_policy="used_up_by_success")
    await control.fault("reset_after", "GetVisualValidateResult", times=1)
    async with api.http.get(await control.complete(started["BytedToken"]), allow_redirects=False) as response:
        assert response.status == 303
    events = await told(api, 4)
    assert [name for name, _ in events] == [
        "session.passed",
        "session.unknown",
        "group.created",
        "session.reconciled",
    ]
    assert events[3][1]["group_id"] == events[2][1]["id"]


async def test_assets_from_their_upload_to_their_end(api: Api, control: EmulatorControl, pictures: str) -> None:
    await control.settings(transition=AT_ONCE)
    person = await pass_face_check(api, control)
    good = await upload(api, person, pictures + "a.jpg")
    bad = await upload(api, person, pictures + "mismatch.jpg", Name="mismatch")
    events = (await told(api, 7))[3:]
    common = {"group_id": person, "asset_type": "Image"}
    assert ("asset.created", {"id": good, **common}) in events
    assert ("asset.active", {"id": good, **common}) in events
    assert ("asset.created", {"id": bad, **common}) in events
    assert ("asset.failed", {"id": bad, **common, "reason": "FaceMismatch"}) in events
    await api.ok("DeleteAsset", Id=good)
    assert (await told(api, 8))[-1] == ("asset.deleted", {"id": good, **common})


async def test_a_group_and_all_in_it_is_one_deletion(api: Api, pictures: str) -> None:
    group_id = await make_group(api, "secret name")
    await upload(api, group_id, pictures + "a.jpg", Name="another secret")
    await told(api, 3)
    await api.ok("DeleteAssetGroup", Id=group_id)
    events = await told(api, 4)
    assert events[-1] == ("group.deleted", {"id": group_id, "group_type": "AIGC"})
    assert "secret" not in str(events)


async def test_nothing_secret_is_in_any_event(
    gateway: RunningGateway, tenant: Tenant, api: Api, control: EmulatorControl
) -> None:
    started = await api.ok("CreateVisualValidateSession", CallbackURL=DONE)
    async with api.http.get(await control.complete(started["BytedToken"]), allow_redirects=False) as response:
        assert response.status == 303
    await told(api, 3)
    body = (await api.send("GET", "/v1/events")).body
    for secret in (started["BytedToken"], started["H5Link"], api.key, "http"):
        assert secret.encode() not in body
