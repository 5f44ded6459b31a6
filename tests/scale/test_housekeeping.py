"""Every process keeps house; what one of them is at, the others leave to it."""

import asyncio
from datetime import timedelta

import pytest

from stagedoor.housekeeping import wipe
from tests.support.gateway import Api, RunningGateway
from tests.support.story import second_gateway
from tests.support.validation import on_postgres

pytestmark = pytest.mark.postgres
KEYS = 150
AT_ONCE = 4


@on_postgres
async def test_several_processes_wipe_at_the_same_time_and_none_waits_for_another(
    gateway: RunningGateway, api: Api
) -> None:
    for number in range(KEYS):
        await api.ok("CreateAssetGroup", Name=f"g{number}", headers={"Idempotency-Key": f"key-{number}"})
    gateway.clock.advance(gateway.settings.event_lifetime + timedelta(days=1))
    async with second_gateway(gateway) as second:
        async with asyncio.timeout(10):
            await asyncio.gather(*(wipe(one.rt) for one in (gateway, second) for _ in range(AT_ONCE)))
        left = "SELECT (SELECT count(*) FROM idempotency_keys) + (SELECT count(*) FROM events)"
        assert await second.rt.db.read(lambda tx: tx.number(left)) == 0
