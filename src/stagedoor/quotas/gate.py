"""Waiting briefly for room under a limit. In memory: exact for one process."""

import asyncio
from collections import deque
from datetime import timedelta

from stagedoor.errors import FlowLimitExceeded
from stagedoor.quotas.limits import Limit


class Gate:
    """Lets at most ``limit.calls`` through in any period, in the order of arrival."""

    def __init__(self) -> None:
        self._starts: dict[tuple[str, str], deque[float]] = {}

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
