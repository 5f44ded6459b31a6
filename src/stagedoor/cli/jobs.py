"""`stagedoor jobs`: the work that is owed."""

from typing import TYPE_CHECKING, Annotated

import typer

from stagedoor.cli.common import with_runtime

if TYPE_CHECKING:
    from datetime import datetime

    from stagedoor.jobs.store import JobCount
    from stagedoor.runtime import Runtime

app = typer.Typer(help="The work that is owed: exchanges, assets to look after, deliveries.", no_args_is_help=True)


@app.command("count")
def count() -> None:
    """Count the jobs by kind: waiting, running, dead, and for how many seconds the oldest could have been taken."""
    from stagedoor.jobs.store import count_jobs

    async def work(rt: "Runtime") -> "tuple[list[JobCount], datetime]":
        return await rt.db.read(count_jobs, heavy=True), rt.clock.now()

    counts, now = with_runtime(work)
    for line in counts:
        late = 0.0 if line.oldest_due_at is None else max(0.0, (now - line.oldest_due_at).total_seconds())
        print(
            line.kind,
            f"{line.waiting} waiting",
            f"{line.running} running",
            f"{line.dead} dead",
            f"{late:.0f} s late",
            sep="\t",
        )


@app.command("list")
def show(
    kind: Annotated[str | None, typer.Option(help="Only jobs of this kind.")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="Only those that are not tried any more.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The oldest so many.")] = 100,
) -> None:
    """List jobs: id, state, failures in a row, last error."""
    from stagedoor.jobs.store import list_jobs

    for job in with_runtime(lambda rt: rt.db.read(lambda tx: list_jobs(tx, kind=kind, dead=dead, at_most=limit))):
        state = "dead" if job.due_at is None else "waiting" if job.started_at is None else "running"
        print(f"{job.kind}:{job.key}", state, job.failures, job.error or "-", sep="\t")


@app.command("retry")
def retry(
    job: Annotated[str, typer.Argument(help="The job's id, KIND:KEY, as `stagedoor jobs list` shows it.")],
) -> None:
    """Make a job due at once, dead or not."""
    from stagedoor.retry import order_again

    kind, _, key = job.partition(":")
    with_runtime(lambda rt: order_again(rt, kind, key))
