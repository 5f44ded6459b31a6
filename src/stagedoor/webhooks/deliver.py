"""Bring an endpoint what it is owed: a few events at a time, each until it is taken or given up.

There is one job per endpoint, so an endpoint that hangs holds up nobody but itself.
"""

import asyncio
import time
from datetime import datetime, timedelta
from functools import partial

import structlog

from stagedoor import __version__, metrics
from stagedoor.crash import crash_point
from stagedoor.db.database import Tx
from stagedoor.events.store import bell, print_event
from stagedoor.jobs.runner import Again, Taken
from stagedoor.runtime import Runtime
from stagedoor.webhooks.schedule import FAILING_FOR, next_attempt, rest
from stagedoor.webhooks.send import Reply, Sender, SendError
from stagedoor.webhooks.sign import sign
from stagedoor.webhooks.store import (
    DisabledBy,
    Endpoint,
    Owed,
    find_endpoint,
    find_next_due,
    list_owed,
    mark_endpoint_disabled,
    mark_endpoint_failing,
    mark_endpoint_good,
    mark_endpoint_paused,
    mark_tried,
    secret_place,
)

log = structlog.get_logger()

AT_ONCE = 4
"""Requests to one endpoint at the same time."""
SLICE_SECONDS = 20.0
"""After this an endpoint with much to come makes room for others."""
POLL_SECONDS = 1.0
IDLE = timedelta(minutes=1)
GONE = 410
SLOW_DOWN = frozenset({429, 503})


async def deliver_owed(rt: Runtime, sender: Sender, taken: Taken) -> Again | None:
    """Send what is due to the endpoint of a job, for a while, and say when there is something to send again."""
    tenant_id, endpoint_id = taken.job.tenant_id or "", taken.job.key
    at = await _next_time(rt, tenant_id, endpoint_id)
    if at is not None and at <= rt.clock.now():
        begun = await _Slice(rt, sender, tenant_id, endpoint_id).work()
        at = await _next_time(rt, tenant_id, endpoint_id)
        if at is not None and at <= (now := rt.clock.now()) and not begun:
            # It is owed an event that somebody has removed by hand.
            at = now + IDLE
    return None if at is None else Again(at)


async def _next_time(rt: Runtime, tenant_id: str, endpoint_id: str) -> datetime | None:
    """Return when there is something to send, perhaps at once; None when there will be nothing by itself."""

    async def work(tx: Tx) -> datetime | None:
        endpoint = await find_endpoint(tx, tenant_id, endpoint_id)
        due_at = await find_next_due(tx, endpoint_id)
        if endpoint is None or endpoint.disabled_at is not None or due_at is None:
            return None
        return max(due_at, endpoint.paused_until or due_at)

    return await rt.db.read(work)


