"""Ordering a job once more, in an operator's name."""

from stagedoor.audit.store import INSTANCE, OPERATOR, record
from stagedoor.db.database import Tx
from stagedoor.jobs.store import retry_job
from stagedoor.runtime import Runtime


async def order_again(rt: Runtime, kind: str, key: str, *, by: str = OPERATOR) -> None:
    """Make a job due at once, as if it had never failed.

    Raises:
        NotFound: there is no such job, or it is at work.

    """

    async def work(tx: Tx) -> None:
        now = rt.clock.now()
        await retry_job(tx, kind, key, now)
        await record(tx, INSTANCE, by, "job.retried", key, {"kind": kind}, now=now)

    await rt.db.write(work)
