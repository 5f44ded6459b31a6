"""The account's limits: a call waits briefly for room, then is told when to come back."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from stagedoor.contract.operations import BY_ACTION
from stagedoor.emulator import RunningEmulator
from stagedoor.errors import FlowLimitExceeded, InvalidParameter
from stagedoor.quotas.gate import Gate
from stagedoor.quotas.limits import DEFAULT_LIMITS, Limit, read_limits
from tests.support.clock import StoppedClock
from tests.support.emulator import EmulatorControl
from tests.support.gateway import RunningGateway, gateway_settings
from tests.support.story import ON_SQLITE

TWO = Limit(2, timedelta(seconds=0.2))
PATIENT, IMPATIENT = timedelta(seconds=3), timedelta(seconds=0.05)


async def moments(gate: Gate, count: int, *, channel: str = "ch", action: str = "GetAsset") -> list[float]:
    """Enter so many times at once and return when each was let through, from the first on."""
    loop = asyncio.get_running_loop()

    async def enter() -> float:
        await gate.enter(channel, action, TWO, PATIENT)
        return loop.time()

    times = sorted(await asyncio.gather(*(enter() for _ in range(count))))
    return [moment - times[0] for moment in times]


async def test_never_more_calls_start_in_a_period_than_the_limit_says() -> None:
    times = await moments(Gate(), 7)
    assert times[1] < 0.1
    for earlier, later in zip(times, times[2:], strict=False):
        assert later - earlier > 0.19


async def test_the_call_that_would_wait_too_long_is_told_how_long_and_takes_no_place() -> None:
    gate = Gate()
    for _ in range(2):
        await gate.enter("ch", "GetAsset", TWO, IMPATIENT)
    for _ in range(20):
        with pytest.raises(FlowLimitExceeded) as refused:
            await gate.enter("ch", "GetAsset", TWO, IMPATIENT)
        assert refused.value.retry_after is not None
        assert timedelta(0) < refused.value.retry_after <= TWO.period
    await gate.enter("ch", "GetAsset", TWO, PATIENT)


async def test_channels_and_actions_have_limits_of_their_own() -> None:
    gate = Gate()
    for channel, action in (("a", "GetAsset"), ("b", "GetAsset"), ("a", "CreateAsset")):
        assert (await moments(gate, 2, channel=channel, action=action))[-1] < 0.1


async def test_a_limit_that_is_raised_or_lowered_holds_at_once() -> None:
    gate = Gate()
    for _ in range(10):
        await gate.enter("ch", "GetAsset", Limit(10, timedelta(seconds=60)), IMPATIENT)
    with pytest.raises(FlowLimitExceeded):
        await gate.enter("ch", "GetAsset", Limit(2, timedelta(seconds=60)), IMPATIENT)
    await gate.enter("ch", "GetAsset", Limit(20, timedelta(seconds=60)), IMPATIENT)


def test_the_defaults_name_every_action_and_a_channel_replaces_some() -> None:
    assert set(DEFAULT_LIMITS) == set(BY_ACTION)
    limits = read_limits({"CreateAsset": (120, 60)})
    assert limits["CreateAsset"] == Limit(120, timedelta(seconds=60))
    assert limits["GetVisualValidateResult"] == Limit(3, timedelta(seconds=1))


@pytest.mark.parametrize(
    "limits",
    [{"NoAction": (1, 1)}, {"GetAsset": (0, 1)}, {"GetAsset": (1, 0)}, {"GetAsset": (1, -1)}, {"GetAsset": (1, 1e300)}],
)
def test_a_limit_that_makes_no_sense_is_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter) as refused:
        read_limits(limits)
    assert refused.value.full_code == "InvalidParameter.Limits"


@ON_SQLITE
async def test_a_limit_of_two_a_second_delays_the_third_call_and_refuses_when_that_is_too_long(
    database_url: str, emulator: RunningEmulator, control: EmulatorControl
) -> None:
    settings = gateway_settings(database_url, quota_wait=1.2)
    async with RunningGateway(settings, StoppedClock()) as gateway:
        await gateway.connect(emulator, limits={"CreateAssetGroup": (2, 1.0)})
        api = await gateway.client()
        loop = asyncio.get_running_loop()
        begun = loop.time()
        answers = await asyncio.gather(*(api.call("CreateAssetGroup", Name="a") for _ in range(5)))
        assert loop.time() - begun >= 0.9
        assert sorted(answer.status for answer in answers) == [200, 200, 200, 200, 429]
        [refused] = [answer for answer in answers if answer.status == 429]
        assert (refused.code, refused.error["Retry"]) == ("FlowLimitExceeded", "later")
        assert int(refused.headers["retry-after"]) in {1, 2}
        assert await control.calls("CreateAssetGroup") == 4
        assert (await api.call("ListAssetGroups")).status == 200
