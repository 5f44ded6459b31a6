"""A key that is revoked ends everywhere within two seconds."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from stagedoor.app import open_runtime
from stagedoor.keys.issue import issue_key, revoke_key
from stagedoor.runtime import Runtime
from tests.events.reader import stream
from tests.scale.replicas import Replica, replicas
from tests.support.gateway import Api, free_port
from tests.support.stage import Stage
from tests.support.validation import start

pytestmark = [pytest.mark.postgres, pytest.mark.alone]

REVOKED_SECONDS = 2.0
CUT_SECONDS = 5.0
CALLERS = 4
PAUSE_SECONDS = 0.02


@pytest.fixture
async def operator(stage: Stage) -> AsyncIterator[Runtime]:
    """Yield what the command line works with."""
    rt = await open_runtime(stage.settings)
    yield rt
    await rt.close()


async def call_until_refused(api: Api) -> float:
    """Call again and again, and return when the last call that was accepted was begun."""
    accepted = 0.0
    while True:
        begun = time.monotonic()
        status = (await api.send("GET", "/v1/events")).status
        if status == 401:
            return accepted
        assert status == 200
        accepted = begun
        await asyncio.sleep(PAUSE_SECONDS)


async def until_cut(api: Api) -> float:
    """Read a stream to its end and return when that was."""
    async with stream(api) as reading:
        while await reading.message(seconds=20) is not None:
            pass
    return time.monotonic()


async def test_a_revoked_key_is_refused_by_every_process_within_two_seconds_and_its_exchange_completes(
    stage: Stage, operator: Runtime, tmp_path: Path
) -> None:
    # Browsers come back to the first.
    made = [Replica(stage, tmp_path, "first"), Replica(stage, tmp_path, "second", port=free_port())]
    key, secret = await issue_key(operator, stage.tenant_id)
    timeout = aiohttp.ClientTimeout(total=60)
    async with replicas(*made), aiohttp.ClientSession(timeout=timeout) as http:
        apis = [Api(replica.url, secret, http) for replica in made]
        check = await start(apis[0])
        hold = await stage.control.hold("GetVisualValidateResult")
        async with http.get(await stage.control.complete(check.byted_token), allow_redirects=False) as back:
            assert back.status == 303
        exchange = asyncio.create_task(apis[0].call("GetVisualValidateResult", BytedToken=check.byted_token))
        await hold.wait()
        calling = [asyncio.create_task(call_until_refused(api)) for api in apis for _ in range(CALLERS)]
        reading = [asyncio.create_task(until_cut(api)) for api in apis]
        await asyncio.sleep(1)
        await revoke_key(operator, key.id)
        revoked = time.monotonic()
        accepted = await asyncio.gather(*calling)
        assert revoked - 1 < min(accepted)
        assert max(accepted) - revoked <= REVOKED_SECONDS
        assert max(await asyncio.gather(*reading)) - revoked <= CUT_SECONDS
        await hold.release()
        group_id = (await exchange).result["GroupId"]
        assert (await stage.client(http, made[1].url).ok("GetAssetGroup", Id=group_id))["Id"] == group_id
