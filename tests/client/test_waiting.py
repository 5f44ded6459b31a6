"""Waiting for a person and for an asset: told by the stream, and without one by looking now and then."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from stagedoor_client import (
    AccessDenied,
    Asset,
    AssetFailed,
    InvitationEnded,
    NotFound,
    Retries,
    ValidateFailed,
    WaitTimedOut,
)
from tests.client.faces import Face, open_face
from tests.invitations.support import Visitor
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway
from tests.support.rawserver import enveloped, http, raw_server, refused, say
from tests.support.story import AT_ONCE, DONE, ON_SQLITE
from tests.support.validation import browse, until


@pytest.fixture
async def deaf(face_kind: str, gateway: RunningGateway) -> AsyncIterator[Face]:
    """Yield a client whose key may not read events."""
    api = await gateway.client(scopes=["sessions:write", "exchange:write"])
    async with open_face(face_kind, api.url, api.key) as made:
        yield made


async def play(
    face: Face, control: EmulatorControl, api: Api, outcome: str = "pass", *, poll: float = 60
) -> tuple[Any, list[str]]:
    """Wait for a check while the actor is at it; return what came of it, and the steps that were told."""
    check = await face.call("start_check", DONE)
    steps: list[str] = []
    waiting = asyncio.create_task(
        face.call("wait_until_exchanged", check, within=30, poll=poll, on_update=steps.append)
    )
    await until(lambda: steps == ["pending"])
    await browse(api, await control.complete(check.byted_token, outcome))
    return await waiting, steps


async def test_the_group_is_there_as_soon_as_the_actor_has_passed(
    face: Face, control: EmulatorControl, api: Api
) -> None:
    began = time.monotonic()
    group, steps = await play(face, control, api)
    assert group.group_type == "LivenessFace"
    assert time.monotonic() - began < 3
    assert steps[0] == "pending"
    assert steps[-1] == "exchanged"


@ON_SQLITE
async def test_a_check_that_failed_ends_the_wait(face: Face, control: EmulatorControl, api: Api) -> None:
    with pytest.raises(ValidateFailed) as caught:
        await play(face, control, api, "fail")
    assert caught.value.retry == "new_session"


@ON_SQLITE
async def test_without_events_it_looks_now_and_then(deaf: Face, control: EmulatorControl, api: Api) -> None:
    with pytest.raises(AccessDenied):
        await deaf.call("list_events")
    group, steps = await play(deaf, control, api, poll=0.2)
    assert group.group_id
    assert steps == ["pending", "exchanged"]


@ON_SQLITE
async def test_who_does_not_come_back_is_not_waited_for_any_longer(face: Face) -> None:
    check = await face.call("start_check", DONE)
    began = time.monotonic()
    with pytest.raises(WaitTimedOut) as caught:
        await face.call("wait_until_exchanged", check, within=0.4)
    assert 0.4 <= time.monotonic() - began < 2
    assert caught.value.retry == "same_request"


async def test_trouble_on_the_way_ends_no_wait() -> None:
    down = say(http(refused("DatabaseUnavailable", Retry="later"), status=503))
    found = say(http(enveloped({"GroupId": "group-1"})))
    async with raw_server(down, found) as raw, open_face("asyncio", raw.url, retries=Retries(most=0)) as face:
        group = await face.call("wait_until_exchanged", "token", within=20, poll=0.1)
    assert group.group_id == "group-1"


async def ready_group(face: Face) -> str:
    return str((await face.call("create_group", "figures")).id)


@ON_SQLITE
async def test_an_asset_is_active_when_the_wait_is_over(face: Face, control: EmulatorControl, pictures: str) -> None:
    await control.settings(transition={"mode": "after", "seconds": 0.3})
    made = await face.call("create_asset", await ready_group(face), f"{pictures}a.jpg")
    seen: list[Asset] = []
    asset = await face.call("wait_until_active", made, within=30, on_update=seen.append)
    assert asset.is_active
    assert asset.url
    assert [one.status for one in seen] == ["Processing", "Active"]


@ON_SQLITE
async def test_an_asset_that_failed_says_why(face: Face, control: EmulatorControl, pictures: str) -> None:
    await control.settings(transition=AT_ONCE)
    made = await face.call("create_asset", await ready_group(face), pictures, name="fail:DurationTooLong")
    with pytest.raises(AssetFailed) as caught:
        await face.call("wait_until_active", made.id, within=30)
    assert caught.value.code == "DurationTooLong"
    assert caught.value.asset.is_failed


@ON_SQLITE
async def test_an_asset_that_takes_too_long_is_given_back_as_it_was(
    face: Face, control: EmulatorControl, pictures: str
) -> None:
    await control.settings(transition={"mode": "looks", "looks": 1000})
    made = await face.call("create_asset", await ready_group(face), pictures)
    with pytest.raises(WaitTimedOut) as caught:
        await face.call("wait_until_active", made, within=0.3)
    assert caught.value.last is not None
    assert caught.value.last.status == "Processing"
    with pytest.raises(NotFound):
        await face.call("wait_until_active", "asset-20260101000000-aaaaa")


@ON_SQLITE
async def test_the_wait_for_an_invited_actor_tells_each_step_and_ends_with_the_group(
    face: Face, control: EmulatorControl, api: Api
) -> None:
    invitation = await face.call("create_invitation", "Long Night, lead")
    steps: list[str] = []
    waiting = asyncio.create_task(
        face.call("wait_until_completed", invitation, within=60, poll=60, on_update=steps.append)
    )
    await until(lambda: steps == ["open"])
    visitor = Visitor(api, invitation.link)
    for outcome, last in (("fail", "failed"), ("pass", "completed")):
        place = "i" if outcome == "fail" else "r"
        form = await visitor.open(place)
        tapped = await visitor.post([*form.hidden.items(), *(("agree", box) for box in form.boxes)])
        token = parse_qs(urlsplit(tapped.headers["location"]).query)["bytedToken"][0]
        await browse(api, await control.complete(token, outcome))
        await until(lambda last=last: steps[-1] == last)  # type: ignore[misc]  # bound now
    done = await waiting
    assert steps[:3] == ["open", "consented", "failed"]
    assert (await api.ok("GetAssetGroup", Id=done.group_id))["GroupType"] == "LivenessFace"


@ON_SQLITE
async def test_an_invitation_that_is_called_back_ends_the_wait(face: Face) -> None:
    invitation = await face.call("create_invitation", "Long Night, lead")
    waiting = asyncio.create_task(face.call("wait_until_completed", invitation.id, within=30, poll=60))
    await face.call("cancel_invitation", invitation.id)
    with pytest.raises(InvitationEnded) as caught:
        await waiting
    assert (caught.value.code, caught.value.invitation.id) == ("cancelled", invitation.id)