class _Slice:
    """A while of work for one endpoint."""

    def __init__(self, rt: Runtime, sender: Sender, tenant_id: str, endpoint_id: str) -> None:
        self._rt = rt
        self._sender = sender
        self._tenant_id = tenant_id
        self._endpoint_id = endpoint_id
        self._at_work: dict[asyncio.Task[bool], str] = {}
        self._is_over = False
        self._begun = 0

    async def work(self) -> int:
        """Send until nothing is due, the time is over, or the endpoint wants to be left alone; return how many attempts began."""
        loop = asyncio.get_running_loop()
        until = loop.time() + SLICE_SECONDS
        with self._rt.db.bells.listen(bell(self._tenant_id)) as rung:
            ring = asyncio.create_task(rung.wait())
            try:
                while True:
                    rung.clear()
                    if not self._is_over and loop.time() < until:
                        await self._take_due()
                    if not self._at_work:
                        return self._begun
                    if ring.done():
                        ring = asyncio.create_task(rung.wait())
                    await self._wait({ring})
            finally:
                for task in (ring, *self._at_work):
                    task.cancel()
                await asyncio.gather(ring, *self._at_work, return_exceptions=True)

    async def _wait(self, bells: "set[asyncio.Task[bool]]") -> None:
        """Wait until an attempt has ended or there may be something new to send."""
        ended, _ = await asyncio.wait(
            self._at_work.keys() | bells, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        for task in ended - bells:
            del self._at_work[task]
            self._is_over |= not task.result()

    async def _take_due(self) -> None:
        """Begin what is due and there is room for."""
        room = AT_ONCE - len(self._at_work)
        if not room:
            return

        async def look(tx: Tx) -> tuple[Endpoint | None, list[Owed]]:
            endpoint = await find_endpoint(tx, self._tenant_id, self._endpoint_id)
            now = self._rt.clock.now()
            # What is at work is still on record as due.
            return endpoint, await list_owed(tx, self._tenant_id, self._endpoint_id, now, at_most=AT_ONCE * 2)

        endpoint, due = await self._rt.db.read(look)
        if endpoint is None or endpoint.disabled_at is not None:
            self._is_over = True
            return
        at_work = set(self._at_work.values())
        for owed in [owed for owed in due if owed.event_id not in at_work][:room]:
            task = asyncio.create_task(deliver(self._rt, self._sender, endpoint, owed))
            self._at_work[task] = owed.event_id
            self._begun += 1


async def deliver(rt: Runtime, sender: Sender, endpoint: Endpoint, owed: Owed) -> bool:
    """Send one event once and record what came of it; False when the endpoint is to be left alone now."""
    body = print_event(owed.type, owed.created_at, owed.data)
    timestamp = int(rt.clock.now().timestamp())
    headers = {
        "content-type": "application/json",
        "user-agent": f"stagedoor/{__version__}",
        "webhook-id": owed.event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(open_secrets(rt, endpoint), owed.event_id, timestamp, body),
    }
    begun = time.perf_counter()
    try:
        reply: Reply | str = await sender.post(endpoint.url, headers=headers, body=body)
    except SendError as error:
        reply = error.reason
    metrics.webhook_tried(None if isinstance(reply, str) else reply.status, time.perf_counter() - begun)
    crash_point("C8")
    return await rt.db.write(partial(_record, rt=rt, endpoint=endpoint, owed=owed, reply=reply))


def open_secrets(rt: Runtime, endpoint: Endpoint) -> list[str]:
    """Return the secrets that sign now: the new one, and for a day the one before it."""
    place = secret_place(endpoint.id)
    old, until = endpoint.old_secret, endpoint.old_secret_until
    sealed = [endpoint.secret] if old is None or until is None or rt.clock.now() >= until else [endpoint.secret, old]
    return [rt.vault.open(place, secret) for secret in sealed]


async def _record(tx: Tx, *, rt: Runtime, endpoint: Endpoint, owed: Owed, reply: Reply | str) -> bool:
    now = rt.clock.now()
    status, error = (None, reply) if isinstance(reply, str) else (reply.status, None)
    delivered = status is not None and 200 <= status < 300
    wanted = reply.retry_after if isinstance(reply, Reply) and status in SLOW_DOWN else None
    due_at = None if delivered or status == GONE else next_attempt(owed.attempts + 1, now, wanted)
    await mark_tried(tx, endpoint.id, owed, delivered=delivered, due_at=due_at, status=status, error=error, now=now)
    if delivered:
        await mark_endpoint_good(tx, endpoint.tenant_id, endpoint.id)
        return True
    # What it was when the attempt began may be old: it may have been enabled again meanwhile, and begins anew.
    since = await mark_endpoint_failing(tx, endpoint.tenant_id, endpoint.id, now)
    leave_alone = status is None or wanted is not None
    if leave_alone:
        await mark_endpoint_paused(tx, endpoint.tenant_id, endpoint.id, now + rest(since, now, wanted))
    if status == GONE or now - since >= FAILING_FOR:
        by: DisabledBy = "Gone" if status == GONE else "Failing"
        if await mark_endpoint_disabled(tx, endpoint.tenant_id, endpoint.id, by, now):
            log.warning("webhook_endpoint_disabled", tenant_id=endpoint.tenant_id, endpoint_id=endpoint.id, by=by)
        return False
    return not leave_alone
