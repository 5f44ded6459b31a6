"""The channels as a running gateway uses them: chosen by model, connected, metered, watched."""

import time
from collections.abc import AsyncIterator, Callable, Container, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

import msgspec

from stagedoor import metrics
from stagedoor.ark.upstream import connect
from stagedoor.channels.account import account_of
from stagedoor.channels.choose import choose, fitness, random_lot, steady_lot
from stagedoor.channels.live import LiveChannel, Standing
from stagedoor.channels.store import Channel, Condition, list_channels, list_conditions
from stagedoor.channels.watch import Watch
from stagedoor.contract.operations import BY_ACTION, Operation
from stagedoor.db.database import Tx
from stagedoor.errors import (
    FlowLimitExceeded,
    InvalidParameter,
    NoChannel,
    StagedoorError,
    UpstreamUnavailable,
)
from stagedoor.quotas.gate import Gate, GateToll
from stagedoor.quotas.limits import Limit, read_limits
from stagedoor.quotas.queue import Place
from stagedoor.runtime import Runtime

FRESH = 1_000_000
"""Microseconds for which a reading is good."""


TRIAL = timedelta(seconds=30)
"""While one new thing finds out whether a doubtful channel is fit again, the next ones go elsewhere."""
LOOK_AGAIN = timedelta(seconds=30)
"""What a caller is told to wait when every channel is closed to new things."""
PROBE = BY_ACTION["ListAssetGroups"]


