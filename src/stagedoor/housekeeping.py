"""What has to go when its time is over: answers kept for repeated requests, old events and imports, windows of limits that nobody uses."""

import asyncio
from datetime import datetime, timedelta
from functools import partial

import structlog

from stagedoor.db.database import Tx
from stagedoor.errors import StagedoorError
from stagedoor.events.store import remove_old_events
from stagedoor.idempotency.store import wipe_answers
from stagedoor.imports.store import remove_old_imports
from stagedoor.operators.store import remove_old_things
from stagedoor.quotas.store import BEGINNING, Place, Walk, remove_idle_windows
from stagedoor.runtime import Runtime
from stagedoor.webhooks.store import remove_old_deliveries, wipe_old_secrets

log = structlog.get_logger()

EVERY_SECONDS = 30.0
AT_ONCE = 100
TRIES_COUNT_FOR = timedelta(days=1)
"""Who has failed to sign in and not tried for so long begins anew."""
STEPS = 10
"""How many steps along the windows of limits are taken each time: of 100,000 of them, each is looked at once an hour."""


async def wipe(rt: Runtime) -> int:
    """Wipe everything whose time is over, in small transactions, and return how much that was."""
    total = 0
    while count := await rt.db.write(lambda tx: wipe_answers(tx, rt.clock.now(), at_most=AT_ONCE)):
        total += count
    while count := await rt.db.write(lambda tx: wipe_old_secrets(tx, rt.clock.now(), at_most=AT_ONCE)):
        total += count
    while count := await rt.db.write(lambda tx: _end_sessions(tx, rt.clock.now())):
        total += count
    # Deliveries go first: none is ever left without its event.
    for remove in (remove_old_deliveries, remove_old_events):
        while count := await rt.db.write(
            partial(remove, before=rt.clock.now() - rt.settings.event_lifetime, at_most=AT_ONCE)
        ):
            total += count
    while count := await rt.db.write(
        partial(remove_old_imports, before=rt.clock.now() - rt.settings.import_lifetime, at_most=AT_ONCE)
    ):
        total += count
    return total


async def _end_sessions(tx: Tx, now: datetime) -> int:
    """Remove what is over of the console's sessions and their doors."""
    return await remove_old_things(tx, now, tried_before=now - TRIES_COUNT_FOR, at_most=AT_ONCE)


async def forget_windows(rt: Runtime, place: Place) -> Walk:
    """Take the next steps along the windows of limits, and return how far that was."""
    removed = 0
    for _ in range(STEPS):
        walk = await rt.db.write(partial(remove_idle_windows, place=place, at_most=AT_ONCE))
        place, removed = walk.place, removed + walk.removed
        if place == BEGINNING:
            break
    return Walk(place, removed)


async def keep_house(rt: Runtime) -> None:
    """Wipe now and then, for as long as the gateway runs."""
    place = BEGINNING
    while True:
        try:
            walk = await forget_windows(rt, place)
            place = walk.place
            if count := await wipe(rt) + walk.removed:
                log.info("wiped", rows=count)
        except StagedoorError as error:
            log.warning("housekeeping_failed", error=error.full_code)
        except Exception:
            # Whatever it is: what has to go must go the next time.
            log.exception("housekeeping_failed")
        await asyncio.sleep(EVERY_SECONDS)
