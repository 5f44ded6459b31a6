"""While an account is away its calls are answered at once, and its return is noticed by itself (reliability row 13)."""

import asyncio
import os
import statistics
import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

import pytest

from tests.support.emulator import EmulatorControl
from tests.support.gateway import Answer, Api, RunningGateway
from tests.support.story import make_group

pytestmark = pytest.mark.alone

OUTAGE_SECONDS = float(os.environ.get("STAGEDOOR_TEST_OUTAGE_SECONDS", "4"))
"""`make test-long` says 300."""
PER_SECOND = 50
P99_SECONDS = 0.05
ROUNDS = 3
"""A machine that has something else to do may need another."""
HEALED_SECONDS = 5
CHANGE = "UpdateAssetGroup"


class Timed(NamedTuple):
    answer: Answer
    at: float
    took: float


async def change(api: Api, group_id: str) -> Timed:
    begun = time.monotonic()
    answer = await api.call(CHANGE, Id=group_id, Name="other")
    return Timed(answer, begun, time.monotonic() - begun)


async def look(api: Api) -> Timed:
    begun = time.monotonic()
    answer = await api.send("GET", "/healthz")
    return Timed(answer, begun, time.monotonic() - begun)


async def load(call: Callable[[], Coroutine[Any, Any, Timed]], seconds: float) -> list[Timed]:
    """Call so many times a second, whatever becomes of the calls before."""
    begun, calls = time.monotonic(), []
    for number in range(int(PER_SECOND * seconds)):
        await asyncio.sleep(max(0.0, begun + number / PER_SECOND - time.monotonic()))
        calls.append(asyncio.create_task(call()))
    return list(await asyncio.gather(*calls))


async def break_down(gateway: RunningGateway, api: Api, group_id: str, control: EmulatorControl) -> None:
    """Let the account answer nothing but 503 until nobody is sent there any more."""
    await control.fault("error", times=0, name="away", status=503, code="ServiceUnavailableTemp")
    for _ in range(20):
        await change(api, group_id)
        gateway.clock.advance(timedelta(seconds=0.5))


async def p99_of_an_outage(api: Api, group_id: str, control: EmulatorControl) -> float:
    """Call for as long as the outage lasts, and return in how many seconds 99 of 100 were refused.

    What the machine takes for anything at all, which is shown by /healthz beside it, is taken off.
    """
    asked = await control.calls(CHANGE)
    answered, others = await asyncio.gather(
        load(partial(change, api, group_id), OUTAGE_SECONDS), load(partial(look, api), OUTAGE_SECONDS)
    )
    at_once = [one for one in answered if one.answer.code == "UpstreamUnavailable"]
    assert {(one.answer.status, one.answer.error["Retry"]) for one in at_once} == {(503, "later")}
    assert {one.answer.headers["retry-after"] for one in at_once} == {"1"}
    # The others are the probes, one a second, of which the account has known.
    probes = len(answered) - len(at_once)
    assert 1 <= probes <= OUTAGE_SECONDS + 1
    assert await control.calls(CHANGE) - asked <= 4 * probes
    return p99(at_once) - p99(others)


def p99(calls: list[Timed]) -> float:
    return statistics.quantiles([one.took for one in calls], n=100)[98]


async def test_an_open_breaker_answers_within_50_ms_and_closes_within_5_s_of_the_recovery(
    gateway: RunningGateway, api: Api, control: EmulatorControl
) -> None:
    group_id = await make_group(api)
    await break_down(gateway, api, group_id, control)
    rounds: list[float] = []
    while not rounds or (rounds[-1] > P99_SECONDS and len(rounds) < ROUNDS):
        rounds.append(await p99_of_an_outage(api, group_id, control))
    assert rounds[-1] <= P99_SECONDS, rounds

    await control.ask("DELETE", "faults?name=away")
    recovered = time.monotonic()
    answered = await load(partial(change, api, group_id), HEALED_SECONDS)
    healed = min(one.at + one.took for one in answered if one.answer.status == 200)
    assert healed - recovered <= HEALED_SECONDS
    assert {one.answer.status for one in answered if one.at > healed} == {200}
