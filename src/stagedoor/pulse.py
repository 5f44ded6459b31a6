"""How late and how busy the event loop is: what can wait asks here before it takes processor time from people."""

import asyncio
import time

from stagedoor import metrics

EVERY_SECONDS = 0.1
BUSY = 0.5
"""Share of a core from which the loop counts as busy: beyond it, every further bit of work makes people wait noticeably longer."""


class Pulse:
    """The pulse of one process."""

    def __init__(self) -> None:
        self.busy = 0.0
        """Share of a core that the loop's thread used lately: 0 to 1."""

    @property
    def is_busy(self) -> bool:
        return self.busy > BUSY

    async def feel(self) -> None:
        """Measure for ever."""
        while True:
            begun, used = time.perf_counter(), time.thread_time()
            await asyncio.sleep(EVERY_SECONDS)
            passed = time.perf_counter() - begun
            self.busy = min(1.0, (time.thread_time() - used) / passed)
            metrics.pulse_felt(max(0.0, passed - EVERY_SECONDS), self.busy)
