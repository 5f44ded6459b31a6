"""Bells between processes, by NOTIFY and LISTEN. A notification that gets lost is no loss: everybody also polls."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

import asyncpg
import structlog

from stagedoor.bells import Bells
from stagedoor.errors import DatabaseUnavailable

if TYPE_CHECKING:
    Listener = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

log = structlog.get_logger()

CHANNEL = "stagedoor"
GAP_SECONDS = 0.02
"""Between two notifications: what rings meanwhile goes out together."""
RETRY_SECONDS = 1.0
TROUBLE = (
    DatabaseUnavailable,
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that the server is just about to end
)


class PostgresBells:
    """Tells the other processes what rang here, and rings here what they tell."""

    def __init__(self, url: str, notify: Callable[[list[str]], Awaitable[None]], bells: Bells, me: str) -> None:
        self._url = url
        self._notify = notify
        self._bells = bells
        self._me = me
        self._news: set[str] = set()
        self._telling: asyncio.Task[None] | None = None
        self._hearing: asyncio.Task[None] | None = None

    def tell(self, names: Iterable[str]) -> None:
        self._news.update(names)
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell(), name="bells:tell")

    async def _tell(self) -> None:
        while self._news:
            names, self._news = [f"{self._me} {name}" for name in self._news], set()
            with suppress(*TROUBLE):
                await self._notify(names)
            await asyncio.sleep(GAP_SECONDS)

    def start_hearing(self) -> None:
        self._hearing = asyncio.create_task(self._hear(), name="bells:hear")

    async def _hear(self) -> None:
        while True:
            try:
                connection = await asyncpg.connect(self._url, timeout=5)
                try:
                    lost = asyncio.Event()
                    connection.add_termination_listener(lambda _, lost=lost: lost.set())
                    await connection.add_listener(CHANNEL, self._ring)
                    await lost.wait()
                finally:
                    connection.terminate()
            except TROUBLE as error:
                log.info("bells_not_heard", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)

    def _ring(self, _connection: "Listener", _pid: int, _channel: str, payload: object) -> None:
        teller, _, name = str(payload).partition(" ")
        if teller != self._me:
            self._bells.ring_here([name])

    async def close(self) -> None:
        if self._hearing is not None:
            self._hearing.cancel()
            with suppress(asyncio.CancelledError):
                await self._hearing
        if self._telling is not None:
            await self._telling
