"""One piece of work for many who ask for the same thing at the same time, in one process."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import structlog

log = structlog.get_logger()
Result = TypeVar("Result")


class Tasks:
    """The application's own tasks: they go on when the request that began them is gone."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[Any]] = {}

    def launch(self, key: str, work: Callable[[], Coroutine[Any, Any, Result]]) -> "asyncio.Task[Result]":
        """Return the running task for a key, beginning it when there is none."""
        task = self._running.get(key)
        if task is None:
            task = asyncio.create_task(work(), name=key)
            self._running[key] = task
            task.add_done_callback(self._finish)
        return task

    async def share(self, key: str, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """Return the answer, or raise the error, of the one task that runs for a key."""
        return await asyncio.shield(self.launch(key, work))

    def _finish(self, task: "asyncio.Task[Any]") -> None:
        self._running.pop(task.get_name(), None)
        if not task.cancelled() and (error := task.exception()):
            log.info("task_failed", task=task.get_name().partition(":")[0], error=type(error).__name__)

    async def close(self, patience: float) -> None:
        """Let running tasks end, for at most ``patience`` seconds, then cancel them."""
        running = list(self._running.values())
        if running:
            _, late = await asyncio.wait(running, timeout=patience)
            for task in late:
                task.cancel()
