"""Waiting for room under a limit: people briefly, background work as long as it takes. In memory: exact for one process."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from stagedoor.errors import FlowLimitExceeded
from stagedoor.quotas.limits import Limit


class Gate:
    """Lets at most ``limit.calls`` through in any period, in the order of arrival."""

    def __init__(self) -> None:
        self._starts: dict[tuple[str, str], deque[float]] = {}
        self._in_background: dict[tuple[str, str], asyncio.Lock] = {}

    async def enter(self, channel_id: str, action: str, limit: Limit, patience: timedelta) -> None:
        """Return when the call may start.

        Args:
            channel_id: the upstream account.
            action: what is called.
            limit: how often it may be.
            patience: longest acceptable wait.

        Raises:
            FlowLimitExceeded: there is no room within the patience.

        """
        now = asyncio.get_running_loop().time()
        starts = self._starts.setdefault((channel_id, action), deque())
        while len(starts) > limit.calls:
            starts.popleft()
        start = max(now, starts[0] + limit.period.total_seconds()) if len(starts) == limit.calls else now
        if start - now > patience.total_seconds():
            raise FlowLimitExceeded(retry_after=timedelta(seconds=start - now))
        starts.append(start)
        if start > now:
            await asyncio.sleep(start - now)

    async def enter_when_quiet(self, channel_id: str, action: str, limit: Limit) -> None:
        """Return when half of the room is free, one after the other: nobody in front of a screen waits for this.

        Args:
            channel_id: the upstream account.
            action: what is called.
            limit: how often it may be.

        """
        async with self._quiet(channel_id, action, limit) as starts:
            starts.append(asyncio.get_running_loop().time())

    async def wait_until_quiet(self, channel_id: str, action: str, limit: Limit) -> None:
        """Return at the same moment, but take no place: the call that follows enters like any other."""
        async with self._quiet(channel_id, action, limit):
            pass

    @asynccontextmanager
    async def _quiet(self, channel_id: str, action: str, limit: Limit) -> AsyncIterator[deque[float]]:
        key = (channel_id, action)
        starts = self._starts.setdefault(key, deque())
        room = max(1, limit.calls // 2)
        async with self._in_background.setdefault(key, asyncio.Lock()):
            while (pause := _until_quiet(starts, room, limit.period.total_seconds())) > 0:  # noqa: ASYNC110 - what is waited for is time
                await asyncio.sleep(pause)
            yield starts


def _until_quiet(starts: deque[float], room: int, period: float) -> float:
    """Return the seconds until fewer than ``room`` calls have started within the last period, and none is still to start."""
    now = asyncio.get_running_loop().time()
    while starts and starts[0] <= now - period:
        starts.popleft()
    if len(starts) < room:
        return max(0.0, starts[-1] - now) if starts else 0.0
    return max(starts[len(starts) - room] + period, starts[-1]) - now
