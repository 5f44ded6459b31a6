"""Waiting for room under the limits of the upstream accounts: people briefly and fairly, background work as long as it takes."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial

from stagedoor.contract.operations import Operation
from stagedoor.db.database import Database
from stagedoor.errors import DatabaseUnavailable, FlowLimitExceeded, QuotaExceeded, StagedoorError
from stagedoor.ids import random_base62
from stagedoor.quotas.limits import Limit
from stagedoor.quotas.meter import Meter
from stagedoor.quotas.queue import Place
from stagedoor.quotas.windows import windows_of


def microseconds() -> int:
    return time.monotonic_ns() // 1000


class Gate:
    """Lets at most ``limit.calls`` through in any period, as the upstream counts them, in all processes together."""

    def __init__(self, db: Database) -> None:
        self._windows = windows_of(db)
        self._holder = random_base62(8)
        self._meters: dict[tuple[str, str], Meter] = {}

    async def enter(self, channel_id: str, action: str, limit: Limit, patience: timedelta, tenant_id: str) -> Place:
        """Return when the call may start. Give the place to ``leave`` when it has its answer.

        Args:
            channel_id: the upstream account.
            action: what is called.
            limit: how often it may be.
            patience: longest acceptable wait.
            tenant_id: who calls: tenants take turns.

        Raises:
            FlowLimitExceeded: there is no room within the patience.
            DatabaseUnavailable: nobody knows whether there is room.

        """
        meter = self._meter(channel_id, action, limit)
        return meter.take(limit) or await meter.wait(tenant_id, patience)

    def leave(self, channel_id: str, action: str, place: Place) -> None:
        """Count the call as one that the upstream has seen by now."""
        self._meters[channel_id, action].leave(place)

    async def enter_when_quiet(self, channel_id: str, action: str, limit: Limit) -> Place:
        """Do the same when half of the room is free, one after the other: nobody in front of a screen waits for this."""
        place = await self._meter(channel_id, action, limit).wait_until_quiet(take=True)
        if place is None:
            raise AssertionError("It was asked for a place.")
        return place

    async def wait_until_quiet(self, channel_id: str, action: str, limit: Limit) -> None:
        """Return at the same moment, but take no place: the call that follows enters like any other."""
        await self._meter(channel_id, action, limit).wait_until_quiet(take=False)

    async def heed(self, channel_id: str, action: str, limit: Limit, error: StagedoorError) -> None:
        """Let nothing through for as long as the upstream has asked for, in any process, if that is what the error says."""
        if not isinstance(error, FlowLimitExceeded | QuotaExceeded) or not error.upstream or not error.retry_after:
            return
        pause = error.retry_after // timedelta(microseconds=1)
        # Where it cannot be written, the caller has the upstream's own answer all the same.
        with suppress(DatabaseUnavailable):
            await self._meter(channel_id, action, limit).close_for(pause)

    async def close(self) -> None:
        """Report what has ended and give back what is in hand."""
        await asyncio.gather(*(meter.close() for meter in self._meters.values()))
        await self._windows.close()

    def _meter(self, channel_id: str, action: str, limit: Limit) -> Meter:
        meter = self._meters.get((channel_id, action))
        if meter is None:
            ask = partial(self._windows.ask, channel_id, action)
            meter = self._meters[channel_id, action] = Meter(ask, self._holder, limit, microseconds)
        return meter


class GateToll:
    """What further tries of one account's calls have to do with the gate."""

    def __init__(self, gate: Gate, channel_id: str, limit_of: Callable[[str], Limit], patience: timedelta) -> None:
        self._gate = gate
        self._channel_id = channel_id
        self._limit_of = limit_of
        self._patience = patience

    async def heed(self, operation: Operation, error: StagedoorError) -> None:
        """Let nothing through for as long as the upstream has asked for, in any process."""
        await self._gate.heed(self._channel_id, operation.action, self._limit_of(operation.action), error)

    async def pay(self, operation: Operation) -> bool:
        """Return when there is room for another try, or False when there will not be in time."""
        limit = self._limit_of(operation.action)
        try:
            await self._gate.enter(self._channel_id, operation.action, limit, self._patience, "")
        except StagedoorError:
            return False
        # Its place is never left: it counts as taken for as long as a slow call's.
        return True
