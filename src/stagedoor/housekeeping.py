"""What has to go when its time is over: tokens, links and answers that hold them."""

import asyncio

import structlog

from stagedoor.errors import StagedoorError
from stagedoor.idempotency.store import wipe_answers
from stagedoor.runtime import Runtime
from stagedoor.validation.store import expire_sessions

log = structlog.get_logger()

EVERY_SECONDS = 30.0
AT_ONCE = 500


async def wipe(rt: Runtime) -> int:
    """Wipe everything whose time is over, in small transactions, and return how much that was."""
    total = 0
    for sweep in (expire_sessions, wipe_answers):
        while count := await rt.db.write(lambda tx, sweep=sweep: sweep(tx, rt.clock.now(), at_most=AT_ONCE)):  # type: ignore[misc]  # bound now, called now
            total += count
    return total


async def keep_house(rt: Runtime) -> None:
    """Wipe now and then, for as long as the gateway runs."""
    while True:
        try:
            if count := await wipe(rt):
                log.info("wiped", rows=count)
        except StagedoorError as error:
            log.warning("housekeeping_failed", error=error.full_code)
        await asyncio.sleep(EVERY_SECONDS)