class ChannelBook:
    """All channels, read again when the last reading is a second old."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._gate = Gate(rt.db)
        self._patience = timedelta(seconds=rt.settings.quota_wait)
        self._live: dict[str, LiveChannel] = {}
        self._by_model: dict[str, list[LiveChannel]] = {}
        self._trials: dict[str, datetime] = {}
        self._read_at: int | None = None
        self._watch = Watch(rt, self._forget)

    async def choose(self, model: str, tenant_id: str, seed: str | None = None) -> Channel:
        """Return the channel for something new, which stays there whatever happens later.

        Args:
            model: what the caller asked for.
            tenant_id: whose it is.
            seed: the same one leads to the same channel as long as that is fit; without it, chance decides among equals.

        Raises:
            NoChannel: every channel with this model is closed to new things, or there are none at all.
            InvalidParameter: none of the tenant's channels has this model.

        """
        ranked = await self._list_open(model, tenant_id)
        chosen = self._draw(ranked, seed)
        for live in ranked:
            if live is not chosen and live.upstream.is_down:
                self._probe(live)
        return chosen.channel

    async def choose_other(
        self,
        model: str,
        tenant_id: str,
        seed: str | None,
        *,
        asked: Container[str],
        may_be_on: Callable[[Channel], bool],
    ) -> Channel | None:
        """Return the next fit channel for something new that others have refused; None when there is none."""
        try:
            ranked = await self._list_open(model, tenant_id)
        except StagedoorError:  # the last of them has just been closed, or cannot be read
            return None
        now = self._rt.clock.now()
        fit = [live for live in ranked if fitness(live, now, self._may_try) is Standing.FIT]
        others = [live for live in fit if live.channel.id not in asked and may_be_on(live.channel)]
        return self._draw(others, seed).channel if others else None

    async def _list_open(self, model: str, tenant_id: str) -> list[LiveChannel]:
        await self._refresh_in_time()
        mine = [live for live in self._by_model.get(model, ()) if live.channel.takes(tenant_id)]
        if not mine:
            raise self._unknown_model(tenant_id)
        ranked = [live for live in mine if live.channel.state == "enabled"]
        if not ranked:
            raise NoChannel(
                "Every upstream account for this model is closed to new groups and sessions.", retry_after=LOOK_AGAIN
            )
        return ranked

    def _draw(self, ranked: Sequence[LiveChannel], seed: str | None) -> LiveChannel:
        now = self._rt.clock.now()
        if seed is not None:
            return choose(ranked, steady_lot(seed), now, lambda _: True)
        chosen = choose(ranked, random_lot, now, self._may_try)
        if chosen.conditions:
            self._trials[chosen.channel.id] = now + TRIAL
        return chosen

    def _may_try(self, live: LiveChannel) -> bool:
        now = self._rt.clock.now()
        return self._trials.get(live.channel.id, now) <= now

    async def route(self, model: str, tenant_id: str) -> Channel:
        """Return the channel a model leads to, for calls about what is there already: even a closed one, or another tenant's.

        Raises:
            NoChannel: no channel is set up at all.
            InvalidParameter: none of them has this model.

        """
        await self._refresh_in_time()
        ranked = self._by_model.get(model)
        if ranked is None:
            raise self._unknown_model(tenant_id)
        for live in ranked:
            if live.channel.takes(tenant_id):
                return live.channel
        return ranked[0].channel

    def _unknown_model(self, tenant_id: str) -> StagedoorError:
        models = sorted(
            model for model, ranked in self._by_model.items() if any(live.channel.takes(tenant_id) for live in ranked)
        )
        if not models:
            return NoChannel()
        return InvalidParameter(f"The model must be one of: {', '.join(models)}.", field="model")

    async def list_live(self) -> list[LiveChannel]:
        """Return every channel as this process sees it."""
        await self._refresh()
        return list(self._live.values())

    async def default_model(self, tenant_id: str, models: Sequence[str] | None) -> str:
        """Return the first of these models that a channel takes something new of; without models, one of the preferred channel.

        Raises:
            NoChannel: there is none.

        """
        await self._refresh_in_time()
        if models is None:
            models = [model for live in self._live.values() for model in live.channel.models]
        for model in models:
            ranked = self._by_model.get(model, ())
            if any(live.channel.state == "enabled" and live.channel.takes(tenant_id) for live in ranked):
                return model
        raise NoChannel

    async def get(self, channel_id: str) -> Channel:
        """Return a channel, disabled or not.

        Raises:
            NoChannel: there is none with this id.

        """
        return (await self._get(channel_id)).channel

    async def close(self) -> None:
        """Tell other processes that this one needs no places under the limits any more."""
        await self._gate.close()

    async def ask(
        self,
        channel_id: str,
        operation: Operation,
        body: Mapping[str, object],
        *,
        tenant_id: str = "",
        in_background: bool = False,
        place: Place | None = None,
    ) -> dict[str, object]:
        """Call an operation on a channel's upstream, within its limits, and return the Result.

        Args:
            channel_id: the upstream account.
            operation: which of the twelve.
            body: official fields, without ``model``.
            tenant_id: for whom; tenants take turns when there is little room.
            in_background: nobody waits for it: it leaves half of the limit to people and waits as long as it takes.
            place: one that was waited for before.

        Raises:
            FlowLimitExceeded: there was no room in time.
            DatabaseUnavailable: nobody knows whether there is room.
            StagedoorError: whatever the upstream's answer means.

        """
        live = await self._get(channel_id)
        self._check(live, operation)
        action = operation.action
        limit = live.limits[action]
        if place is None and in_background:
            place = await self._gate.enter_when_quiet(channel_id, action, limit)
        elif place is None:
            place = await self._enter(live, action, tenant_id)
        try:
            return await self._watch.call(live, operation, body)
        finally:
            self._gate.leave(channel_id, action, place)

    async def _enter(self, live: LiveChannel, action: str, tenant_id: str) -> Place:
        begun, name = time.perf_counter(), live.channel.name
        try:
            place = await self._gate.enter(live.channel.id, action, live.limits[action], self._patience, tenant_id)
        except FlowLimitExceeded:
            metrics.quota_refused(name, action)
            raise
        metrics.quota_waited(name, action, time.perf_counter() - begun)
        return place

    async def wait_until_quiet(self, channel_id: str, operation: Operation) -> None:
        """Return when half of the operation's limit is free, for work that nobody waits for."""
        live = await self._get(channel_id)
        await self._gate.wait_until_quiet(channel_id, operation.action, live.limits[operation.action])

    async def wait_for_place(self, channel_id: str, operation: Operation) -> Place:
        """Return a place for a call that nobody waits for, which leaves half of the limit to people; hand it to ``ask``, or give it back.

        Raises:
            StagedoorError: the call would come to nothing.

        """
        live = await self._get(channel_id)
        self._check(live, operation)
        return await self._gate.enter_when_quiet(channel_id, operation.action, live.limits[operation.action])

    def give_back(self, channel_id: str, operation: Operation, place: Place) -> None:
        """Give a place back, if it was not used."""
        self._gate.leave(channel_id, operation.action, place)

    def _check(self, live: LiveChannel, operation: Operation) -> None:
        """Refuse at once, before anybody waits for room, what would come to nothing."""
        if operation.creates and live.channel.disabled_at is not None:
            raise NoChannel("The upstream account of this object is disabled: nothing is added there.")
        live.upstream.check()

    def _probe(self, live: LiveChannel) -> None:
        """Find out whether a channel that is passed over answers again, at no caller's cost; does nothing before its time."""
        try:
            live.upstream.check()
        except UpstreamUnavailable:
            return
        channel = live.channel
        body = {"Filter": {"GroupType": "AIGC"}, "PageNumber": 1, "PageSize": 1, "ProjectName": channel.project_name}
        self._rt.tasks.launch(f"probe:{channel.id}", lambda: self.ask(channel.id, PROBE, body, in_background=True))

    async def _get(self, channel_id: str) -> LiveChannel:
        await self._refresh_in_time()
        live = self._live.get(channel_id)
        if live is None:
            raise NoChannel("The upstream account of this object is no longer set up.")
        return live

    def _forget(self) -> None:
        self._read_at = None

    async def _refresh_in_time(self) -> None:
        # A reading from the future is none: somebody has set the clock back.
        if self._read_at is None or not 0 <= self._rt.clock.microseconds() - self._read_at < FRESH:
            await self._refresh()

    async def _refresh(self) -> None:
        now = self._rt.clock.microseconds()
        channels, conditions = await self._rt.db.read(_read)
        self._live = {
            channel.id: self._connected(channel, tuple(known for known in conditions if known.channel_id == channel.id))
            for channel in channels
        }
        self._by_model = {}
        # Stable: the preferred stay first, and disabled channels give way to all others.
        for live in sorted(self._live.values(), key=lambda live: live.channel.disabled_at is not None):
            for model in live.channel.models:
                self._by_model.setdefault(model, []).append(live)
        self._read_at = now

    def _connected(self, channel: Channel, conditions: tuple[Condition, ...]) -> LiveChannel:
        known = self._live.get(channel.id)
        if known is not None and _connection(known.channel) == _connection(channel):
            upstream = known.upstream
        else:
            toll = GateToll(self._gate, channel.id, partial(self._limit, channel.id), self._patience)
            account = account_of(self._rt, channel)
            upstream = connect(account, transport=self._rt.transport, clock=self._rt.clock, toll=toll)
        limits = read_limits(msgspec.json.decode(channel.limits, type=dict[str, tuple[int, float]]))
        return LiveChannel(channel, upstream, limits, conditions)

    def _limit(self, channel_id: str, action: str) -> Limit:
        return self._live[channel_id].limits[action]


async def _read(tx: Tx) -> tuple[list[Channel], list[Condition]]:
    return await list_channels(tx), await list_conditions(tx)


def _connection(channel: Channel) -> tuple[object, ...]:
    """Return what a connection is made of: while it stays, breaker and budget stay."""
    models = channel.models[:1]
    return channel.kind, channel.endpoint, channel.region, channel.project_name, models, channel.credentials


@asynccontextmanager
async def open_book(rt: Runtime) -> AsyncIterator[ChannelBook]:
    """Open the channels for a while, as a command does."""
    book = ChannelBook(rt)
    try:
        yield book
    finally:
        await book.close()
