"""`Idempotency-Key` on ①, ⑥ and ⑪: one thing is made, one answer is given."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from stagedoor.housekeeping import wipe
from stagedoor.idempotency.once import LEASE
from tests.support.clock import StoppedClock
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Answer, Api, RunningGateway
from tests.support.stored import stored_bytes
from tests.support.story import DONE, held_call, make_group, second_gateway

ACTIONS = ("CreateAssetGroup", "CreateAsset", "CreateVisualValidateSession")


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def bodies(api: Api, pictures: str) -> dict[str, dict[str, Any]]:
    """Return a body for each of the three."""
    upload = {"GroupId": await make_group(api), "URL": pictures, "AssetType": "Image"}
    return {
        "CreateAssetGroup": {"Name": "a"},
        "CreateAsset": upload,
        "CreateVisualValidateSession": {"CallbackURL": DONE},
    }


async def keyed(api: Api, action: str, key: str, body: dict[str, Any]) -> Answer:
    return await api.call(action, headers={"idempotency_key": key}, **body)


async def count(control: EmulatorControl, action: str) -> int:
    return await control.calls(action)


async def test_the_same_key_and_body_make_one_thing_and_give_one_answer(
    api: Api, control: EmulatorControl, bodies: dict[str, dict[str, Any]], clock: StoppedClock
) -> None:
    for action, body in bodies.items():
        before = await count(control, action)
        first = await keyed(api, action, "key-1", body)
        assert "idempotency-replayed" not in first.headers
        for seconds in (0, 100, 150):
            clock.pass_seconds(seconds)
            again = await keyed(api, action, "key-1", body)
            assert again.result == first.result
            assert again.headers["idempotency-replayed"] == "true"
            assert again.metadata["Action"] == action
            assert again.metadata["RequestId"] != first.metadata["RequestId"]
        assert (await keyed(api, action, "key-2", body)).result != first.result
        assert await count(control, action) == before + 2


async def test_a_key_is_bound_to_its_body_its_tenant_and_its_operation(
    api: Api, other_api: Api, control: EmulatorControl, bodies: dict[str, dict[str, Any]]
) -> None:
    for action, body in bodies.items():
        first = await keyed(api, action, "one key for all", body)
        assert first.status == 400
        first = await keyed(api, action, "one-key-for-all", body)
        assert first.status == 200
        before = await count(control, action)
        other = await keyed(api, action, "one-key-for-all", {**body, "ProjectName": "default"})
        assert (other.status, other.code, other.error["Retry"]) == (422, "IdempotencyKeyReused", "never")
        assert await count(control, action) == before
    body = bodies["CreateAssetGroup"]
    theirs = await keyed(other_api, "CreateAssetGroup", "one-key-for-all", body)
    assert "idempotency-replayed" not in theirs.headers
    assert theirs.result["Id"] != (await keyed(api, "CreateAssetGroup", "one-key-for-all", body)).result["Id"]


async def test_a_repetition_of_what_is_still_running_is_told_to_come_back(
    api: Api, other_api: Api, control: EmulatorControl, bodies: dict[str, dict[str, Any]]
) -> None:
    for action, body in bodies.items():
        before = await count(control, action)
        held = await control.hold(action)
        async with held_call(held, keyed(api, action, "running", body)) as running:
            for _ in range(3):
                meanwhile = await keyed(api, action, "running", body)
                assert (meanwhile.status, meanwhile.code) == (409, "IdempotencyKeyInUse")
                assert meanwhile.headers["retry-after"] == "1"
                assert meanwhile.error["Retry"] == "same_request"
            assert (await keyed(api, action, "running", {**body, "ProjectName": "default"})).status == 422
        assert (await keyed(api, action, "running", body)).result == (await running).result
        assert await count(control, action) == before + 1


async def test_many_at_once_make_one_thing(api: Api, control: EmulatorControl) -> None:
    answers = await asyncio.gather(*(keyed(api, "CreateAssetGroup", "crowd", {"Name": "a"}) for _ in range(30)))
    assert {answer.status for answer in answers} <= {200, 409}
    assert len({answer.result["Id"] for answer in answers if answer.status == 200}) == 1
    assert await control.calls("CreateAssetGroup") == 1


async def test_what_failed_and_changed_nothing_is_run_again(
    api: Api, control: EmulatorControl, bodies: dict[str, dict[str, Any]]
) -> None:
    for action, body in bodies.items():
        before = await count(control, action)
        await control.fault("error", action, code="InvalidParameter.Name", status=400, message="Not now.")
        refused = await keyed(api, action, "again", body)
        assert (refused.status, refused.error["Message"]) == (400, "Not now.")
        await control.fault("rate_limited", action)
        assert (await keyed(api, action, "again", body)).status == 429
        made = await keyed(api, action, "again", body)
        assert "idempotency-replayed" not in made.headers
        assert (await keyed(api, action, "again", body)).result == made.result
        assert await count(control, action) == before + 3


async def test_a_request_that_is_wrong_does_not_use_its_key_up(api: Api) -> None:
    assert (await keyed(api, "CreateAssetGroup", "k", {"Name": ""})).status == 400
    assert (await keyed(api, "CreateAssetGroup", "k", {"Name": "a", "model": "unknown"})).status == 400
    assert (await keyed(api, "CreateAssetGroup", "k", {"Name": "a"})).status == 200


async def test_a_create_whose_answer_was_lost_is_kept_as_unknown_and_never_sent_again(
    api: Api, control: EmulatorControl, bodies: dict[str, dict[str, Any]], clock: StoppedClock
) -> None:
    # What was made can be found by its mark, unless nothing can be listed.
    await control.fault("error", "ListAssets", times=0, status=500)
    for action in ("CreateAssetGroup", "CreateAsset"):
        body, before = bodies[action], await count(control, action)
        for kind in ("reset_after", "truncate", "html", "error"):
            await control.fault(kind, action)
            lost = await keyed(api, action, f"lost-{kind}", body)
            assert lost.status in {502, 504}
            for seconds in (0, 24 * 3600):
                clock.pass_seconds(seconds)
                repeated = await keyed(api, action, f"lost-{kind}", body)
                assert (repeated.status, repeated.code) == (504, "OutcomeUnknown")
                assert repeated.error["Retry"] == "never"
            clock.pass_seconds(-24 * 3600)
        assert await count(control, action) == before + 4


async def test_a_session_whose_answer_was_lost_may_be_started_again(
    api: Api, control: EmulatorControl, bodies: dict[str, dict[str, Any]]
) -> None:
    body = bodies["CreateVisualValidateSession"]
    await control.fault("reset_after", "CreateVisualValidateSession")
    assert (await keyed(api, "CreateVisualValidateSession", "lost", body)).code == "OutcomeUnknown"
    made = await keyed(api, "CreateVisualValidateSession", "lost", body)
    assert (await keyed(api, "CreateVisualValidateSession", "lost", body)).result == made.result
    assert await control.calls("CreateVisualValidateSession") == 2


async def test_an_answer_is_kept_for_a_day_and_more_and_forgotten_after_its_time(
    api: Api, gateway: RunningGateway, control: EmulatorControl, clock: StoppedClock
) -> None:
    first = await keyed(api, "CreateAssetGroup", "kept", {"Name": "a"})
    clock.advance(timedelta(hours=25))
    await wipe(gateway.rt)
    assert (await keyed(api, "CreateAssetGroup", "kept", {"Name": "a"})).result == first.result
    clock.advance(gateway.settings.idempotency_lifetime - timedelta(hours=25))
    fresh = await keyed(api, "CreateAssetGroup", "kept", {"Name": "other"})
    assert fresh.result["Id"] != first.result["Id"]
    clock.advance(gateway.settings.idempotency_lifetime)
    assert await wipe(gateway.rt) > 0
    assert await gateway.read(lambda tx: tx.number("SELECT count(*) FROM idempotency_keys")) == 0


async def test_a_sessions_answer_is_wiped_when_its_token_is_over(
    api: Api, gateway: RunningGateway, control: EmulatorControl, clock: StoppedClock
) -> None:
    body = {"CallbackURL": DONE}
    first = await keyed(api, "CreateVisualValidateSession", "session", body)
    clock.pass_seconds(gateway.settings.token_lifetime - 1)
    await wipe(gateway.rt)
    assert (await keyed(api, "CreateVisualValidateSession", "session", body)).result == first.result
    clock.pass_seconds(1)
    assert await wipe(gateway.rt) == 1
    answers = "SELECT count(*) FROM idempotency_keys WHERE answer IS NOT NULL"
    assert await gateway.read(lambda tx: tx.number(answers)) == 0
    over = await keyed(api, "CreateVisualValidateSession", "session", body)
    assert (over.status, over.code, over.error["Retry"]) == (410, "BytedTokenExpired", "new_session")
    assert await control.calls("CreateVisualValidateSession") == 1


async def test_a_key_is_one_to_255_printable_characters(api: Api, control: EmulatorControl) -> None:
    for key in ("", " ", "a b", "é", "a" * 256):
        answer = await keyed(api, "CreateAssetGroup", key, {"Name": "a"})
        assert (answer.status, answer.code) == (400, "InvalidParameter.IdempotencyKey"), key
    assert await control.calls() == 0
    for key in ("!", "~" * 255, "3fa85f64-5717-4562-b3fc-2c963f66afa6"):
        assert (await keyed(api, "CreateAssetGroup", key, {"Name": "a"})).status == 200


async def test_answers_are_sealed_and_keys_are_hashed(
    api: Api, bodies: dict[str, dict[str, Any]], database_url: str
) -> None:
    started = await keyed(api, "CreateVisualValidateSession", "canary-key", bodies["CreateVisualValidateSession"])
    stored = await stored_bytes(database_url)
    link = started.result["H5Link"]
    for secret in ("canary-key", started.result["BytedToken"], link, link.partition("?")[2][:40]):
        assert secret.encode() not in stored


@pytest.fixture
async def second(gateway: RunningGateway) -> AsyncIterator[RunningGateway]:
    async with second_gateway(gateway) as running:
        yield running


async def test_two_gateways_share_the_keys(
    api: Api, second: RunningGateway, control: EmulatorControl, clock: StoppedClock
) -> None:
    there = second.api(api.key)
    held = await control.hold("CreateAssetGroup")
    async with held_call(held, keyed(api, "CreateAssetGroup", "shared", {"Name": "a"})) as running:
        assert (await keyed(there, "CreateAssetGroup", "shared", {"Name": "a"})).code == "IdempotencyKeyInUse"
        # A request that outlives its lease is not taken for one that changed nothing.
        clock.advance(LEASE)
        assert (await keyed(there, "CreateAssetGroup", "shared", {"Name": "a"})).code == "OutcomeUnknown"
    assert (await keyed(there, "CreateAssetGroup", "shared", {"Name": "a"})).result == (await running).result
    assert await control.calls("CreateAssetGroup") == 1


async def test_where_nothing_is_made_the_header_means_nothing(api: Api) -> None:
    group_id = await make_group(api)
    for name in ("b", "c"):
        answer = await keyed(api, "UpdateAssetGroup", "k", {"Id": group_id, "Name": name})
        assert answer.result["Name"] == name
        assert "idempotency-replayed" not in answer.headers
