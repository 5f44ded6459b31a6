"""Call an upstream and remember what the answer says about the account: for operators, and for the choice of channels."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

import structlog

from stagedoor.channels.conditions import ANY, UNREACHABLE, condition_of, is_disproven, is_down, is_without_project
from stagedoor.channels.live import LiveChannel
from stagedoor.channels.measure import measured
from stagedoor.channels.record import end_condition, record_condition
from stagedoor.channels.store import Condition
from stagedoor.contract.operations import Operation
from stagedoor.db.database import Tx
from stagedoor.errors import DatabaseUnavailable, StagedoorError, UpstreamRejected
from stagedoor.runtime import Runtime

log = structlog.get_logger()

SAY_AGAIN = 10_000_000
"""Microseconds in which the same thing is written down once: what was refused a moment ago is often refused again."""
ASK_AGAIN = timedelta(minutes=1)
"""What a caller is told to wait when the account takes nothing new: somebody has to do something about it."""


class Watch:
    """Calls upstreams; a success costs nothing more unless there is something that it disproves."""

    def __init__(self, rt: Runtime, changed: Callable[[], None]) -> None:
        """Watch for a book, which is told by ``changed`` that it has to be read again."""
        self._rt = rt
        self._changed = changed
        self._said: dict[tuple[str, str, str], int] = {}

    async def call(self, live: LiveChannel, operation: Operation, body: Mapping[str, object]) -> dict[str, object]:
        """Return the upstream's result in official fields.

        Raises:
            StagedoorError: there is none; that the channel's own project, or that of an object on record, is missing over there
                is not the caller's fault.

        """
        begun = self._rt.clock.now()
        try:
            result = await measured(live.channel, operation, live.upstream.call(operation, body))
        except StagedoorError as error:
            met = condition_of(live.channel, operation, body, error)
            if met is None and is_down(error) and live.upstream.is_down:
                met = (UNREACHABLE, ANY)
            elif met is not None:
                # Without a code of the asset library's own it may have been anybody on the way who refused.
                error.is_of_account = bool(error.upstream and error.upstream.Code)
            if met is not None:
                noting = self._rt.tasks.launch(
                    "/".join(("condition", live.channel.id, *met)), partial(self._note, live, met, error)
                )
                if operation.creates:
                    # The next new thing must know of it; whoever only looks does not wait for a row about something else.
                    await asyncio.shield(noting)
                    error.retry_after = error.retry_after or ASK_AGAIN
            if is_without_project(error) and (met is not None or operation.has_id):
                # Not the object is missing: a job that took it for deleted would forget it.
                rejected = UpstreamRejected(upstream=error.upstream, retry_after=error.retry_after)
                rejected.is_of_account = error.is_of_account
                raise rejected from error
            raise
        if live.conditions:
            wrong = [known for known in live.conditions if is_disproven(known, live.channel, operation, body)]
            if wrong:
                await self._forget(live, wrong, begun)
        return result

    async def _note(self, live: LiveChannel, met: tuple[str, str], error: StagedoorError) -> None:
        kind, action = met
        name, now = (live.channel.id, kind, action), self._rt.clock.microseconds()
        if now - self._said.get(name, -SAY_AGAIN) < SAY_AGAIN:
            return
        self._said[name] = now
        moment = self._rt.clock.now()
        code = (error.upstream.Code if error.upstream else "") or error.code
        condition = Condition(live.channel.id, kind, action, code, since=moment, last_seen_at=moment)
        try:
            news = await self._rt.db.write(lambda tx: record_condition(tx, self._rt, condition))
        except DatabaseUnavailable as unwritten:
            log.warning("channel_condition_unwritten", channel=live.channel.name, kind=kind, error=unwritten.code)
            return
        self._changed()
        if news:
            log.error("channel_condition", channel=live.channel.name, kind=kind, action=action, code=code)

    async def _forget(self, live: LiveChannel, wrong: list[Condition], begun: datetime) -> None:
        async def work(tx: Tx) -> list[str]:
            return [known.kind for known in wrong if await end_condition(tx, self._rt, known, seen_before=begun)]

        try:
            dropped = await self._rt.db.write(work)
        except DatabaseUnavailable as unwritten:
            # The next success does it.
            log.warning("channel_condition_unwritten", channel=live.channel.name, error=unwritten.code)
            return
        self._changed()
        for known in wrong:
            self._said.pop((known.channel_id, known.kind, known.action), None)
        for kind in dropped:
            log.warning("channel_recovered", channel=live.channel.name, kind=kind)
