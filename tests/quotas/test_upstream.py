"""What the upstream sees: an emulator with its quotas on never has to refuse a call."""

import asyncio
import os
import random
import time
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import pytest

from stagedoor.clock import MovableClock
from stagedoor.emulator import RunningEmulator
from stagedoor.quotas.limits import DEFAULT_LIMITS
from tests.quotas.conftest import ON_POSTGRES
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Answer, Api, RunningGateway, gateway_settings
from tests.support.story import ON_SQLITE, make_group, second_gateway
from tests.support.validation import until

pytestmark = pytest.mark.alone

SECONDS = float(os.environ.get("STAGEDOOR_TEST_QUOTA_SECONDS", "8"))
TENANTS = 50
TIGHT = {"CreateAssetGroup": (10, 1.0), "UpdateAssetGroup": (10, 1.0), "CreateVisualValidateSession": (3, 1.0)}


def most_in_a_period(calls: list[float], seconds: float) -> int:
    """Return how many calls came within any period of that length."""
    calls = sorted(calls)
    begin = most = 0
    for end, moment in enumerate(calls):
        while calls[begin] <= moment - seconds:
            begin += 1
        most = max(most, end - begin + 1)
    return most


async def check_ledger(control: EmulatorControl) -> dict[str, list[float]]:
    """Fail the test when the emulator refused a call, or could have."""
    seen: dict[str, list[float]] = defaultdict(list)
    for one in await control.ledger():
        assert one["status"] != 429, one
        seen[one["action"]].append(datetime.fromisoformat(one["at"]).timestamp())
    for action, moments in seen.items():
        calls, seconds = TIGHT.get(
            action, (DEFAULT_LIMITS[action].calls, DEFAULT_LIMITS[action].period.total_seconds())
        )
        assert most_in_a_period(moments, seconds) <= calls, action
    return seen


async def busy(api: Api, ends: float, group_id: str, refused: list[Answer]) -> int:
    """Be a tenant that creates, renames and starts face checks; return how many calls were answered well."""
    well = 0
    while time.monotonic() < ends:
        pick = random.random()
        if pick < 0.4:
            answer = await api.call("UpdateAssetGroup", Id=group_id, Name="renamed")
        elif pick < 0.8:
            answer = await api.call("CreateAssetGroup", Name="another")
        else:
            answer = await api.call("CreateVisualValidateSession", CallbackURL="https://studio.example/done")
        well += answer.status == 200
        if answer.status != 200:
            assert (answer.status, answer.code) == (429, "FlowLimitExceeded"), answer.body
            refused.append(answer)
            await asyncio.sleep(random.uniform(0.1, 0.4))
    return well


@ON_POSTGRES
@pytest.mark.timeout(SECONDS + 110)
async def test_fifty_tenants_at_two_gateways_stay_under_the_accounts_limits_and_use_them(
    gateway: RunningGateway, emulator: RunningEmulator, control: EmulatorControl
) -> None:
    operator = await gateway.operator()
    answer = await operator.send("PATCH", "/admin/v1/channels/emulator", body={"Limits": TIGHT})
    assert answer.status == 200
    async with second_gateway(gateway) as other:
        apis = [await gateway.client() for _ in range(TENANTS)]
        apis = [Api((gateway, other)[number % 2].url, api.key, api.http) for number, api in enumerate(apis)]
        groups = [await make_group(api) for api in apis[:2]]
        await asyncio.sleep(1.5)
        await control.settings(
            quotas=True,
            quota_limits={name: {"calls": calls, "seconds": seconds} for name, (calls, seconds) in TIGHT.items()},
        )
        groups = [await make_group(api) for api in apis]
        refused: list[Answer] = []
        begun = time.monotonic()
        done = await asyncio.gather(
            *(busy(api, begun + SECONDS, group, refused) for api, group in zip(apis, groups, strict=True))
        )
        lasted = time.monotonic() - begun
    seen = await check_ledger(control)
    assert sum(done) >= lasted * 10
    for action, share in (("CreateAssetGroup", 0.6), ("UpdateAssetGroup", 0.6)):
        assert len(seen[action]) >= lasted * TIGHT[action][0] * share, (action, len(seen[action]))
    assert all(1 <= int(answer.headers["retry-after"]) <= 60 for answer in refused)
    assert min(done) >= 1


