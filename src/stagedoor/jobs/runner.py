"""Doing the jobs: a lane for each kind, so that many of one never hold up another."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

import structlog

from stagedoor import logs, metrics, traces
from stagedoor.db.database import Tx
from stagedoor.errors import StagedoorError
from stagedoor.jobs.store import (
    Job,
    LeaseLost,
    bell,
    claim_jobs,
    find_next_due,
    finish_job,
    keep_job,
    put_off_job,
)
from stagedoor.runtime import Runtime

log = structlog.get_logger()

LEASE = timedelta(seconds=5)
"""How long a job belongs to its taker without a sign of life."""
POLL_SECONDS = 0.5
TAKEN_ELSEWHERE_SECONDS = 0.01
YIELDING = 5
"""How many times slower a lane with a pace goes while the event loop is busy: people come first."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 600.0
_JITTER = random.Random()  # noqa: S311 - pauses are no secret; its own, so that it disturbs nobody else's
POISON = 10
"""A job that has brought its process down, or failed in a way nobody foresaw, this often is dead."""


class Again(NamedTuple):
    """Not done yet: try once more then. ``error`` says what failed; without it nothing did."""

    at: datetime
    error: str | None = None


class Taken:
    """A job at work."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.finished = False

    async def finish(self, tx: Tx) -> None:
        """End the job in the transaction of what came of it; without this it ends by itself, afterwards.

        Raises:
            LeaseLost: somebody else has the job now; let it pass, so that nothing is committed.

        """
        await finish_job(tx, self.job)
        self.finished = True


Work = Callable[[Taken], Awaitable[Again | None]]


class Lane(NamedTuple):
    """How jobs of one kind are done: the function, how many at once, and how many are begun in a second at most, a fifth of it while the process is busy."""

    work: Work
    at_once: int
    per_second: float | None = None


class Runner:
    """Takes due jobs and does them, for as long as it runs."""

    def __init__(self, rt: Runtime, lanes: Mapping[str, Lane]) -> None:
        self._rt = rt
        self._lanes = lanes
        self._at_work: dict[str, dict[asyncio.Task[None], Taken]] = {kind: {} for kind in lanes}

    async def run(self) -> None:
        """Work until cancelled; then what is at work has a moment to end, and the rest is given back."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_leases(), name="jobs:leases")
                for kind, lane in self._lanes.items():
                    group.create_task(self._serve(kind, lane), name=f"jobs:{kind}")
        finally:
            await self._wind_up()

    async def _serve(self, kind: str, lane: Lane) -> None:
        with self._rt.db.bells.listen(bell(kind)) as rung:
            while True:
                rung.clear()
                try:
                    pause = await self._take_due(kind, lane, rung)
                except StagedoorError as error:
                    pause = POLL_SECONDS
                    log.warning("jobs_unreachable", kind=kind, error=error.full_code)
                except Exception:
                    # Whatever it is, a lane that ended would leave its work undone without a word.
                    pause = FIRST_PAUSE
                    log.exception("jobs_failed", kind=kind)
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await rung.wait()

    async def _take_due(self, kind: str, lane: Lane, rung: asyncio.Event) -> float:
        """Begin what is due and there is room for; return the seconds until it makes sense to look again."""
        room = lane.at_once - len(self._at_work[kind])
        due_at = await self._rt.db.read(lambda tx: find_next_due(tx, kind)) if room else None
        if due_at is None:
            return POLL_SECONDS
        now = self._rt.clock.now()
        if due_at > now:
            return min(POLL_SECONDS, (due_at - now).total_seconds())
        # Soft: what a power cut undoes here is only done once more.
        jobs = await self._rt.db.write(
            lambda tx: claim_jobs(tx, kind, now=now, until=now + LEASE, at_most=room), soft=True
        )
        for job in jobs:
            self._begin(lane.work, job, rung)
        if lane.per_second is not None:
            slower = YIELDING if self._rt.pulse.is_busy else 1
            await asyncio.sleep(len(jobs) / lane.per_second * slower)
        return 0 if jobs else TAKEN_ELSEWHERE_SECONDS

    def _begin(self, work: Work, job: Job, rung: asyncio.Event) -> None:
        at_work = self._at_work[job.kind]
        taken = Taken(job)
        task = asyncio.create_task(self._do(work, taken), name=f"job:{job.kind}")
        at_work[task] = taken
        metrics.job_begun(job.kind)

        def end(task: asyncio.Task[None]) -> None:
            del at_work[task]
            metrics.job_ended(job.kind)
            rung.set()

        task.add_done_callback(end)

    async def _do(self, work: Work, taken: Taken) -> None:
        job = taken.job
        logs.job.set((job.kind, job.key))
        try:
            with traces.work_span(f"job {job.kind}", {"stagedoor.job": job.kind, "stagedoor.job_key": job.key}):
                await self._attempt(work, taken)
        except LeaseLost:
            metrics.job_attempted(job.kind, "lost")
            log.info("job_lost", kind=job.kind, claims=job.claims)
        except StagedoorError as error:
            # It could not be ended: its lease runs out, and it is taken again.
            log.warning("job_not_ended", kind=job.kind, error=error.full_code)

    async def _attempt(self, work: Work, taken: Taken) -> None:
        job = taken.job
        if job.crashes >= POISON:
            metrics.job_attempted(job.kind, "dead")
            log.error("job_dead", kind=job.kind, key=job.key)
            await self._put_off(job, None, error=job.error or "Crashed", crashes=job.crashes)
            return
        try:
            again = await work(taken)
        except LeaseLost:
            raise
        except StagedoorError as error:
            metrics.job_attempted(job.kind, "failed")
            log.info("job_put_off", kind=job.kind, error=error.full_code, failures=job.failures + 1)
            pause = max(back_off(job.failures), error.retry_after or timedelta())
            await self._put_off(job, self._rt.clock.now() + pause, error=error.full_code, failures=job.failures + 1)
        except Exception as error:
            crashes = job.crashes + 1
            metrics.job_attempted(job.kind, "crashed")
            log.exception("job_failed", kind=job.kind, key=job.key, crashes=crashes)
            due_at = self._rt.clock.now() + back_off(job.failures) if crashes < POISON else None
            name = type(error).__name__
            await self._put_off(job, due_at, error=name, failures=job.failures + 1, crashes=crashes)
        else:
            metrics.job_attempted(job.kind, _outcome(again))
            if again is not None:
                failures = job.failures + 1 if again.error else 0
                await self._put_off(job, again.at, error=again.error, failures=failures)
            elif not taken.finished:
                await self._rt.db.write(lambda tx: finish_job(tx, job), soft=True)

    async def _put_off(
        self, job: Job, due_at: datetime | None, *, error: str | None, failures: int = 0, crashes: int = 0
    ) -> None:
        await self._rt.db.write(
            lambda tx: put_off_job(tx, job, due_at=due_at, failures=failures, crashes=crashes, error=error), soft=True
        )

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            at_work = [entry for lane in self._at_work.values() for entry in lane.items()]
            if not at_work:
                continue
            until = self._rt.clock.now() + LEASE
            try:
                for task in await self._rt.db.write(partial(_keep, at_work=at_work, until=until), soft=True):
                    task.cancel()
            except StagedoorError as error:
                log.warning("leases_not_kept", error=error.full_code)
            except Exception:
                log.exception("leases_failed")

    async def _wind_up(self) -> None:
        """Let what is at work end within the lease, then give back what has not, for the next process to take at once."""
        at_work = {task: taken.job for lane in self._at_work.values() for task, taken in lane.items()}
        if not at_work:
            return
        _, late = await asyncio.wait(at_work, timeout=LEASE.total_seconds())
        for task in late:
            task.cancel()
        for task in late:
            job = at_work[task]
            with suppress(LeaseLost, StagedoorError):
                now = self._rt.clock.now()
                await self._put_off(job, now, error=job.error, failures=job.failures, crashes=job.crashes)


def _outcome(again: Again | None) -> str:
    if again is None:
        return "done"
    return "failed" if again.error else "again"


async def _keep(
    tx: Tx, *, at_work: Sequence[tuple[asyncio.Task[None], Taken]], until: datetime
) -> list[asyncio.Task[None]]:
    """Keep what is at work, and return the tasks whose job is theirs no more."""
    return [task for task, taken in at_work if not await keep_job(tx, taken.job, until)]


def back_off(failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row: ever longer, and not all at the same moment."""
    longest = min(FIRST_PAUSE * 2 ** min(failures, 20), LONGEST_PAUSE)
    return timedelta(seconds=longest * _JITTER.uniform(0.5, 1.0))
