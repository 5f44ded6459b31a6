"""A gateway that has been busy for long takes no more than one that has just begun, and its event loop is never held up."""

import asyncio
import itertools
import time
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from tests.support.counts import times
from tests.support.gateway import Api
from tests.support.metrics import Numbers, read_numbers
from tests.support.stage import Stage, set_stage
from tests.support.story import make_group
from tests.support.validation import browse, exchange, start

SECONDS = times(20, 3600)
A_SECOND = 50
PERSON_EVERY = 25
"""One step in so many is a whole face check."""
GROWTH_MB = times(12, 1)
"""Within the second half; in the first one the database's cache and the tables of metrics fill."""
LATE_SECONDS = "0.05"
LATE_SHARE = 0.01

pytestmark = [pytest.mark.alone, pytest.mark.timeout(SECONDS + 180)]


class Sample(NamedTuple):
    mb: float
    descriptors: int
    threads: int


def look(process: psutil.Process) -> Sample:
    return Sample(process.memory_info().rss / 1e6, process.num_fds(), process.num_threads())


async def a_step(stage: Stage, api: Api, number: int, group_id: str, pictures: str) -> None:
    """Do what a customer does; every answer is a good one."""
    if number % PERSON_EVERY == 0:
        check = await start(api)
        assert (await browse(api, await stage.control.complete(check.byted_token))).status == 303
        assert (await exchange(api, check)).status == 200
    elif number % 5 == 0:
        asset = await api.ok("CreateAsset", GroupId=group_id, URL=pictures, AssetType="Image", Name=f"a {number}")
        await api.ok("GetAsset", Id=asset["Id"])
    else:
        await api.ok("ListAssets", PageNumber=1 + number % 3, PageSize=20)


async def numbers_of(api: Api) -> Numbers:
    answer = await api.send("GET", "/metrics")
    return read_numbers(answer.body.decode())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_fifty_calls_a_second_for_long_take_no_more_and_more_memory_descriptors_or_threads(
    database_url: str, pictures: str, tmp_path: Path
) -> None:
    samples: list[Sample] = []
    async with set_stage(database_url, tmp_path, metrics="open") as stage, stage.process() as serving:
        api, process = stage.api, psutil.Process(serving.process.pid)
        group_id = await make_group(api)
        begun = time.monotonic()
        async with asyncio.TaskGroup() as steps:
            for number in itertools.count(1):
                due = begun + number / A_SECOND
                if due > begun + SECONDS:
                    break
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                steps.create_task(a_step(stage, api, number, group_id, pictures))
                if number % A_SECOND == 0:
                    samples.append(look(process))
        numbers = await numbers_of(api)
    half = samples[len(samples) // 2 :]
    quarter = len(half) // 2
    first, last = half[:quarter], half[quarter:]
    assert max(sample.mb for sample in last) - max(sample.mb for sample in first) < GROWTH_MB
    assert max(sample.threads for sample in half) <= max(sample.threads for sample in samples[: len(samples) // 2]) + 2
    # Connections to the emulator come and go with the calls under way.
    assert min(sample.descriptors for sample in last) <= max(sample.descriptors for sample in first)
    lags = numbers.of("stagedoor_event_loop_lag_seconds_count")
    late = lags - numbers.of("stagedoor_event_loop_lag_seconds_bucket", le=LATE_SECONDS)
    assert lags >= SECONDS * 5
    assert late <= lags * LATE_SHARE
