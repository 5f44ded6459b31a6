"""A channel and its SQL."""

from datetime import datetime
from typing import Literal

import msgspec

from stagedoor.db.database import Tx
from stagedoor.db.rows import columns
from stagedoor.errors import NotFound

ChannelKind = Literal["ark", "dialect", "emulator"]
ChannelState = Literal["enabled", "draining", "disabled"]


class Credentials(msgspec.Struct, frozen=True, omit_defaults=True, rename="pascal", forbid_unknown_fields=True):
    """What opens the upstream account: a key pair (``ark``, ``emulator``) or an API key (``dialect``)."""

    access_key: str = ""
    secret_key: str = ""
    session_token: str = ""
    api_key: str = ""

    def __repr__(self) -> str:
        return "Credentials(…)"


class Channel(msgspec.Struct, frozen=True):
    """An upstream account. ``limits`` is JSON: action to ``[calls, seconds]``; ``tenants`` None: every tenant's."""

    id: str
    name: str
    kind: ChannelKind
    endpoint: str
    region: str
    project_name: str
    models: tuple[str, ...]
    priority: int
    limits: str
    credentials: bytes
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None
    weight: int
    tenants: tuple[str, ...] | None
    draining_at: datetime | None
    media_rules: str = "{}"
    """JSON: the rules for media that differ from the documented ones."""

    @property
    def state(self) -> ChannelState:
        """Whether groups and sessions are born here (enabled), only what is there goes on (draining), nothing is added (disabled)."""
        if self.disabled_at is not None:
            return "disabled"
        return "enabled" if self.draining_at is None else "draining"

    def takes(self, tenant_id: str) -> bool:
        """Tell whether something new of the tenant may be born here, as far as the channel's own rules go."""
        return self.tenants is None or tenant_id in self.tenants


async def add_channel(tx: Tx, channel: Channel) -> None:
    await tx.execute(
        f"INSERT INTO channels ({columns(Channel)}) VALUES (:id, :name, :kind, :endpoint, :region, :project_name,"
        " :models, :priority, :limits, :credentials, :created_at, :updated_at, :disabled_at, :weight, :tenants, :draining_at,"
        " :media_rules)",
        **msgspec.structs.asdict(channel),
    )


async def mark_channel_changed(tx: Tx, channel: Channel) -> None:
    await tx.execute(
        "UPDATE channels SET name = :name, endpoint = :endpoint, region = :region, project_name = :project_name,"
        " models = :models, priority = :priority, limits = :limits, credentials = :credentials,"
        " updated_at = :updated_at, disabled_at = :disabled_at, weight = :weight, tenants = :tenants,"
        " draining_at = :draining_at, media_rules = :media_rules WHERE id = :id",
        **{
            name: value for name, value in msgspec.structs.asdict(channel).items() if name not in {"kind", "created_at"}
        },
    )


async def list_channels(tx: Tx) -> list[Channel]:
    """Return every channel, the preferred first."""
    return await tx.list(Channel, f"SELECT {columns(Channel)} FROM channels ORDER BY priority DESC, created_at, id")


async def get_channel_by_name(tx: Tx, name: str) -> Channel:
    """Return the channel with this name or id.

    Raises:
        NotFound: there is none.

    """
    sql = f"SELECT {columns(Channel)} FROM channels WHERE name = :name OR id = :name"
    channel = await tx.find(Channel, sql, name=name)
    if channel is None:
        raise NotFound(f"There is no channel {name}.", field="channel")
    return channel


class Condition(msgspec.Struct, frozen=True):
    """What an account said of itself, or what we met of it: until it is proven wrong."""

    channel_id: str
    kind: str
    action: str
    code: str
    since: datetime
    last_seen_at: datetime


async def list_conditions(tx: Tx) -> list[Condition]:
    """Return the conditions of every channel, the oldest first."""
    return await tx.list(
        Condition, f"SELECT {columns(Condition)} FROM channel_conditions ORDER BY since, channel_id, kind, action"
    )


async def note_condition(tx: Tx, condition: Condition) -> bool:
    """Write down that a condition was met at ``last_seen_at``, and tell whether that is news."""
    values = msgspec.structs.asdict(condition)
    where = "channel_id = :channel_id AND kind = :kind AND action = :action"
    seen = {name: values[name] for name in ("channel_id", "kind", "action", "code", "last_seen_at")}
    if await tx.execute(
        f"UPDATE channel_conditions SET code = :code, last_seen_at = :last_seen_at WHERE {where}", **seen
    ):
        return False
    added = await tx.execute(
        f"INSERT INTO channel_conditions ({columns(Condition)})"
        " VALUES (:channel_id, :kind, :action, :code, :since, :last_seen_at) ON CONFLICT DO NOTHING",
        **values,
    )
    return added == 1


async def drop_condition(tx: Tx, condition: Condition, *, seen_before: datetime) -> bool:
    """Forget a condition unless it was met again since then; tell whether it was there."""
    dropped = await tx.execute(
        "DELETE FROM channel_conditions WHERE channel_id = :channel_id AND kind = :kind AND action = :action"
        " AND last_seen_at <= :seen_before",
        channel_id=condition.channel_id,
        kind=condition.kind,
        action=condition.action,
        seen_before=seen_before,
    )
    return dropped == 1


async def drop_conditions(tx: Tx, channel_id: str) -> list[Condition]:
    """Forget everything that was said of an account, and return it."""
    sql = f"DELETE FROM channel_conditions WHERE channel_id = :channel_id RETURNING {columns(Condition)}"
    return await tx.list(Condition, sql, channel_id=channel_id)
