"""`GET /metrics`: the numbers of this process, and what waits in the database, for Prometheus."""

import asyncio
from collections.abc import Sequence

from starlette.types import Receive, Scope, Send

from stagedoor import metrics
from stagedoor.assets.store import TRACK
from stagedoor.cases.store import count_open_cases
from stagedoor.db.database import Tx
from stagedoor.errors import MethodNotAllowed, StagedoorError
from stagedoor.http.guard import NO_SNIFF, NO_STORE
from stagedoor.http.router import Route
from stagedoor.jobs.store import Backlog, find_backlog
from stagedoor.keys.authenticate import KeyRing
from stagedoor.runtime import Runtime

ACTION = "ReadMetrics"
FRESH_SECONDS = 5.0
"""How old what is told of the database may be: many who ask make no more work than one."""
AT_MOST = 10_000
"""Rows of a kind that are counted: reading the numbers costs the same however much there is."""


def metrics_routes(rt: Runtime, keys: KeyRing, kinds: Sequence[str]) -> list[Route]:
    """Return the route, unless the settings want none; ``kinds`` are the jobs that are told of."""
    if rt.settings.metrics == "off":
        return []
    return [Route("/metrics", MetricsEndpoint(rt, keys, kinds))]


class MetricsEndpoint:
    """Answers with the text format, to operators or to everybody."""

    def __init__(self, rt: Runtime, keys: KeyRing, kinds: Sequence[str]) -> None:
        self._rt = rt
        self._keys = keys
        self._kinds = kinds
        self._fresh_until = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the ASGI signature
        state = scope["state"]
        state["action"] = ACTION
        if scope["method"] not in {"GET", "HEAD"}:
            raise MethodNotAllowed("GET, HEAD")
        if self._rt.settings.metrics == "admin":
            await self._keys.authenticate_admin(state["headers"].get(b"authorization", b""))
        await self._rt.tasks.share("metrics", self._look)
        body = metrics.render()
        headers = [
            (b"content-type", metrics.CONTENT_TYPE),
            (b"content-length", b"%d" % len(body)),
            (b"x-request-id", state["request_id"].encode()),
            NO_STORE,
            NO_SNIFF,
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body if scope["method"] == "GET" else b""})

    async def _look(self) -> None:
        """Bring what is told of the database up to date, unless it is fresh; without the database, the rest is told."""
        now = asyncio.get_running_loop().time()
        if now < self._fresh_until:
            return
        self._fresh_until = now + FRESH_SECONDS
        try:
            backlog, cases = await self._rt.db.read(self._count, heavy=True)
        except StagedoorError:
            metrics.DATABASE_UP.set(0)
            return
        metrics.DATABASE_UP.set(1)
        metrics.OPEN_CASES.set(cases)
        for one in backlog:
            self._show(one)

    async def _count(self, tx: Tx) -> tuple[list[Backlog], int]:
        now = self._rt.clock.now()
        backlog = [await find_backlog(tx, kind, now=now, at_most=AT_MOST) for kind in self._kinds]
        return backlog, await count_open_cases(tx, at_most=AT_MOST)

    def _show(self, one: Backlog) -> None:
        for state, count in (("due", one.due), ("later", one.later), ("dead", one.dead)):
            metrics.JOBS[one.kind, state].set(count)
        now = self._rt.clock.now()
        oldest = one.next_due_at or now
        metrics.OLDEST_JOB[one.kind,].set(max(0.0, (now - oldest).total_seconds()))
        if one.kind == TRACK:
            metrics.TRACKED.set(one.due + one.later)
