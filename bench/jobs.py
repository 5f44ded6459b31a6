"""From the commit that owes a job to its first step: in the process that committed, and in another one."""

import asyncio
import time
from datetime import timedelta

import structlog

from stagedoor.app import open_runtime
from stagedoor.crypto import encode_secret_key, new_secret_key
from stagedoor.db.migrate import migrate
from stagedoor.jobs.runner import Lane, Runner, Taken
from stagedoor.jobs.store import add_job
from stagedoor.runtime import Runtime
from stagedoor.settings import Settings

JOBS = 200
GAP_SECONDS = 0.03
LOOK_SECONDS = 0.0005
KIND = "bench"


def delays(database_url: str, *, other_process: bool = False) -> list[float]:
    """Return the milliseconds from commit to first step of many jobs, one after the other.

    Args:
        database_url: an empty database.
        other_process: the job is done by a runtime with connections of its own, which hears of it by NOTIFY alone.

    """
    migrate(database_url)
    structlog.configure(processors=[], logger_factory=structlog.ReturnLoggerFactory())
    settings = Settings(database_url=database_url, secret_key=encode_secret_key(new_secret_key()))
    return asyncio.run(_delays(settings, other_process=other_process))


async def _delays(settings: Settings, *, other_process: bool) -> list[float]:
    owing = await open_runtime(settings)
    working = await open_runtime(settings) if other_process else owing
    begun: dict[str, float] = {}

    async def work(taken: Taken) -> None:
        begun[taken.job.key] = time.perf_counter()

    working.db.hear()
    runner = asyncio.create_task(Runner(working, {KIND: Lane(work, at_once=8)}).run())
    await asyncio.sleep(1)
    try:
        return [await _delay(owing, str(number), begun) for number in range(JOBS)]
    finally:
        runner.cancel()
        await asyncio.gather(runner, return_exceptions=True)
        for rt in {owing, working}:
            await rt.close()


async def _delay(rt: Runtime, key: str, begun: dict[str, float]) -> float:
    now = rt.clock.now()
    await rt.db.write(lambda tx: add_job(tx, None, KIND, key, now=now, due_at=now - timedelta(microseconds=1)))
    committed = time.perf_counter()
    while key not in begun:  # noqa: ASYNC110 - looking is what is measured with
        await asyncio.sleep(LOOK_SECONDS)
    await asyncio.sleep(GAP_SECONDS)
    return (begun[key] - committed) * 1000
