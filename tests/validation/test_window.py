"""Every attempt falls into the token's window, the last one with time to spare, and nothing is asked after it."""

import asyncio
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from tests.support.gateway import Api, RunningGateway
from tests.support.rawserver import Play, enveloped, http, refused
from tests.support.validation import (
    EXCHANGE,
    RawArk,
    browse,
    exchanges_done,
    on_sqlite,
    raw_ark,
    session_of,
    with_query,
)
from tests.validation.conftest import RunGateway

LIFETIME = 130
MARGIN = 5
TOKEN = "20260331144916BF9DC22A7A65ADF905D8"
GROUP = "group-20260331145705-7vw4m"
DOWN = [0, 10, 110, 130]


class Outage:
    """An Ark that is away until a moment, and remembers when it was asked for the group."""

    def __init__(self, gateway: RunningGateway, ark: RawArk, until: datetime) -> None:
        self.asked: list[datetime] = []
        self._gateway = gateway
        self._ark = ark
        self._until = until

    def play(self) -> Play:
        async def answer(writer: asyncio.StreamWriter) -> bool:
            now = self._gateway.clock.now()
            if EXCHANGE.encode() in self._ark.raw.requests[-1]:
                self.asked.append(now)
            away = now < self._until
            bad, good = http(refused("ServiceUnavailable"), status=503), http(enveloped({"GroupId": GROUP}))
            writer.write(bad if away else good)
            await writer.drain()
            return True

        return answer


@on_sqlite
@pytest.mark.parametrize("down", DOWN)
async def test_however_long_ark_is_away_it_is_asked_inside_the_window_only_and_often_enough(
    run_gateway: RunGateway, down: int
) -> None:
    async with run_gateway(token_lifetime=float(LIFETIME), upstream_timeout=0.2) as (gateway, api):
        with gateway.clock.stopped():
            session_state, outage, begun = await live_through(gateway, api, down, LIFETIME, step=1)
    seconds = [(moment - begun).total_seconds() for moment in outage.asked]
    assert seconds[0] < 1
    assert seconds[-1] <= LIFETIME - MARGIN
    # A 503 may have come too late from one who had given the group: that is looked for, and named until then.
    assert session_state == ("exchanged" if down < LIFETIME - MARGIN else "unknown")
    if down >= LIFETIME:
        # The last one as late as can be, and between two of them never more than the plan says.
        assert seconds[-1] >= LIFETIME - MARGIN - 1
        assert max(later - earlier for earlier, later in pairwise(seconds)) <= 31


@on_sqlite
async def test_an_outage_of_nearly_half_an_hour_does_not_end_the_pursuit(run_gateway: RunGateway) -> None:
    async with run_gateway(upstream_timeout=0.2) as (gateway, api):
        with gateway.clock.stopped():
            session_state, outage, _ = await live_through(gateway, api, 1_700, 1_800, step=30)
    assert session_state == "exchanged"
    assert len(outage.asked) > 50


async def live_through(
    gateway: RunningGateway, api: Api, down: int, lifetime: int, *, step: int
) -> tuple[str, Outage, datetime]:
    """Start a check, let the actor come back at once, and let the time of the token pass, so many seconds at a time."""
    async with raw_ark(gateway) as ark:
        begun = gateway.clock.now()
        outage = Outage(gateway, ark, begun + timedelta(seconds=down))
        before = len(ark.raw.requests)
        check = await ark.start(api, TOKEN)
        ark.plays(outage.play())
        came_back = with_query(ark.callback_of(before), bytedToken=TOKEN, resultCode="10000")
        assert (await browse(api, came_back)).status == 303
        for _ in range((lifetime + 20) // step):
            await exchanges_done(gateway)
            gateway.clock.advance(timedelta(seconds=step))
        await exchanges_done(gateway)
        return (await session_of(gateway, check)).state, outage, begun
