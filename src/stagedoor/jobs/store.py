"""A job and its SQL.

A job is one row: its kind, and the key of the row that says what to do. ``due_at`` is when somebody may take it. Taking it
moves ``due_at`` to the end of a lease and raises ``claims``, the fencing number: a job whose taker died is due again by itself,
and a taker that was frozen and wakes cannot write any more. A job without ``due_at`` is dead: it failed too often.
"""

from datetime import datetime
from typing import NamedTuple

import msgspec

from stagedoor.db.database import Tx
from stagedoor.db.rows import columns
from stagedoor.errors import NotFound


class LeaseLost(Exception):
    """Somebody else has taken this job meanwhile, or it is done."""


class Job(msgspec.Struct, frozen=True):
    """A piece of work that is owed."""

    kind: str
    key: str
    tenant_id: str | None
    due_at: datetime | None
    started_at: datetime | None
    again_at: datetime | None
    claims: int
    failures: int
    crashes: int
    error: str | None
    created_at: datetime


def bell(kind: str) -> str:
    """Return the name of the bell that rings when a job of this kind can be taken at once."""
    return f"jobs/{kind}"


async def add_job(tx: Tx, tenant_id: str | None, kind: str, key: str, *, now: datetime, due_at: datetime) -> None:
    """Owe a job, in the transaction of what makes it necessary. One that is there already becomes due no later than this.

    A job at work is done once more when it has ended: what it has seen may be older than what was written now.
    """
    await tx.execute(
        "INSERT INTO jobs (kind, key, tenant_id, due_at, claims, failures, crashes, created_at)"
        " VALUES (:kind, :key, :tenant_id, :due_at, 0, 0, 0, :now)"
        " ON CONFLICT (kind, key) DO UPDATE SET"
        " due_at = CASE WHEN jobs.started_at IS NULL AND (jobs.due_at IS NULL OR jobs.due_at > excluded.due_at)"
        " THEN excluded.due_at ELSE jobs.due_at END,"
        " again_at = CASE WHEN jobs.started_at IS NULL OR jobs.again_at <= excluded.due_at"
        " THEN jobs.again_at ELSE excluded.due_at END",
        kind=kind,
        key=key,
        tenant_id=tenant_id,
        due_at=due_at,
        now=now,
    )
    if due_at <= now:
        tx.ring(bell(kind))


async def has_job(tx: Tx, kind: str, key: str) -> bool:
    """Tell whether a job is owed."""
    return bool(await tx.number("SELECT count(*) FROM jobs WHERE kind = :kind AND key = :key", kind=kind, key=key))


async def drop_job(tx: Tx, kind: str, key: str) -> None:
    """Owe a job no more; who is at work on it cannot write what comes of it."""
    await tx.execute("DELETE FROM jobs WHERE kind = :kind AND key = :key", kind=kind, key=key)


async def turn_job(
    tx: Tx, tenant_id: str | None, done: tuple[str, str], owed: tuple[str, str], *, now: datetime, due_at: datetime
) -> None:
    """Owe one job instead of another, each given by kind and key: one statement where dropping and adding are two."""
    (done_kind, done_key), (kind, key) = done, owed
    turned = await tx.execute(
        "UPDATE jobs SET kind = :kind, key = :key, due_at = :due_at, created_at = :now"
        " WHERE kind = :done_kind AND key = :done_key AND claims = 0 AND again_at IS NULL",
        done_kind=done_kind,
        done_key=done_key,
        kind=kind,
        key=key,
        due_at=due_at,
        now=now,
    )
    if not turned:  # somebody has taken it, or ended it
        await drop_job(tx, done_kind, done_key)
        await add_job(tx, tenant_id, kind, key, now=now, due_at=due_at)


class _Due(msgspec.Struct, frozen=True):
    due_at: datetime | None


async def find_next_due(tx: Tx, kind: str) -> datetime | None:
    """Return when the next job of a kind can be taken; None when there is none."""
    sql = "SELECT min(due_at) AS due_at FROM jobs WHERE kind = :kind AND due_at IS NOT NULL"
    found = await tx.find(_Due, sql, kind=kind)
    return None if found is None else found.due_at


async def claim_jobs(tx: Tx, kind: str, *, now: datetime, until: datetime, at_most: int) -> list[Job]:
    """Take the jobs of a kind that have been due longest, until then. One whose last taker never ended it has crashed once more."""
    return await tx.list(
        Job,
        "UPDATE jobs SET claims = claims + 1, due_at = :until, started_at = :now,"
        " crashes = crashes + CASE WHEN started_at IS NULL THEN 0 ELSE 1 END"
        " WHERE kind = :kind AND key IN (SELECT key FROM jobs WHERE kind = :kind AND due_at <= :now"
        f" ORDER BY due_at LIMIT :at_most{tx.skip_locked}) RETURNING {columns(Job)}",
        kind=kind,
        now=now,
        until=until,
        at_most=at_most,
    )


async def keep_job(tx: Tx, job: Job, until: datetime) -> bool:
    """Lengthen the lease of a job at work; False when it is ours no more."""
    kept = await tx.execute(
        "UPDATE jobs SET due_at = :until WHERE kind = :kind AND key = :key AND claims = :claims AND started_at IS NOT NULL",
        kind=job.kind,
        key=job.key,
        claims=job.claims,
        until=until,
    )
    return kept == 1


