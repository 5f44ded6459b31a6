"""What operators see and decide of the work that is owed: jobs and cases."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from stagedoor.cases.store import Case, get_case, list_cases
from stagedoor.channels.book import ChannelBook
from stagedoor.clock import to_iso
from stagedoor.contract.results import Empty
from stagedoor.errors import InvalidParameter, NotFound
from stagedoor.jobs.store import Job, JobCount, count_jobs, list_jobs
from stagedoor.retry import order_again
from stagedoor.runtime import Runtime
from stagedoor.validation.resolve import resolve_case

MOST_SHOWN = 100


class _View(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """What is shown to an operator."""


class JobCountView(_View, frozen=True, kw_only=True):
    kind: str
    waiting: int
    running: int
    dead: int
    oldest_due_time: str | UnsetType = UNSET


class JobView(_View, frozen=True, kw_only=True):
    id: str
    kind: str
    tenant_id: str | UnsetType = UNSET
    failures: int
    error: str | UnsetType = UNSET
    create_time: str


class JobList(_View, frozen=True, kw_only=True):
    counts: list[JobCountView]
    dead: list[JobView]


class CaseView(_View, frozen=True, kw_only=True):
    id: str
    tenant_id: str
    session_id: str
    channel_id: str
    project_name: str
    candidates: tuple[str, ...]
    rivals: tuple[str, ...]
    open_time: str
    resolve_time: str | UnsetType = UNSET
    group_id: str | UnsetType = UNSET


class CaseList(_View, frozen=True, kw_only=True):
    items: list[CaseView]


class Resolution(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", forbid_unknown_fields=True):
    group_id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    no_group: bool = False


def _count(count: JobCount) -> JobCountView:
    return JobCountView(
        kind=count.kind,
        waiting=count.waiting,
        running=count.running,
        dead=count.dead,
        oldest_due_time=_time(count.oldest_due_at),
    )


def _job(job: Job) -> JobView:
    return JobView(
        id=f"{job.kind}:{job.key}",
        kind=job.kind,
        tenant_id=job.tenant_id or UNSET,
        failures=job.failures,
        error=job.error or UNSET,
        create_time=to_iso(job.created_at),
    )


def _case(case: Case) -> CaseView:
    return CaseView(
        id=case.id,
        tenant_id=case.tenant_id,
        session_id=case.session_id,
        channel_id=case.channel_id,
        project_name=case.project_name,
        candidates=case.candidates,
        rivals=case.rivals,
        open_time=to_iso(case.opened_at),
        resolve_time=_time(case.resolved_at),
        group_id=case.group_id or UNSET,
    )


def _time(moment: datetime | None) -> str | UnsetType:
    return UNSET if moment is None else to_iso(moment)


async def show_jobs(rt: Runtime, _: str) -> JobList:
    counts = await rt.db.read(count_jobs, heavy=True)
    dead = await rt.db.read(lambda tx: list_jobs(tx, kind=None, dead=True, at_most=MOST_SHOWN), heavy=True)
    return JobList(counts=[_count(count) for count in counts], dead=[_job(job) for job in dead])


async def retry(rt: Runtime, name: str, *, by: str) -> Empty:
    kind, _, key = name.partition(":")
    if not key:
        raise NotFound("The id of a job is KIND:KEY.", field="job")
    await order_again(rt, kind, key, by=by)
    return Empty()


async def show_cases(rt: Runtime, _: str) -> CaseList:
    cases = await rt.db.read(lambda tx: list_cases(tx, resolved=False, at_most=MOST_SHOWN))
    return CaseList(items=[_case(case) for case in cases])


async def show_case(rt: Runtime, case_id: str) -> CaseView:
    return _case(await rt.db.read(lambda tx: get_case(tx, case_id)))


async def resolve(rt: Runtime, book: ChannelBook, case_id: str, resolution: Resolution, *, by: str) -> CaseView:
    if (resolution.group_id is None) is not resolution.no_group:
        raise InvalidParameter("Give either the GroupId or NoGroup: true.", field="GroupId")
    return _case(await resolve_case(rt, book, case_id, resolution.group_id, by=by))
