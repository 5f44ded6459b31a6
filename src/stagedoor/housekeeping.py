"""What has to go when its time is over: answers kept for repeated requests, which hold tokens and links."""

import asyncio
from functools import partial

import structlog

from stagedoor.errors import StagedoorError
from stagedoor.events.store import remove_old_events
from stagedoor.idempotency.store import wipe_answers
from stagedoor.runtime import Runtime
from stagedoor.webhooks.store import remove_old_deliveries, wipe_old_secrets

log = structlog.get_logger()

EVERY_SECONDS = 30.0
AT_ONCE = 100


async def wipe(rt: Runtime) -> int:
    """Wipe everything whose time is over, in small transactions, and return how much that was."""
    total = 0
    while count := await rt.db.write(lambda tx: wipe_answers(tx, rt.clock.now(), at_most=AT_ONCE)):
        total += count
    while count := await rt.db.write(lambda tx: wipe_old_secrets(tx, rt.clock.now(), at_most=AT_ONCE)):
        total += count
    # Deliveries go first: none is ever left without its event.
    for remove in (remove_old_deliveries, remove_old_events):
        while count := await rt.db.write(
            partial(remove, before=rt.clock.now() - rt.settings.event_lifetime, at_most=AT_ONCE)
        ):
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
        except Exception:
            # Whatever it is: what has to go must go the next time.
            log.exception("housekeeping_failed")
        await asyncio.sleep(EVERY_SECONDS)
