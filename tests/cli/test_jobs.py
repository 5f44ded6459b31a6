"""`stagedoor jobs` and `stagedoor cases`: what is owed, and what waits for a decision."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from stagedoor.db.database import Database, Tx, Work
from stagedoor.db.open import open_database
from stagedoor.jobs.store import Job, add_job, claim_jobs, put_off_job
from tests.cli.conftest import Stagedoor

THEN, LATER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)


def write(data: Path, work: Work[None]) -> None:
    """Write into the database behind the command line's back."""
    asyncio.run(_write(data, work))


async def _write(data: Path, work: Work[None]) -> None:
    db: Database = await open_database(f"sqlite:///{data / 'stagedoor.db'}")
    try:
        await db.write(work)
    finally:
        await db.close()


async def owe_three_jobs(tx: Tx) -> None:
    """Leave one dead job, one that waits and one at work."""
    for key in ("a", "b", "c"):
        await add_job(tx, "tn_1", "track", key, now=THEN, due_at=THEN)
    dead: list[Job] = await claim_jobs(tx, "track", now=THEN, until=LATER, at_most=2)
    await put_off_job(tx, dead[0], due_at=None, failures=10, crashes=10, error="ValueError")


def test_what_is_owed_is_counted_listed_and_tried_again(stagedoor: Stagedoor, data: Path) -> None:
    assert stagedoor("jobs", "count").out == ""
    write(data, owe_three_jobs)
    kind, waiting, running, dead, late = stagedoor("jobs", "count").out.strip().split("\t")
    assert (kind, waiting, running, dead) == ("track", "1 waiting", "1 running", "1 dead")
    assert int(late.removesuffix(" s late")) > 1_000_000
    states = dict(line.split("\t")[:2] for line in stagedoor("jobs", "list").out.splitlines())
    assert sorted(states.values()) == ["dead", "running", "waiting"]
    [line] = stagedoor("jobs", "list", "--dead").out.splitlines()
    job, _, failures, error = line.split("\t")
    assert (failures, error) == ("10", "ValueError")
    assert stagedoor("jobs", "retry", job).code == 0
    assert stagedoor("jobs", "list", "--dead").out == ""
    assert stagedoor("jobs", "list", "--kind", "exchange").out == ""


def test_a_job_that_is_not_there_cannot_be_retried(stagedoor: Stagedoor) -> None:
    for job in ("track:nothing", "track", ":"):
        assert "NotFound.job" in stagedoor("jobs", "retry", job).complaint


def test_a_decision_that_cannot_be_taken_says_why(stagedoor: Stagedoor) -> None:
    assert stagedoor("cases", "list").out == ""
    assert "NotFound.case" in stagedoor("cases", "resolve", "case_none", "--no-group").complaint
    for wrong in ((), ("--group", "group-1", "--no-group")):
        ended = stagedoor("cases", "resolve", "case_none", *wrong)
        assert ended.code == 2
        assert "either --group or --no-group" in ended.err
