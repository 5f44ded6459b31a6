"""What the browser brings back is taken to Ark at once: a window of 120 seconds is not spent waiting."""

import asyncio
import time
from datetime import datetime

import pytest

from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway
from tests.support.validation import EXCHANGE, browse, exchanges_done, start

pytestmark = pytest.mark.alone

PEOPLE = 100
A_SECOND = 50
HALF_WITHIN, ALMOST_ALL_WITHIN = 0.02, 0.25
"""Seconds; on a machine that is slow or busy, three times as long as the browsers wait for their answers."""


async def test_fifty_callbacks_a_second_are_each_taken_to_ark_at_once(
    gateway: RunningGateway, api: Api, control: EmulatorControl
) -> None:
    checks = [await start(api) for _ in range(PEOPLE)]
    redirects = [await control.complete(check.byted_token) for check in checks]
    came_back: list[float] = []
    answered: list[float] = []

    async def come_back(number: int, redirect: str) -> None:
        await asyncio.sleep(number / A_SECOND)
        came_back.append(time.time())
        begun = time.monotonic()
        assert (await browse(api, redirect)).status == 303
        answered.append(time.monotonic() - begun)

    async with asyncio.TaskGroup() as group:
        for number, redirect in enumerate(redirects):
            group.create_task(come_back(number, redirect))
    await exchanges_done(gateway)

    asked = [datetime.fromisoformat(entry["at"]).timestamp() for entry in await control.ledger(EXCHANGE)]
    # The ledger shows no tokens: those who came first are taken for those who were asked about first.
    waited = sorted(later - earlier for earlier, later in zip(came_back, asked, strict=True))
    answered.sort()
    half, almost_all = PEOPLE // 2, PEOPLE * 98 // 100
    assert waited[half] < max(HALF_WITHIN, 3 * answered[half]), (waited, answered)
    assert waited[almost_all] < max(ALMOST_ALL_WITHIN, 3 * answered[almost_all]), (waited, answered)