async def finish_job(tx: Tx, job: Job) -> None:
    """End a job, in the transaction of what came of it.

    Raises:
        LeaseLost: it is ours no more; the transaction must not be committed.

    """
    key: dict[str, str | int] = {"kind": job.kind, "key": job.key, "claims": job.claims}
    where = "WHERE kind = :kind AND key = :key AND claims = :claims AND started_at IS NOT NULL"
    if await tx.execute(f"DELETE FROM jobs {where} AND again_at IS NULL", **key):
        return
    if not await tx.execute(
        f"UPDATE jobs SET due_at = again_at, again_at = NULL, started_at = NULL, failures = 0, crashes = 0, error = NULL {where}",
        **key,
    ):
        raise LeaseLost
    tx.ring(bell(job.kind))


async def put_off_job(
    tx: Tx, job: Job, *, due_at: datetime | None, failures: int, crashes: int, error: str | None
) -> None:
    """Give a job back, to be taken again then; never, when ``due_at`` is None, unless it has been asked for meanwhile.

    Raises:
        LeaseLost: it is ours no more.

    """
    changed = await tx.execute(
        "UPDATE jobs SET due_at = CASE WHEN again_at IS NULL OR again_at > :due_at THEN :due_at ELSE again_at END,"
        " again_at = NULL, started_at = NULL, failures = :failures, crashes = :crashes, error = :error"
        " WHERE kind = :kind AND key = :key AND claims = :claims AND started_at IS NOT NULL",
        kind=job.kind,
        key=job.key,
        claims=job.claims,
        due_at=due_at,
        failures=failures,
        crashes=crashes,
        error=error,
    )
    if not changed:
        raise LeaseLost


async def retry_job(tx: Tx, kind: str, key: str, now: datetime) -> None:
    """Make a job due at once, as if it had never failed.

    Raises:
        NotFound: there is no such job, or it is at work.

    """
    changed = await tx.execute(
        "UPDATE jobs SET due_at = :now, failures = 0, crashes = 0 WHERE kind = :kind AND key = :key AND started_at IS NULL",
        kind=kind,
        key=key,
        now=now,
    )
    if not changed:
        raise NotFound(f"There is no job {kind} {key} that waits.", field="job")
    tx.ring(bell(kind))


async def list_jobs(tx: Tx, *, kind: str | None, dead: bool, at_most: int) -> list[Job]:
    """Return the oldest jobs: of one kind or of all, the dead ones alone or all."""
    conditions = ["due_at IS NULL"] if dead else []
    if kind is not None:
        conditions.append("kind = :kind")
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    params = {} if kind is None else {"kind": kind}
    sql = f"SELECT {columns(Job)} FROM jobs {where}ORDER BY created_at, kind, key LIMIT :at_most"
    return await tx.list(Job, sql, at_most=at_most, **params)


async def list_dead_jobs(tx: Tx, kind: str, *, at_most: int) -> list[Job]:
    """Return jobs of a kind that are not tried any more: reads a part of an index, whatever the table holds."""
    sql = f"SELECT {columns(Job)} FROM jobs WHERE kind = :kind AND due_at IS NULL LIMIT :at_most"
    return await tx.list(Job, sql, kind=kind, at_most=at_most)


class JobCount(msgspec.Struct, frozen=True):
    """How many jobs of a kind there are, and since when the one that has waited longest could be taken."""

    kind: str
    waiting: int
    running: int
    dead: int
    oldest_due_at: datetime | None


async def count_jobs(tx: Tx) -> list[JobCount]:
    """Count the jobs of every kind; reads the whole table."""
    return await tx.list(
        JobCount,
        "SELECT kind, count(CASE WHEN started_at IS NULL THEN due_at END) AS waiting, count(started_at) AS running,"
        " sum(CASE WHEN due_at IS NULL THEN 1 ELSE 0 END) AS dead,"
        " min(CASE WHEN started_at IS NULL THEN due_at END) AS oldest_due_at FROM jobs GROUP BY kind ORDER BY kind",
    )


class Backlog(NamedTuple):
    """What is owed of a kind: what may be taken now, what waits for its time or is at work, what is not tried any more."""

    kind: str
    due: int
    later: int
    dead: int
    next_due_at: datetime | None


async def find_backlog(tx: Tx, kind: str, *, now: datetime, at_most: int) -> Backlog:
    """Count the jobs of a kind, no further than to a number each: reads a part of an index, whatever the table holds."""

    async def count(condition: str, **params: datetime) -> int:
        sql = f"SELECT count(*) FROM (SELECT 1 FROM jobs WHERE kind = :kind AND {condition} LIMIT :at_most) AS selected"
        return await tx.number(sql, kind=kind, at_most=at_most, **params)

    return Backlog(
        kind,
        due=await count("due_at <= :now", now=now),
        later=await count("due_at > :now", now=now),
        dead=await count("due_at IS NULL"),
        next_due_at=await find_next_due(tx, kind),
    )
