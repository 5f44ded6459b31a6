"""`stagedoor serve --workers 2`: processes that die are replaced, and none is left behind."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import psutil
import pytest

from tests.support import databases
from tests.support.gateway import free_port, gateway_settings
from tests.support.serving import ServingProcess

pytestmark = pytest.mark.postgres


@pytest.fixture
async def serving(postgres_database: str | None, tmp_path: Path) -> AsyncIterator[ServingProcess]:
    """Yield a gateway of two worker processes."""
    if postgres_database is None:
        databases.require_or_skip("there is no PostgreSQL server")
        raise AssertionError
    await databases.empty_postgres(postgres_database)
    settings = msgspec.structs.replace(gateway_settings(postgres_database), port=free_port(), workers=2)
    async with ServingProcess(settings, tmp_path / "serve.log") as process:
        yield process


def workers(serving: ServingProcess) -> list[psutil.Process]:
    children = psutil.Process(serving.process.pid).children()
    return [child for child in children if "resource_tracker" not in " ".join(child.cmdline())]


async def healthy(serving: ServingProcess) -> bool:
    # A connection of its own each time, so that the kernel picks a worker each time.
    async with serving.http.get(f"{serving.url}/healthz", headers={"Connection": "close"}) as response:
        return response.status == 200


async def test_both_workers_take_connections(serving: ServingProcess) -> None:
    async with asyncio.timeout(20):
        while True:
            assert await healthy(serving)
            taken = [len(worker.net_connections()) for worker in workers(serving)]
            if len(taken) == 2 and all(taken):
                break
    before = [sum(worker.cpu_times()[:2]) for worker in workers(serving)]
    assert all([await healthy(serving) for _ in range(400)])
    after = [sum(worker.cpu_times()[:2]) for worker in workers(serving)]
    assert all(later > earlier for later, earlier in zip(after, before, strict=True))


async def test_a_worker_that_is_killed_is_replaced_and_no_new_connection_is_lost(serving: ServingProcess) -> None:
    first = workers(serving)
    assert len(first) == 2
    first[0].kill()
    assert all([await healthy(serving) for _ in range(40)])
    async with asyncio.timeout(10):
        while True:
            now = workers(serving)
            if len(now) == 2 and first[0] not in now:
                break
            await asyncio.sleep(0.05)
    assert first[1] in workers(serving)
    assert "worker_died" in serving.log.read_text()


async def test_workers_end_with_their_parent_even_when_that_is_killed(serving: ServingProcess) -> None:
    left = workers(serving)
    serving.process.kill()
    _, alive = await asyncio.to_thread(psutil.wait_procs, left, timeout=10)
    assert alive == []
