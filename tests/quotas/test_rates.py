"""How often keys and tenants may call: within the set rate in one and in two processes, and everybody is told."""

import asyncio
import os
import re
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from stagedoor.clock import MovableClock
from stagedoor.emulator import RunningEmulator
from stagedoor.errors import InvalidParameter
from stagedoor.keys.issue import KeyPair
from stagedoor.keys.limit import limit_key, limit_tenant
from stagedoor.quotas.rates import rate_of, read_rate
from tests.support.action import ActionApi, action_api
from tests.support.gateway import Api, RunningGateway, gateway_settings
from tests.support.rawclient import JSON, head, talk
from tests.support.story import ON_SQLITE, second_gateway

pytestmark = pytest.mark.alone

RATE = 20
SECONDS = float(os.environ.get("STAGEDOOR_TEST_RATE_SECONDS", "3.6"))
"""`make test-long` says 60."""
LOST = 0.01
"""The part of a rate that may be lost, beside what is lost because answers take time."""
PAUSE = 0.02


class Load(NamedTuple):
    """How calls ended, and how long those took that passed."""

    statuses: list[int]
    seconds: list[float]

    @property
    def passed(self) -> int:
        return len(self.seconds)

    def least(self, rate: int, seconds: float) -> float:
        """Return how many must have passed: a place is used anew one period after its call, and when somebody has asked for it."""
        late = 3 * statistics.mean(self.seconds) + PAUSE / 4
        return rate * seconds / (1.001 + late) * (1 - LOST)


async def one_second_later(gateway: RunningGateway) -> None:
    """Let every process forget the keys it knows."""
    gateway.clock.advance(timedelta(seconds=1.5))


async def load(apis: list[Api], seconds: float, *, good: int = 200, pause: float = 0) -> Load:
    """Call as fast as a handful of callers can, or with pauses between the calls of each.

    Args:
        apis: who calls.
        seconds: how long.
        good: how a call ends that passes.
        pause: of each caller after a call that has passed.

    """
    ends = time.monotonic() + seconds
    done = Load([], [])

    async def one(api: Api) -> None:
        while (begun := time.monotonic()) < ends:
            answer = await api.call("ListAssetGroups")
            done.statuses.append(answer.status)
            if answer.status == good:
                done.seconds.append(time.monotonic() - begun)
                await asyncio.sleep(pause)
                continue
            assert (answer.status, answer.code, answer.error["Retry"]) == (429, "FlowLimitExceeded", "later")
            assert int(answer.headers["retry-after"]) == 1
            await asyncio.sleep(PAUSE)

    await asyncio.gather(*(one(api) for api in apis for _ in range(4)))
    return done


@pytest.fixture
async def gateways(gateway: RunningGateway) -> AsyncIterator[list[RunningGateway]]:
    """Yield one process on SQLite, two on PostgreSQL."""
    async with AsyncExitStack() as stack:
        both = [gateway]
        if gateway.settings.database_url.startswith("postgres"):
            both.append(await stack.enter_async_context(second_gateway(gateway)))
        yield both


async def test_a_limited_key_gets_its_rate_and_not_a_call_more_and_others_are_not_touched(
    gateways: list[RunningGateway],
) -> None:
    first = gateways[0]
    tenant = await first.tenant()
    limited = await first.client(tenant, rate_limit=f"{RATE}/s")
    free = await first.client(tenant)
    sides = [Api(gateway.url, limited.key, first.http) for gateway in gateways]
    begun = time.monotonic()
    done, untouched = await asyncio.gather(load(sides, SECONDS), load([free], SECONDS, pause=0.05))
    # So many whole seconds have begun, each with its own burst; not one call more than that.
    assert done.passed <= RATE * (int(time.monotonic() - begun) + 1)
    assert done.passed >= done.least(RATE, SECONDS), done.passed
    assert done.statuses.count(429) > 10
    assert set(untouched.statuses) == {200}


@ON_SQLITE
async def test_an_address_gets_its_rate_and_not_a_call_more(
    database_url: str, emulator: RunningEmulator, clock: MovableClock
) -> None:
    async with RunningGateway(gateway_settings(database_url, address_rate=f"{RATE}/s"), clock) as gateway:
        known = await gateway.client(await gateway.tenant())
        await gateway.connect(emulator)
        assert (await known.call("ListAssetGroups")).status == 200
        begun = time.monotonic()
        stranger = gateway.api("sd_live_not_a_key")
        done, untouched = await asyncio.gather(load([stranger], SECONDS, good=401), load([known], SECONDS, pause=0.05))
        assert done.passed <= RATE * (int(time.monotonic() - begun) + 1)
        assert done.passed >= done.least(RATE, SECONDS), done.passed
        assert set(untouched.statuses) == {200}


async def test_all_keys_of_a_tenant_share_its_limit_and_every_answer_tells_of_both(gateway: RunningGateway) -> None:
    tenant = await gateway.tenant(rate_limit="5/h")
    keys = [await gateway.client(tenant, rate_limit="4/m"), await gateway.client(tenant)]
    answers = [await keys[number % 2].call("ListAssetGroups") for number in range(5)]
    assert [answer.status for answer in answers] == [200] * 5
    assert answers[0].headers["ratelimit-policy"] == '"key";q=4;w=60, "tenant";q=5;w=3600'
    assert answers[1].headers["ratelimit-policy"] == '"tenant";q=5;w=3600'
    left = [re.search(r'"tenant";r=(\d+);t=(\d+)$', answer.headers["ratelimit"]) for answer in answers]
    assert [int(match[1]) for match in left if match] == [4, 3, 2, 1, 0]
    assert all(match and 0 < int(match[2]) <= 3600 for match in left)
    refused = await keys[1].call("ListAssetGroups")
    assert (refused.status, refused.code) == (429, "FlowLimitExceeded")
    assert "tenant, 5/h" in refused.error["Message"]
    assert 3500 < int(refused.headers["retry-after"]) <= 3605
    assert refused.headers["ratelimit"].startswith('"tenant";r=0;t=')
    assert refused.headers["ratelimit-policy"] == '"tenant";q=5;w=3600'


