"""PostgreSQL: any number of identical gateway processes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import asyncpg

from stagedoor import metrics
from stagedoor.bells import Bells
from stagedoor.db.database import AlreadyThere, Param, Record, Result, Work
from stagedoor.db.postgres_bells import CHANNEL, PostgresBells
from stagedoor.db.rows import Value, numbered, reader, to_values
from stagedoor.errors import DatabaseUnavailable
from stagedoor.ids import random_base62

if TYPE_CHECKING:
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

ACQUIRE_TIMEOUT = 4.0
"""How long a transaction waits for a connection of the pool."""
PATIENCE = 5.0
"""How long a transaction takes with that wait: a server that hangs, or a lock that somebody holds, costs nobody more."""
HEAVY_PATIENCE = 30.0
CLOSE_SECONDS = 2.0
ATTEMPTS = 5
SLOTS = 16


class PostgresTx:
    """The statements of one transaction on one connection."""

    merges = False
    skip_locked = " FOR UPDATE SKIP LOCKED"
    number_of_transaction = "CAST(CAST(pg_current_xact_id() AS text) AS bigint)"
    microseconds = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"
    # Transactions are numbered for the whole server: those of other databases wrote nothing that is read here. Where it may not be
    # seen whose one is, or one has just ended, it counts as ours.
    first_unfinished_transaction = (
        "(SELECT coalesce(min(CAST(CAST(running AS text) AS bigint)),"
        " CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint))"
        " FROM pg_snapshot_xip(pg_current_snapshot()) AS running WHERE NOT EXISTS (SELECT 1"
        " FROM pg_stat_get_activity(NULL) AS other WHERE other.backend_xid = CAST(running AS xid)"
        " AND other.datid <> (SELECT oid FROM pg_database WHERE datname = current_database())))"
    )

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self.rung: set[str] = set()
        self.afterwards: list[Callable[[], None]] = []

    def ring(self, bell: str) -> None:
        self.rung.add(bell)

    def then(self, act: Callable[[], None]) -> None:
        self.afterwards.append(act)

    @property
    def slot(self) -> int:
        # Backends get their process ids one after another: those of a pool, or of two, seldom share a slot.
        return self._connection.get_server_pid() % SLOTS

    async def find(self, into: type[Record], sql: str, /, **params: Param) -> Record | None:
        text, values = _prepare(sql, params)
        row = await self._connection.fetchrow(text, *values)
        return None if row is None else reader(into)((tuple(row),))[0]

    async def list(self, into: type[Record], sql: str, /, **params: Param) -> list[Record]:
        text, values = _prepare(sql, params)
        return reader(into)(map(tuple, await self._connection.fetch(text, *values)))

    async def number(self, sql: str, /, **params: Param) -> int:
        text, values = _prepare(sql, params)
        return int(await self._connection.fetchval(text, *values) or 0)

    async def execute(self, sql: str, /, **params: Param) -> int:
        text, values = _prepare(sql, params)
        try:
            status = await self._connection.execute(text, *values)
        except asyncpg.UniqueViolationError as error:
            raise AlreadyThere(error.constraint_name or "") from None
        return int(status.rsplit(" ", 1)[-1])


def _prepare(sql: str, params: dict[str, Param]) -> tuple[str, list[Value]]:
    text, names = numbered(sql)
    values = to_values(params)
    return text, [values[name] for name in names]


def _cancellations() -> int:
    """Return how often this task was told to end and has not ended yet."""
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


async def _leave_as_it_is(_: object) -> None:
    """Save the round trip by which asyncpg undoes what a session set: nothing here sets anything."""


class PostgresDatabase:
    """A pool of connections to one database."""

    is_shared = True

    def __init__(self, url: str, pool: "asyncpg.Pool[Any]") -> None:
        self.bells = Bells()
        self._pool = pool
        self._shared_bells = PostgresBells(url, self._notify, self.bells, random_base62(8))
        self.bells.pass_on = self._shared_bells.tell

    def hear(self) -> None:
        self._shared_bells.start_hearing()

    @classmethod
    async def open(cls, url: str, size: int) -> "PostgresDatabase":
        """Connect to ``postgresql://…`` with at most ``size`` connections.

        Raises:
            DatabaseUnavailable: there is no such server or database.

        """
        try:
            pool = await asyncpg.create_pool(url, min_size=1, max_size=size, timeout=PATIENCE, reset=_leave_as_it_is)
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            raise DatabaseUnavailable(f"PostgreSQL cannot be reached: {type(error).__name__}.") from error
        return cls(url, pool)

    async def read(self, work: Work[Result], *, heavy: bool = False) -> Result:
        async with self._connection(HEAVY_PATIENCE if heavy else PATIENCE) as connection:
            return await work(PostgresTx(connection))

    async def write(self, work: Work[Result], *, soft: bool = False, urgent: bool = False) -> Result:  # noqa: ARG002 - its disk is its own
        begun = metrics.write_begun()
        try:
            return await self._write(work, soft=soft)
        finally:
            metrics.write_ended(begun)

    async def _write(self, work: Work[Result], *, soft: bool) -> Result:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self._connection(PATIENCE) as connection:
                    async with connection.transaction():
                        if soft:
                            await connection.execute("SET LOCAL synchronous_commit = off")
                        tx = PostgresTx(connection)
                        result = await work(tx)
                    if tx.rung:
                        self.bells.ring(tx.rung)
                    for act in tx.afterwards:
                        act()
                    return result
            except (
                asyncpg.DeadlockDetectedError,
                asyncpg.SerializationError,
                asyncpg.InvalidCachedStatementError,  # a migration has changed the table: it is prepared anew
            ):
                if attempt == ATTEMPTS:
                    raise DatabaseUnavailable(retry_after=timedelta(seconds=1)) from None
        raise AssertionError("unreachable")

    async def _notify(self, notices: list[str]) -> None:
        async with self._connection(PATIENCE) as connection:
            await connection.execute(
                f"SELECT pg_notify('{CHANNEL}', notice) FROM unnest($1::text[]) AS notice", notices
            )

    @asynccontextmanager
    async def _connection(self, patience: float) -> "AsyncIterator[Connection]":
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        cancelled_before = _cancellations()
        try:
            async with self._pool.acquire(timeout=ACQUIRE_TIMEOUT) as connection:
                # Broken off from outside, since all that is polite (cancelling, rolling back) waits for the server once more.
                watch = loop.call_at(until, connection.terminate)
                try:
                    yield connection
                except asyncio.CancelledError:
                    connection.terminate()
                    raise
                finally:
                    watch.cancel()
        except (
            OSError,
            TimeoutError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,  # a connection that the server is just about to end
            asyncpg.PostgresConnectionError,
            asyncpg.OperatorInterventionError,
            asyncpg.InsufficientResourcesError,
            asyncpg.ReadOnlySQLTransactionError,
        ) as error:
            # Rolling back on a connection that is gone fails in its own way; a task that was to end ends all the same.
            if _cancellations() > cancelled_before:
                raise asyncio.CancelledError from error
            raise DatabaseUnavailable(retry_after=timedelta(seconds=1)) from error

    async def close(self) -> None:
        await self._shared_bells.close()
        with suppress(TimeoutError):  # a server that hangs: the pool breaks off by itself
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._pool.close()
