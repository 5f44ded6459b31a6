"""Channels: chosen by model and priority when something is born, sticky ever after."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from stagedoor.channels.book import ChannelBook
from stagedoor.channels.edit import ChannelChange, change_channel
from stagedoor.channels.store import Credentials
from stagedoor.emulator import EmulatorSettings, RunningEmulator, start_emulator
from tests.support.clock import StoppedClock
from tests.support.emulator import EmulatorControl
from tests.support.gateway import FAST_MODEL, MODEL, Api, RunningGateway, gateway_settings
from tests.support.stored import stored_bytes
from tests.support.story import AT_ONCE, DONE, ON_SQLITE, make_group, pass_face_check, upload

REFRESHED = 1.5
SECRETS = ("AKLTcanaryAccessKey", "SKcanarySecretKey", "STScanarySessionToken")


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@asynccontextmanager
async def another_emulator(folder: Path) -> AsyncIterator[tuple[RunningEmulator, EmulatorControl]]:
    running = await start_emulator(EmulatorSettings(data_dir=folder, region="cn-shanghai"))
    try:
        async with EmulatorControl(running.url) as control:
            yield running, control
    finally:
        await running.stop()


async def change(gateway: RunningGateway, name: str, **fields: Any) -> None:
    await change_channel(gateway.rt, name, ChannelChange(**fields))
    assert isinstance(gateway.clock, StoppedClock)
    gateway.clock.pass_seconds(REFRESHED)


async def test_a_channel_is_known_at_once_although_the_clock_was_set_back(
    gateway: RunningGateway, api: Api, emulator: RunningEmulator
) -> None:
    await make_group(api)
    await gateway.connect(emulator, name="second", models=["only-here"])
    assert isinstance(gateway.clock, StoppedClock)
    gateway.clock.pass_seconds(-3600)
    assert (await api.call("CreateAssetGroup", Name="a", model="only-here")).status == 200


async def test_the_model_and_then_the_priority_choose_the_channel(
    gateway: RunningGateway, api: Api, control: EmulatorControl, tmp_path: Path
) -> None:
    async with another_emulator(tmp_path / "second") as (emulator, second):
        await gateway.connect(
            emulator, name="second", models=[FAST_MODEL, "only-here"], priority=5, region="cn-shanghai"
        )

        async def lands_on(model: str) -> str:
            before = await control.calls("CreateAssetGroup"), await second.calls("CreateAssetGroup")
            answer = await api.call("CreateAssetGroup", Name="a", model=model)
            assert answer.status == 200
            after = await control.calls("CreateAssetGroup"), await second.calls("CreateAssetGroup")
            where = {(1, 0): "first", (0, 1): "second"}[after[0] - before[0], after[1] - before[1]]
            assert answer.metadata["Region"] == {"first": "cn-beijing", "second": "cn-shanghai"}[where]
            return where

        assert [await lands_on(model) for model in (MODEL, FAST_MODEL, "only-here")] == ["first", "second", "second"]
        await change(gateway, "second", priority=-5)
        assert [await lands_on(model) for model in (FAST_MODEL, "only-here")] == ["first", "second"]
        await change(gateway, "emulator", models=[MODEL])
        assert await lands_on(FAST_MODEL) == "second"
        await change(gateway, "second", disabled=True)
        none = await api.call("CreateAssetGroup", Name="a", model="only-here")
        assert (none.status, none.code) == (503, "NoChannel")
        await change(gateway, "second", disabled=False)
        assert await lands_on("only-here") == "second"


@ON_SQLITE
async def test_an_invitation_leads_to_the_same_channel_in_every_process(
    gateway: RunningGateway, emulator: RunningEmulator
) -> None:
    await gateway.connect(emulator, name="equal")
    here, there = ChannelBook(gateway.rt), ChannelBook(gateway.rt)
    chosen = {}
    for seed in map(str, range(40)):
        chosen[seed] = (await here.choose(MODEL, "tn_any", seed)).name
        assert chosen[seed] == (await there.choose(MODEL, "tn_any", seed)).name
    assert set(chosen.values()) == {"emulator", "equal"}
    assert {(await here.choose(MODEL, "tn_any")).name for _ in range(60)} == {"emulator", "equal"}


async def test_an_unknown_model_is_answered_with_the_known_ones(api: Api) -> None:
    answer = await api.call("ListAssetGroups", model="unknown")
    assert (answer.status, answer.code) == (400, "InvalidParameter.model")
    assert MODEL in answer.error["Message"]


async def test_without_any_channel_there_is_nothing_to_call(database_url: str, clock: StoppedClock) -> None:
    async with RunningGateway(gateway_settings(database_url), clock) as gateway:
        answer = await (await gateway.client()).call("CreateAssetGroup", Name="a")
        assert (answer.status, answer.code, answer.error["Retry"]) == (503, "NoChannel", "later")


async def test_what_a_channel_made_stays_on_it_whatever_becomes_of_models_and_priorities(
    gateway: RunningGateway, api: Api, control: EmulatorControl, pictures: str, tmp_path: Path
) -> None:
    await control.settings(transition=AT_ONCE)
    group_id = await make_group(api)
    started = await api.ok("CreateVisualValidateSession", CallbackURL=DONE)
    async with another_emulator(tmp_path / "second") as (emulator, second):
        await gateway.connect(emulator, name="second", priority=100, region="cn-shanghai")
        await change(gateway, "emulator", models=["moved-away"])
        asset_id = await upload(api, group_id, pictures)
        assert (await api.ok("GetAsset", Id=asset_id))["Status"] == "Active"
        await api.ok("UpdateAsset", Id=asset_id, Name="b")
        await change(gateway, "emulator", disabled=True)
        await api.ok("UpdateAssetGroup", Id=group_id, Name="c")
        async with api.http.get(await control.complete(started["BytedToken"]), allow_redirects=False) as response:
            assert response.status == 303
        await api.ok("GetVisualValidateResult", BytedToken=started["BytedToken"])
        await api.ok("DeleteAsset", Id=asset_id)
        await api.ok("DeleteAssetGroup", Id=group_id)
        assert await second.calls() == 0
        await make_group(api)
        assert await second.calls() == 1


async def test_what_a_disabled_channel_made_is_served_when_there_is_no_other(
    gateway: RunningGateway, api: Api, control: EmulatorControl
) -> None:
    person = await pass_face_check(api, control)
    started = await api.ok("CreateVisualValidateSession", CallbackURL=DONE)
    async with api.http.get(await control.complete(started["BytedToken"]), allow_redirects=False) as response:
        assert response.status == 303
    first = await api.ok("GetVisualValidateResult", BytedToken=started["BytedToken"])
    await change(gateway, "emulator", disabled=True)
    assert (await api.ok("GetAssetGroup", Id=person))["Id"] == person
    assert (await api.ok("ListAssetGroups"))["TotalCount"] == 2
    assert await api.ok("GetVisualValidateResult", BytedToken=started["BytedToken"]) == first
    await api.ok("UpdateAssetGroup", Id=person, Name="b")
    for action, fields in (("CreateAssetGroup", {"Name": "a"}), ("CreateVisualValidateSession", {"CallbackURL": DONE})):
        answer = await api.call(action, headers=None, **fields)
        assert (answer.status, answer.code) == (503, "NoChannel")


async def test_new_credentials_are_used_without_a_restart(
    gateway: RunningGateway, api: Api, emulator: RunningEmulator, control: EmulatorControl
) -> None:
    wrong = Credentials(access_key=emulator.access_key, secret_key=SECRETS[1])
    await change(gateway, "emulator", credentials=wrong)
    assert (await api.call("CreateAssetGroup", Name="a")).code == "UpstreamRejected"
    right = Credentials(access_key=emulator.access_key, secret_key=emulator.secret_key)
    await change(gateway, "emulator", credentials=right)
    await make_group(api)


async def test_arks_refusal_of_our_account_is_not_the_tenants_fault_and_tells_it_nothing(
    gateway: RunningGateway, api: Api, emulator: RunningEmulator, control: EmulatorControl
) -> None:
    group_id = await make_group(api)
    await change(
        gateway,
        "emulator",
        credentials=Credentials(access_key=SECRETS[0], secret_key=SECRETS[1], session_token=SECRETS[2]),
    )
    refusals = [await api.call("CreateAssetGroup", Name="a"), await api.call("UpdateAssetGroup", Id=group_id, Name="b")]
    right = Credentials(access_key=emulator.access_key, secret_key=emulator.secret_key)
    await change(gateway, "emulator", credentials=right)
    for status, code in ((401, "InvalidAccessKey"), (403, "AccessDenied"), (403, "LackPolicy")):
        message = f"User {SECRETS[0]} is not authorized on trn:iam::2100000000:project/films."
        await control.fault("error", "CreateAssetGroup", status=status, code=code, message=message)
        refusals.append(await api.call("CreateAssetGroup", Name="a"))
    for answer in refusals:
        assert (answer.status, answer.code, answer.error["Retry"]) == (502, "UpstreamRejected", "later")
        for secret in (*SECRETS, emulator.access_key, emulator.secret_key, "2100000000", "films", emulator.url):
            assert secret.encode() not in answer.body


async def test_credentials_are_sealed_in_the_database(
    gateway: RunningGateway, emulator: RunningEmulator, database_url: str
) -> None:
    access_key, secret_key, session_token = SECRETS
    await gateway.connect(
        emulator, name="sealed", access_key=access_key, secret_key=secret_key, session_token=session_token
    )
    stored = await stored_bytes(database_url)
    assert b"sealed" in stored
    for secret in (*SECRETS, emulator.access_key, emulator.secret_key):
        assert secret.encode() not in stored