@ON_SQLITE
async def test_errors_and_other_doors_carry_the_headers_too_and_keys_without_a_limit_carry_none(
    gateway: RunningGateway, api: Api
) -> None:
    limited = await gateway.client(rate_limit="100/h")
    for number, (method, path, status) in enumerate(
        [
            ("GET", "/v1/private-avatar/groups/g?model=m", 400),
            ("GET", "/v1/events", 200),
            ("GET", "/v1/webhook-endpoints", 200),
        ]
    ):
        answer = await limited.send(method, path)
        assert answer.status == status
        assert answer.headers["ratelimit"].startswith(f'"key";r={99 - number};t=')
        plain = await api.send(method, path)
        assert plain.status == status
        assert not {"ratelimit", "ratelimit-policy"} & set(plain.headers)


async def test_operators_change_a_limit_while_the_gateway_runs(gateway: RunningGateway) -> None:
    operator = await gateway.operator()
    tenant = (await operator.send("POST", "/admin/v1/tenants", body={"Name": "a", "RateLimit": "9/d"})).result
    assert tenant["RateLimit"] == "9/d"
    made = await operator.send("POST", f"/admin/v1/tenants/{tenant['Id']}/keys", body={"RateLimit": "1/d"})
    key = made.result
    api = gateway.api(key["Secret"])
    assert [(await api.call("ListAssetGroups")).status for _ in range(2)] == [200, 429]

    async def change(path: str, rate: str | None) -> dict[str, Any]:
        answer = await operator.send("PATCH", f"/admin/v1/{path}", body={"RateLimit": rate})
        await one_second_later(gateway)
        return answer.result

    assert (await change(f"keys/{key['Id']}", "off"))["RateLimit"] == "off"
    assert (await api.call("ListAssetGroups")).headers["ratelimit-policy"] == '"tenant";q=9;w=86400'
    assert "RateLimit" not in await change(f"tenants/{tenant['Id']}", None)
    assert "ratelimit" not in (await api.call("ListAssetGroups")).headers
    for path, rate, status, code in (
        (f"tenants/{tenant['Id']}", "5", 400, "InvalidParameter.RateLimit"),
        (f"keys/{key['Id']}", "0/s", 400, "InvalidParameter.RateLimit"),
        ("tenants/none", "5/s", 404, "NotFound.tenant_id"),
        ("keys/none", "5/s", 404, "NotFound.key_id"),
    ):
        answer = await operator.send("PATCH", f"/admin/v1/{path}", body={"RateLimit": rate})
        assert (answer.status, answer.code) == (status, code)


@ON_SQLITE
async def test_the_settings_limit_whoever_has_no_limit_of_their_own(gateway: RunningGateway) -> None:
    assert [rate.text for rate in rate_of("key", "k", None, "5/s")] == ["5/s"]
    assert [rate.text for rate in rate_of("key", "k", "7/m", "5/s")] == ["7/m"]
    assert rate_of("key", "k", "off", "5/s") == rate_of("key", "k", None, "") == ()
    tenant = await gateway.tenant()
    assert (await limit_tenant(gateway.rt, tenant.id, "5/s")).rate_limit == "5/s"
    with pytest.raises(InvalidParameter):
        await limit_key(gateway.rt, "key", "fast")


@pytest.mark.parametrize("text", ["", "5", "5/", "5/x", "-1/s", "0/s", "1.5/s", "12345678/s", "5 /s", "5/s\n", "OFF"])
def test_a_rate_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        read_rate(text)
    assert refused.value.full_code == "InvalidParameter.RateLimit"


@ON_SQLITE
@pytest.mark.parametrize("path", ["/v1/private-avatar/groups/list", "/?Action=ListAssetGroups&Version=2024-01-01"])
async def test_a_call_too_many_is_refused_before_its_body_is_read(gateway: RunningGateway, path: str) -> None:
    """The body that is announced never comes: whoever waited for it would answer after `body_timeout`."""
    api = await gateway.client(rate_limit="1/h")
    asked = head(f"POST {path} HTTP/1.1", JSON, "Content-Length: 1000000", key=api.key)
    assert (await api.call("ListAssetGroups")).status == 200
    begun = time.monotonic()
    [refused] = await talk(gateway, asked)
    assert (refused.status, refused.code) == (429, "FlowLimitExceeded")
    assert time.monotonic() - begun < gateway.settings.body_timeout / 4


@ON_SQLITE
async def test_who_knows_an_access_key_and_not_its_secret_cannot_use_up_its_rate(gateway: RunningGateway) -> None:
    good = await action_api(gateway, rate_limit="1/h")
    wrong = ActionApi(gateway, KeyPair(good.pair.access_key, "not-this-one"))
    assert [(await wrong.call("ListAssetGroups")).status for _ in range(3)] == [401] * 3
    assert [(await good.call("ListAssetGroups")).status for _ in range(2)] == [200, 429]
