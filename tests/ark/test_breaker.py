"""In a long outage nobody waits for nothing, and the end of it is noticed by itself (reliability row 13)."""

from datetime import timedelta

import pytest

from stagedoor import errors
from stagedoor.clock import MovableClock
from stagedoor.contract.operations import BY_ACTION
from tests.support.ark import Connect
from tests.support.rawserver import RawServer, enveloped, http, raw_server, refused, say

GET = BY_ACTION["GetAsset"]
ASSET = {"Id": "asset-1"}
FAILED = say(http(b"", status=503))
FOUND = say(http(enveloped(ASSET)))


async def test_an_open_breaker_answers_for_the_upstream_and_closes_at_the_first_answer(
    upstream_at: Connect, clock: MovableClock
) -> None:
    async with raw_server(FAILED) as server:
        upstream = upstream_at(server.url)
        for _ in range(20):
            with pytest.raises(errors.UpstreamFailed):
                await upstream.call(GET, ASSET)
            clock.advance(timedelta(seconds=1))
        asked = len(server.requests)
        with pytest.raises(errors.UpstreamFailed):
            await upstream.call(GET, ASSET)
        for _ in range(100):
            with pytest.raises(errors.UpstreamUnavailable) as caught:
                await upstream.call(GET, ASSET)
            assert not caught.value.sent
            assert caught.value.retry_after == timedelta(seconds=1)
        assert len(server.requests) == asked + 1
        _heal(server)
        clock.advance(timedelta(seconds=1))
        for _ in range(5):
            assert await upstream.call(GET, ASSET) == ASSET


async def test_a_short_burst_of_failures_opens_nothing(upstream_at: Connect) -> None:
    async with raw_server(FAILED) as server:
        upstream = upstream_at(server.url)
        for _ in range(40):
            with pytest.raises(errors.UpstreamFailed):
                await upstream.call(BY_ACTION["DeleteAsset"], ASSET)
        _heal(server)
        assert await upstream.call(GET, ASSET) == ASSET


async def test_refusals_are_answers(upstream_at: Connect, clock: MovableClock) -> None:
    async with raw_server(say(http(refused("NotFound.asset_id"), status=404))) as server:
        upstream = upstream_at(server.url)
        for _ in range(30):
            clock.advance(timedelta(seconds=1))
            with pytest.raises(errors.NotFound):
                await upstream.call(GET, ASSET)


def _heal(server: RawServer) -> None:
    server.script[:] = [FOUND]