@ON_POSTGRES
async def test_thirty_uploads_a_second_are_also_thirty_in_work_in_both_processes_together(
    database_url: str, emulator: RunningEmulator, control: EmulatorControl, pictures: str
) -> None:
    """Each is in work for a second here, and counts until a second after its answer."""
    in_work = 1.0
    settings = gateway_settings(database_url)
    async with RunningGateway(settings, MovableClock()) as gateway, second_gateway(gateway) as other:
        limits = dict.fromkeys(DEFAULT_LIMITS, (10_000, 1.0)) | {"CreateAsset": (30, 1.0)}
        await gateway.connect(emulator, limits=limits)
        api = await gateway.client()
        group_id = await make_group(api)
        await control.fault("delay", "CreateAsset", seconds=in_work, times=0)
        apis = [Api(one.url, api.key, api.http) for one in (gateway, other)]
        fields: dict[str, Any] = {"GroupId": group_id, "URL": f"{pictures}a.jpg", "AssetType": "Image"}
        answers = await asyncio.gather(*(apis[number % 2].call("CreateAsset", **fields) for number in range(75)))
    assert {answer.status for answer in answers} <= {200, 429}
    moments = [datetime.fromisoformat(one["at"]).timestamp() for one in await control.ledger("CreateAsset")]
    assert len(moments) > 30
    assert most_in_a_period(moments, in_work) <= 30


@ON_SQLITE
async def test_an_upstream_that_says_too_many_is_left_alone_for_as_long_as_it_says_and_other_actions_go_on(
    database_url: str, emulator: RunningEmulator, control: EmulatorControl
) -> None:
    async with RunningGateway(gateway_settings(database_url, quota_wait=0.5), MovableClock()) as gateway:
        await gateway.connect(emulator)
        api, other = await gateway.client(), await gateway.client()
        await control.fault("rate_limited", "CreateAssetGroup", retry_after=2)
        begun = time.monotonic()
        first = await api.call("CreateAssetGroup", Name="a")
        assert (first.code, first.headers["retry-after"]) == ("FlowLimitExceeded", "2")
        assert (await other.call("CreateAssetGroup", Name="a")).code == "FlowLimitExceeded"
        assert await control.calls("CreateAssetGroup") == 1
        assert (await api.call("CreateVisualValidateSession", CallbackURL="https://studio.example/")).status == 200

        async def open_again() -> bool:
            return (await other.call("CreateAssetGroup", Name="a")).status == 200

        await until(open_again)
        assert 2 <= time.monotonic() - begun < 6


@ON_POSTGRES
async def test_another_process_leaves_it_alone_too(gateway: RunningGateway, api: Api, control: EmulatorControl) -> None:
    async with second_gateway(gateway) as other:
        there = Api(other.url, api.key, api.http)
        await control.fault("rate_limited", "CreateAssetGroup", retry_after=20)
        assert (await api.call("CreateAssetGroup", Name="a")).code == "FlowLimitExceeded"
        refused = await there.call("CreateAssetGroup", Name="a")
        assert refused.code == "FlowLimitExceeded"
        assert 15 <= int(refused.headers["retry-after"]) <= 20
        assert await control.calls("CreateAssetGroup") == 1


@ON_SQLITE
async def test_a_further_try_of_a_call_counts_under_the_limit_like_the_first(
    gateway: RunningGateway, api: Api, control: EmulatorControl, emulator: RunningEmulator
) -> None:
    group = await make_group(api)
    operator = await gateway.operator()
    await operator.send("PATCH", "/admin/v1/channels/emulator", body={"Limits": {"UpdateAssetGroup": [2, 1.0]}})
    gateway.clock.advance(timedelta(seconds=1.5))
    await control.fault("reset_before", "UpdateAssetGroup", times=3)
    answer = await api.call("UpdateAssetGroup", Id=group, Name="b")
    assert answer.status == 200
    moments = [datetime.fromisoformat(one["at"]).timestamp() for one in await control.ledger("UpdateAssetGroup")]
    assert len(moments) == 4
    assert most_in_a_period(moments, 1.0) <= 2
