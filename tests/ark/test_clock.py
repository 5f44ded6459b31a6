"""Our clock is wrong and the upstream's is not, or the other way round (reliability row 17)."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from stagedoor import errors
from stagedoor.clock import MovableClock
from stagedoor.contract.operations import BY_ACTION
from tests.support.ark import Connect
from tests.support.rawserver import Play, RawServer, enveloped, http, raw_server, refused, say

GET, CREATE = BY_ACTION["GetAsset"], BY_ACTION["CreateAssetGroup"]
ASSET = {"Id": "asset-1"}
MINUTE = timedelta(minutes=1)


def found(date: datetime | str) -> Play:
    text = date if isinstance(date, str) else format_datetime(date, usegmt=True)
    return say(http(enveloped(ASSET), headers={"Date": text}))


def expired(date: datetime) -> Play:
    headers = {"Date": format_datetime(date, usegmt=True)}
    return say(http(refused("InvalidTimestamp"), status=400, headers=headers))


def signed_at(server: RawServer) -> list[datetime]:
    """Return the times the requests were signed with."""
    stamps = [re.search(rb"X-Date: (\w+)", request) for request in server.requests]
    return [datetime.strptime(stamp[1].decode(), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) for stamp in stamps if stamp]


def offsets(server: RawServer) -> list[int]:
    """Return by how many whole minutes the requests were signed off the true time."""
    now = datetime.now(UTC)
    return [round((moment - now) / MINUTE) for moment in signed_at(server)]


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_any_answer_sets_a_clock_that_is_ten_minutes_off(
    minutes: int, upstream_at: Connect, clock: MovableClock
) -> None:
    async with raw_server(found(datetime.now(UTC))) as server:
        upstream = upstream_at(server.url)
        clock.advance(minutes * MINUTE)
        for _ in range(3):
            await upstream.call(GET, ASSET)
        assert offsets(server) == [minutes, 0, 0]


async def test_a_step_and_the_step_back_are_both_followed(upstream_at: Connect, clock: MovableClock) -> None:
    # Two dates in turn, since an answer with the same date as the last one is not looked at again.
    now = datetime.now(UTC)
    async with raw_server(*[found(now + timedelta(seconds=second)) for second in range(9)]) as server:
        upstream = upstream_at(server.url)
        for step in (10, 0, 0, -10, 0, -12, 0):
            clock.advance(step * MINUTE)
            await upstream.call(GET, ASSET)
        assert offsets(server) == [10, 0, 0, -10, 0, -12, 0]


async def test_a_refusal_about_something_else_tells_the_time_as_well(upstream_at: Connect, clock: MovableClock) -> None:
    date = {"Date": format_datetime(datetime.now(UTC), usegmt=True)}
    async with raw_server(say(http(refused("NotFound.asset_id"), status=404, headers=date))) as server:
        upstream = upstream_at(server.url)
        clock.advance(10 * MINUTE)
        for _ in range(2):
            with pytest.raises(errors.NotFound):
                await upstream.call(GET, ASSET)
        assert offsets(server) == [10, 0]


@pytest.mark.parametrize("off", [timedelta(seconds=50), timedelta(seconds=-50)])
async def test_less_than_a_minute_is_left_alone(off: timedelta, upstream_at: Connect, clock: MovableClock) -> None:
    async with raw_server(found(datetime.now(UTC) + off)) as server:
        upstream = upstream_at(server.url)
        with clock.stopped():
            for _ in range(2):
                await upstream.call(GET, ASSET)
            assert {abs(moment - clock.now()) < timedelta(seconds=1) for moment in signed_at(server)} == {True}


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 01 Jan 1970", "Mon, 99 Foo 9999 99:99:99 GMT"])
async def test_a_date_that_is_none_is_no_time(date: str, upstream_at: Connect) -> None:
    async with raw_server(found(date)) as server:
        upstream = upstream_at(server.url)
        for _ in range(2):
            assert await upstream.call(GET, ASSET) == ASSET
        if date != "Thu, 01 Jan 1970":
            assert offsets(server) == [0, 0]


async def test_dates_that_mislead_are_found_out_and_not_believed_again(upstream_at: Connect) -> None:
    """A proxy in front of the library may write dates of its own; what counts is what is refused."""
    lie = datetime.now(UTC) + timedelta(hours=1)
    after = [found(lie + timedelta(seconds=second)) for second in (2, 3)]
    async with raw_server(found(lie), expired(lie + timedelta(seconds=1)), *after) as server:
        upstream = upstream_at(server.url)
        for _ in range(3):
            await upstream.call(GET, ASSET)
        assert offsets(server) == [0, 60, 0, 0]


async def test_a_create_refused_for_its_time_is_sent_again_with_the_right_one(
    upstream_at: Connect, clock: MovableClock
) -> None:
    clock.advance(20 * MINUTE)
    now = datetime.now(UTC)
    async with raw_server(expired(now), say(http(enveloped({"Id": "group-1"})))) as server:
        assert await upstream_at(server.url).call(CREATE, {"Name": "n"}) == {"Id": "group-1"}
        assert offsets(server) == [20, 0]
