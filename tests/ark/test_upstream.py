"""All twelve operations, through a real connection, against the emulator that checks every signature."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from stagedoor import errors
from stagedoor.ark.upstream import Upstream
from stagedoor.clock import MovableClock
from stagedoor.contract.operations import BY_ACTION, OPERATIONS
from stagedoor.emulator import EmulatorSettings, RunningEmulator, start_emulator
from tests.support.ark import Connect
from tests.support.emulator import EmulatorControl, file_server
from tests.support.media import image

EXCHANGE = BY_ACTION["GetVisualValidateResult"]


@pytest.fixture
async def emulator(tmp_path: Path) -> AsyncIterator[RunningEmulator]:
    running = await start_emulator(EmulatorSettings(data_dir=tmp_path, allowed_hosts=frozenset({"127.0.0.1"})))
    yield running
    await running.stop()


@pytest.fixture
async def control(emulator: RunningEmulator) -> AsyncIterator[EmulatorControl]:
    async with EmulatorControl(emulator.url) as made:
        yield made


@pytest.fixture
def upstream(emulator: RunningEmulator, upstream_at: Connect) -> Upstream:
    keys = {"access_key": emulator.access_key, "secret_key": emulator.secret_key}
    return upstream_at(emulator.url, kind="emulator", project_name="default", **keys)


async def new_session(upstream: Upstream) -> str:
    session = await upstream.call(BY_ACTION["CreateVisualValidateSession"], {"CallbackURL": "https://c.example/cb"})
    return str(session["BytedToken"])


async def test_the_twelve_operations_work_against_the_emulator(upstream: Upstream, control: EmulatorControl) -> None:
    async def call(action: str, **body: object) -> dict[str, object]:
        return await upstream.call(BY_ACTION[action], body)

    byted_token = await new_session(upstream)
    with pytest.raises(errors.ValidatePending):
        await call("GetVisualValidateResult", BytedToken=byted_token)
    await control.complete(byted_token)
    person = str((await call("GetVisualValidateResult", BytedToken=byted_token))["GroupId"])
    assert (await call("GetAssetGroup", Id=person))["GroupType"] == "LivenessFace"

    group = str((await call("CreateAssetGroup", Name="剧组"))["Id"])
    await call("UpdateAssetGroup", Id=group, Name="crew", Description="d")
    assert (await call("GetAssetGroup", Id=group))["Name"] == "crew"
    groups = await call("ListAssetGroups", Filter={"GroupType": "AIGC"}, PageNumber=1, PageSize=10)
    assert [item["Id"] for item in groups["Items"]] == [group]  # type: ignore[attr-defined]  # the driver has checked it

    async with file_server(image("jpeg", 600, 800)) as pictures:
        made = await call("CreateAsset", GroupId=group, URL=pictures + "a.jpg", AssetType="Image", Name="a")
        asset = str(made["Id"])
        await call("UpdateAsset", Id=asset, Name="b")
        assert (await call("GetAsset", Id=asset))["Name"] == "b"
        assets = await call("ListAssets", Filter={"GroupType": "AIGC"}, PageNumber=1, PageSize=10)
        assert assets["TotalCount"] == 1
        assert await call("DeleteAsset", Id=asset) == {}
    assert await call("DeleteAssetGroup", Id=group) == {}
    with pytest.raises(errors.NotFound) as caught:
        await call("GetAssetGroup", Id=group)
    assert caught.value.full_code == "NotFound.group_id"
    assert {entry["action"] for entry in await control.ledger()} == {operation.action for operation in OPERATIONS}


async def test_a_failed_face_check_is_a_failed_one(upstream: Upstream, control: EmulatorControl) -> None:
    byted_token = await new_session(upstream)
    await control.complete(byted_token, "fail")
    with pytest.raises(errors.ExchangeError) as caught:
        await upstream.call(EXCHANGE, {"BytedToken": byted_token})
    assert type(caught.value) in {errors.ValidateFailed, errors.BytedTokenRefused}


async def test_a_token_nobody_has_made_is_refused(upstream: Upstream) -> None:
    with pytest.raises(errors.BytedTokenRefused):
        await upstream.call(EXCHANGE, {"BytedToken": "20260101000000AAAAAAAAAAAAAAAAAAAA"})


@pytest.mark.parametrize(
    "kind",
    ["reset_before", "reset_after", "truncate", "html", "content_type", "empty", "oversize", "duplicate_keys", "error"],
)
async def test_an_exchange_survives_one_spoilt_answer(kind: str, upstream: Upstream, control: EmulatorControl) -> None:
    byted_token = await new_session(upstream)
    await control.complete(byted_token)
    await control.fault(kind, "GetVisualValidateResult")
    assert str((await upstream.call(EXCHANGE, {"BytedToken": byted_token}))["GroupId"]).startswith("group-")
    assert await control.calls("GetVisualValidateResult") == 2


@pytest.mark.parametrize("kind", ["reset_after", "truncate", "duplicate_keys", "oversize"])
async def test_a_spent_token_whose_answer_was_spoilt_is_never_called_refused(
    kind: str, upstream: Upstream, control: EmulatorControl
) -> None:
    await control.settings(token_policy="used_up_by_success")
    byted_token = await new_session(upstream)
    await control.complete(byted_token)
    await control.fault(kind, "GetVisualValidateResult")
    with pytest.raises(errors.UpstreamTimeout):
        await upstream.call(EXCHANGE, {"BytedToken": byted_token})


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "truncate", "error", "html", "rate_limited"])
async def test_a_spoilt_create_is_asked_once(kind: str, upstream: Upstream, control: EmulatorControl) -> None:
    await control.fault(kind, "CreateAssetGroup", times=0)
    with pytest.raises(errors.StagedoorError):
        await upstream.call(BY_ACTION["CreateAssetGroup"], {"Name": "n"})
    assert await control.calls("CreateAssetGroup") == 1


async def test_a_wrong_clock_costs_one_refused_call(
    upstream: Upstream, control: EmulatorControl, clock: MovableClock
) -> None:
    clock.advance(timedelta(minutes=-20))
    for _ in range(3):
        await upstream.call(BY_ACTION["CreateAssetGroup"], {"Name": "n"})
    assert [entry["status"] for entry in await control.ledger("CreateAssetGroup")] == [400, 200, 200, 200]


async def test_a_wrong_key_is_the_operators_business(emulator: RunningEmulator, upstream_at: Connect) -> None:
    stranger = upstream_at(emulator.url, access_key=emulator.access_key, secret_key="wrong")
    with pytest.raises(errors.UpstreamRejected) as caught:
        await stranger.call(BY_ACTION["CreateAssetGroup"], {"Name": "n"})
    assert caught.value.upstream is not None
    assert caught.value.upstream.Code == "SignatureDoesNotMatch"
