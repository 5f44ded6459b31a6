"""A job is owed until it is done, taken by one at a time, and lost by nobody who dies or freezes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stagedoor.db.database import Database, Tx
from stagedoor.db.open import open_database
from stagedoor.errors import NotFound
from stagedoor.jobs.store import (
    Job,
    LeaseLost,
    add_job,
    claim_jobs,
    count_jobs,
    drop_job,
    find_next_due,
    finish_job,
    keep_job,
    list_jobs,
    put_off_job,
    retry_job,
    turn_job,
)

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=5)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(database_url)
    yield opened
    await opened.close()


async def add(db: Database, key: str, *, kind: str = "work", at: float = 0, now: float = 0) -> None:
    await db.write(lambda tx: add_job(tx, None, kind, key, now=after(now), due_at=after(at)))


async def claim(db: Database, *, kind: str = "work", at: float = 0, at_most: int = 10) -> list[Job]:
    now = after(at)
    return await db.write(lambda tx: claim_jobs(tx, kind, now=now, until=now + LEASE, at_most=at_most))


async def put_off(db: Database, job: Job, at: float | None, **counts: Any) -> None:
    due_at = None if at is None else after(at)
    fields = {"failures": 0, "crashes": 0, "error": None, **counts}
    await db.write(lambda tx: put_off_job(tx, job, due_at=due_at, **fields))


async def test_jobs_are_taken_when_they_are_due_those_first_that_have_waited_longest(db: Database) -> None:
    await add(db, "late", at=3)
    await add(db, "early", at=1)
    await add(db, "not yet", at=10)
    await add(db, "other", kind="other", at=0)
    assert await claim(db, at=0.5) == []
    assert [job.key for job in await claim(db, at=4, at_most=1)] == ["early"]
    assert [job.key for job in await claim(db, at=4)] == ["late"]
    assert [job.key for job in await claim(db, at=4)] == []
    assert await db.read(lambda tx: find_next_due(tx, "other")) == NOW
    assert await db.read(lambda tx: find_next_due(tx, "none")) is None


async def test_a_job_and_what_makes_it_necessary_are_written_together_or_not_at_all(db: Database) -> None:
    async def fail(tx: Tx) -> None:
        await add_job(tx, None, "work", "a", now=NOW, due_at=NOW)
        raise NotFound

    with pytest.raises(NotFound):
        await db.write(fail)
    assert await claim(db) == []


async def test_a_hundred_takers_at_once_never_take_the_same_job(db: Database) -> None:
    for number in range(40):
        await add(db, str(number))
    taken = await asyncio.gather(*(claim(db, at_most=3) for _ in range(30)))
    keys = [job.key for jobs in taken for job in jobs]
    assert sorted(keys, key=int) == [str(number) for number in range(40)]


async def test_a_job_whose_taker_died_is_taken_again_when_the_lease_is_over(db: Database) -> None:
    await add(db, "a")
    [first] = await claim(db)
    assert await claim(db, at=4.9) == []
    [second] = await claim(db, at=5.1)
    assert (second.claims, second.crashes) == (first.claims + 1, 1)


async def test_a_frozen_taker_that_wakes_can_neither_end_nor_keep_nor_put_off_the_job(db: Database) -> None:
    await add(db, "a")
    [frozen] = await claim(db)
    [other] = await claim(db, at=60)
    with pytest.raises(LeaseLost):
        await db.write(lambda tx: finish_job(tx, frozen))
    with pytest.raises(LeaseLost):
        await put_off(db, frozen, 70)
    assert await db.write(lambda tx: keep_job(tx, frozen, after(100))) is False
    assert await db.write(lambda tx: keep_job(tx, other, after(100))) is True
    await db.write(lambda tx: finish_job(tx, other))
    assert await claim(db, at=1000) == []


async def test_a_frozen_taker_that_wakes_commits_nothing_of_what_came_of_it(db: Database) -> None:
    await add(db, "a")
    [frozen] = await claim(db)
    await claim(db, at=60)

    async def work(tx: Tx) -> None:
        await add_job(tx, None, "result", "of a", now=NOW, due_at=NOW)
        await finish_job(tx, frozen)

    with pytest.raises(LeaseLost):
        await db.write(work)
    assert await claim(db, kind="result", at=60) == []


async def test_a_job_that_is_kept_stays_with_its_taker(db: Database) -> None:
    await add(db, "a")
    [job] = await claim(db)
    assert await db.write(lambda tx: keep_job(tx, job, after(20)))
    assert await claim(db, at=19) == []


async def test_a_job_asked_for_again_becomes_due_no_later_and_never_twice(db: Database) -> None:
    await add(db, "a", at=100)
    await add(db, "a", at=50)
    await add(db, "a", at=70)
    assert await claim(db, at=49) == []
    [job] = await claim(db, at=50)
    await db.write(lambda tx: finish_job(tx, job))
    assert await claim(db, at=1000) == []


async def test_a_job_asked_for_while_at_work_is_done_once_more(db: Database) -> None:
    await add(db, "a")
    [job] = await claim(db)
    await add(db, "a", at=2, now=2)
    await add(db, "a", at=3, now=2)
    assert await claim(db, at=3) == []
    await db.write(lambda tx: finish_job(tx, job))
    [again] = await claim(db, at=2)
    await db.write(lambda tx: finish_job(tx, again))
    assert await claim(db, at=1000) == []


async def test_a_job_asked_for_while_at_work_is_not_put_off_beyond_that(db: Database) -> None:
    await add(db, "a")
    [job] = await claim(db)
    await add(db, "a", at=2)
    await put_off(db, job, 600)
    assert [taken.key for taken in await claim(db, at=2)] == ["a"]


async def test_a_dead_job_is_not_taken_until_it_is_asked_for_or_retried(db: Database) -> None:
    for key in ("asked for", "retried"):
        await add(db, key)
    for job in await claim(db):
        await put_off(db, job, None, crashes=10, error="ValueError")
    assert await claim(db, at=10_000) == []
    dead = await db.read(lambda tx: list_jobs(tx, kind="work", dead=True, at_most=10))
    assert [(job.key, job.error) for job in dead] == [("asked for", "ValueError"), ("retried", "ValueError")]
    await add(db, "asked for", at=10_000)
    await db.write(lambda tx: retry_job(tx, "work", "retried", after(10_000)))
    assert {job.key: job.crashes for job in await claim(db, at=10_000)} == {"asked for": 10, "retried": 0}


async def test_a_job_at_work_cannot_be_retried_and_one_that_is_not_there_neither(db: Database) -> None:
    await add(db, "a")
    await claim(db)
    for key in ("a", "b"):
        with pytest.raises(NotFound):
            await db.write(lambda tx, key=key: retry_job(tx, "work", key, NOW))  # type: ignore[misc]  # bound now


async def test_a_dropped_job_is_owed_no_more(db: Database) -> None:
    await add(db, "a")
    [job] = await claim(db)
    await db.write(lambda tx: drop_job(tx, "work", "a"))
    with pytest.raises(LeaseLost):
        await db.write(lambda tx: finish_job(tx, job))


async def test_a_job_turns_into_another(db: Database) -> None:
    await add(db, "waiting", at=60)
    await add(db, "taken")
    [taken] = await claim(db)
    for done, owed in (("waiting", "a"), ("taken", "b"), ("never there", "c")):
        await db.write(
            lambda tx, done=done, owed=owed: turn_job(  # type: ignore[misc]  # bound now
                tx, None, ("work", done), ("after", owed), now=NOW, due_at=NOW
            )
        )
    assert await db.read(lambda tx: list_jobs(tx, kind="work", dead=False, at_most=10)) == []
    assert {job.key for job in await claim(db, kind="after")} == {"a", "b", "c"}
    with pytest.raises(LeaseLost):
        await db.write(lambda tx: finish_job(tx, taken))


async def test_jobs_are_counted_by_kind_and_state(db: Database) -> None:
    for key in ("a", "b", "c", "d"):
        await add(db, key, at=ord(key) - ord("a"))
    first, second = await claim(db, at=2, at_most=2)
    await put_off(db, first, None)
    [counted] = await db.read(count_jobs)
    assert (counted.waiting, counted.running, counted.dead) == (2, 1, 1)
    assert counted.oldest_due_at == after(2)
    assert second.key == "b"
