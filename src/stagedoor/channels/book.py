"""The channels as a running gateway uses them: chosen by model, connected, metered."""

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from stagedoor.ark.upstream import Account, Upstream, connect
from stagedoor.channels.store import Channel, Credentials, list_channels
from stagedoor.contract.operations import Operation
from stagedoor.errors import InvalidParameter, NoChannel
from stagedoor.quotas.gate import Gate, GateToll
from stagedoor.quotas.limits import Limit, read_limits
from stagedoor.runtime import Runtime

FRESH = 1_000_000
"""Microseconds for which a reading is good."""


class LiveChannel(msgspec.Struct, frozen=True):
    """A channel with its connection and its limits."""

    channel: Channel
    upstream: Upstream
    limits: Mapping[str, Limit]


class ChannelBook:
    """All channels, read again when the last reading is a second old."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._gate = Gate(rt.db)
        self._patience = timedelta(seconds=rt.settings.quota_wait)
        self._live: dict[str, LiveChannel] = {}
        self._by_model: dict[str, Channel] = {}
        self._fresh_until = 0

    async def choose(self, model: str) -> Channel:
        """Return the preferred channel for something new.

        Raises:
            NoChannel: every channel with this model is disabled, or there are none at all.
            InvalidParameter: none of them has this model.

        """
        channel = await self.route(model)
        if channel.disabled_at is not None:
            raise NoChannel
        return channel

    async def route(self, model: str) -> Channel:
        """Return the channel a model leads to: a disabled one, whose objects live on, when no other has the model.

        Raises:
            NoChannel: no channel is set up at all.
            InvalidParameter: none of them has this model.

        """
        if self._rt.clock.microseconds() >= self._fresh_until:
            await self._refresh()
        channel = self._by_model.get(model)
        if channel is not None:
            return channel
        if not self._by_model:
            raise NoChannel
        raise InvalidParameter(f"The model must be one of: {', '.join(sorted(self._by_model))}.", field="model")

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
    ) -> dict[str, object]:
        """Call an operation on a channel's upstream, within its limits, and return the Result.

        Args:
            channel_id: the upstream account.
            operation: which of the twelve.
            body: official fields, without ``model``.
            tenant_id: for whom; tenants take turns when there is little room.
            in_background: nobody waits for it: it leaves half of the limit to people and waits as long as it takes.

        Raises:
            FlowLimitExceeded: there was no room in time.
            DatabaseUnavailable: nobody knows whether there is room.
            StagedoorError: whatever the upstream's answer means.

        """
        live = await self._get(channel_id)
        action = operation.action
        limit = live.limits[action]
        if in_background:
            place = await self._gate.enter_when_quiet(channel_id, action, limit)
        else:
            place = await self._gate.enter(channel_id, action, limit, self._patience, tenant_id)
        try:
            return await live.upstream.call(operation, body)
        finally:
            self._gate.leave(channel_id, action, place)

    async def wait_until_quiet(self, channel_id: str, operation: Operation) -> None:
        """Return when half of the operation's limit is free, for work that nobody waits for."""
        live = await self._get(channel_id)
        await self._gate.wait_until_quiet(channel_id, operation.action, live.limits[operation.action])

    async def _get(self, channel_id: str) -> LiveChannel:
        if self._rt.clock.microseconds() >= self._fresh_until:
            await self._refresh()
        live = self._live.get(channel_id)
        if live is None:
            raise NoChannel("The upstream account of this object is no longer set up.")
        return live

    async def _refresh(self) -> None:
        now = self._rt.clock.microseconds()
        channels = await self._rt.db.read(list_channels)
        self._live = {channel.id: self._connected(channel) for channel in channels}
        # Disabled channels give way to all others; the preferred one is written last.
        ranked = sorted(channels, key=lambda channel: channel.disabled_at is not None)
        self._by_model = {model: channel for channel in reversed(ranked) for model in channel.models}
        self._fresh_until = now + FRESH

    def _connected(self, channel: Channel) -> LiveChannel:
        known = self._live.get(channel.id)
        if known is not None and known.channel.updated_at == channel.updated_at:
            return known
        account = account_of(self._rt, channel)
        limits = read_limits(msgspec.json.decode(channel.limits, type=dict[str, tuple[int, float]]))
        toll = GateToll(self._gate, channel.id, limits, self._patience)
        upstream = connect(account, transport=self._rt.transport, clock=self._rt.clock, toll=toll)
        return LiveChannel(channel, upstream, limits)


def credentials_place(channel_id: str) -> str:
    return f"channels.credentials:{channel_id}"


def account_of(rt: Runtime, channel: Channel) -> Account:
    """Open a channel's credentials."""
    sealed = rt.vault.open_bytes(credentials_place(channel.id), channel.credentials)
    secrets = msgspec.json.decode(sealed, type=Credentials)
    return Account(
        kind=channel.kind,
        endpoint=channel.endpoint,
        region=channel.region,
        project_name=channel.project_name,
        model=channel.models[0] if channel.models else "",
        access_key=secrets.access_key,
        secret_key=secrets.secret_key,
        session_token=secrets.session_token,
        api_key=secrets.api_key,
        timeout=timedelta(seconds=rt.settings.upstream_timeout),
    )
