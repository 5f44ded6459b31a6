"""A signed request that comes a second time: it makes nothing twice, and no answer for one person is given to another."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from stagedoor.housekeeping import wipe
from stagedoor.idempotency.signed import LIFETIME, TOGETHER
from stagedoor.keys.signature import WINDOW
from tests.support.action import ActionApi, action_api
from tests.support.emulator import EmulatorControl
from tests.support.gateway import RunningGateway
from tests.support.story import DONE, second_gateway

START = "CreateVisualValidateSession"


@pytest.fixture
async def action(gateway: RunningGateway) -> ActionApi:
    return await action_api(gateway)


async def test_a_repeated_signature_creates_nothing_twice(
    action: ActionApi, control: EmulatorControl, pictures: str
) -> None:
    request = action.sign("CreateAssetGroup", {"Name": "hero"})
    first, second = await action.send(request), await action.send(request)
    assert first.result == second.result
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    fields = {"GroupId": first.result["Id"], "URL": f"{pictures}a.jpg", "AssetType": "Image"}
    upload = action.sign("CreateAsset", fields)
    answers = [await action.send(upload) for _ in range(3)]
    assert len({answer.result["Id"] for answer in answers}) == 1
    assert (await control.calls("CreateAssetGroup"), await control.calls("CreateAsset")) == (1, 1)
    # Signed anew it is another request.
    action.gateway.clock.advance(timedelta(seconds=2))
    assert (await action.ok("CreateAssetGroup", Name="hero"))["Id"] != first.result["Id"]


async def test_a_repetition_is_recognised_by_every_gateway_and_in_flight(
    action: ActionApi, control: EmulatorControl
) -> None:
    request = action.sign("CreateAssetGroup", {"Name": "hero"}, signed=("x-content-sha256", "x-date"))
    async with second_gateway(action.gateway) as second:
        other = ActionApi(second, action.pair)
        hold = await control.hold("CreateAssetGroup")
        first = asyncio.create_task(action.send(request))
        await hold.wait()
        del request.headers["host"]
        running = await other.send(request)
        assert (running.code, running.headers["retry-after"]) == ("IdempotencyKeyInUse", "1")
        assert "signed in the same second" in running.error["Message"]
        assert "still running" in running.error["Message"]
        await hold.release()
        made = (await first).result
        assert (await other.send(request)).result == made


async def test_a_signed_invocation_id_stands_for_the_call_however_often_it_is_signed(
    action: ActionApi, control: EmulatorControl
) -> None:
    invocation = str(uuid4())
    answers = []
    for attempt in range(1, 4):
        headers: dict[str, Any] = {"x_sdk_invocation_id": invocation, "x_sdk_request": f"attempt={attempt}; max=4"}
        answers.append(await action.send(action.sign(START, {"CallbackURL": DONE}, **headers)))
        action.gateway.clock.advance(timedelta(seconds=3))
    assert len({answer.result["BytedToken"] for answer in answers}) == 1
    assert len({answer.headers["stagedoor-session-id"] for answer in answers}) == 1
    assert await control.calls(START) == 1
    other = action.sign(START, {"CallbackURL": DONE}, x_sdk_invocation_id=str(uuid4()))
    assert (await action.send(other)).result["BytedToken"] != answers[0].result["BytedToken"]
    changed = action.sign(START, {"CallbackURL": f"{DONE}/2"}, x_sdk_invocation_id=invocation)
    reused = await action.send(changed)
    assert (reused.status, reused.code) == (422, "IdempotencyKeyReused")
    assert reused.error["Message"].startswith("A call with this X-Sdk-Invocation-Id had another body.")
    action.gateway.clock.advance(LIFETIME - timedelta(minutes=1))
    await wipe(action.gateway.rt)
    over = await action.send(action.sign(START, {"CallbackURL": DONE}, x_sdk_invocation_id=invocation))
    assert (over.status, over.code) == (410, "BytedTokenExpired")
    assert "X-Sdk-Invocation-Id" in over.error["Message"]


async def test_an_invocation_id_that_is_not_signed_counts_for_nothing(action: ActionApi) -> None:
    ids = set()
    for name in ("a", "b"):
        request = action.sign("CreateAssetGroup", {"Name": name})
        request.headers["x-sdk-invocation-id"] = "the-same"
        ids.add((await action.send(request)).result["Id"])
    assert len(ids) == 2


async def test_the_first_actors_session_is_never_given_to_a_second(action: ActionApi, control: EmulatorControl) -> None:
    request = action.sign(START, {"CallbackURL": DONE})
    together = await asyncio.gather(*(action.send(request) for _ in range(4)))
    action.gateway.clock.advance(TOGETHER - timedelta(seconds=1))
    together.append(await action.send(request))
    tokens = {answer.result["BytedToken"] for answer in together}
    links = {answer.result["H5Link"] for answer in together}
    assert len(tokens) == len(links) == await control.calls(START) == 5
    action.gateway.clock.advance(timedelta(seconds=1.5))
    late = await action.send(request)
    assert (late.status, late.code, late.error["Retry"]) == (409, "SignedRequestRepeated", "never")
    assert "has started a validation session before" in late.error["Message"]
    assert "Sign anew" in late.error["Message"]
    assert "`Idempotency-Key`" in late.error["Message"]
    for token in tokens:
        assert token.encode() not in late.body
    assert await control.calls(START) == 5
    assert (await action.call(START, CallbackURL=DONE)).status == 200


async def test_a_key_of_the_callers_own_choice_goes_before_the_signature(action: ActionApi) -> None:
    first = await action.send(action.sign(START, {"CallbackURL": DONE}, idempotency_key="mine"))
    action.gateway.clock.advance(timedelta(minutes=1))
    second = await action.send(action.sign(START, {"CallbackURL": DONE}, idempotency_key="mine"))
    assert first.result == second.result
    # The REST door has the same keys.
    api = action.gateway.api(action.bearer)
    reused = await api.call(START, CallbackURL=DONE, headers={"Idempotency_Key": "mine"})
    assert reused.code == "IdempotencyKeyReused"


async def test_signatures_and_chosen_keys_never_meet(action: ActionApi) -> None:
    request = action.sign("CreateAssetGroup", {"Name": "hero"})
    made = (await action.send(request)).result
    signature = request.headers["authorization"].rpartition("=")[2]
    api = action.gateway.api(action.bearer)
    other = await api.call("CreateAssetGroup", Name="hero", headers={"Idempotency_Key": signature})
    assert other.result["Id"] != made["Id"]


async def test_two_keys_of_a_tenant_do_not_share_invocations(gateway: RunningGateway) -> None:
    tenant = await gateway.tenant()
    ids = set()
    for _ in range(2):
        action = await action_api(gateway, tenant)
        request = action.sign("CreateAssetGroup", {"Name": "hero"}, x_sdk_invocation_id="the-same")
        ids.add((await action.send(request)).result["Id"])
    assert len(ids) == 2


async def test_a_request_that_changed_nothing_may_be_sent_again(action: ActionApi, control: EmulatorControl) -> None:
    await control.fault("error", "CreateAssetGroup", status=429, code="QuotaExceeded", times=1)
    request = action.sign("CreateAssetGroup", {"Name": "hero"})
    assert (await action.send(request)).code == "QuotaExceeded"
    assert (await action.send(request)).status == 200


@pytest.mark.parametrize(
    ("headers", "named"), [({"x_sdk_invocation_id": "one"}, "X-Sdk-Invocation-Id"), ({}, "signed in the same second")]
)
async def test_a_repetition_of_what_was_lost_is_told_so(
    action: ActionApi, control: EmulatorControl, headers: dict[str, Any], named: str
) -> None:
    await control.fault("reset_after", "CreateAssetGroup", times=1)
    request = action.sign("CreateAssetGroup", {"Name": "hero"}, **headers)
    assert (await action.send(request)).code == "OutcomeUnknown"
    again = await action.send(request)
    assert (again.status, again.code, again.error["Retry"]) == (504, "OutcomeUnknown", "never")
    assert named in again.error["Message"]
    assert "received before" in again.error["Message"]


async def test_a_repetition_is_remembered_as_long_as_its_signature_is_good(action: ActionApi) -> None:
    assert LIFETIME > 2 * WINDOW
    early = action.gateway.clock.now() + WINDOW - timedelta(seconds=5)
    request = action.sign("CreateAssetGroup", {"Name": "hero"}, now=early)
    first = (await action.send(request)).result
    action.gateway.clock.advance(2 * WINDOW - timedelta(seconds=30))
    assert (await action.send(request)).result == first
    action.gateway.clock.advance(timedelta(minutes=1))
    assert (await action.send(request)).code == "InvalidTimestamp"
