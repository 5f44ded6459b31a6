"""A channel and its SQL."""

from datetime import datetime
from typing import Literal

import msgspec

from stagedoor.db.database import Tx
from stagedoor.db.rows import columns
from stagedoor.errors import NotFound

ChannelKind = Literal["ark", "dialect", "emulator"]


class Credentials(msgspec.Struct, frozen=True, omit_defaults=True, rename="pascal", forbid_unknown_fields=True):
    """What opens the upstream account: a key pair (``ark``, ``emulator``) or an API key (``dialect``)."""

    access_key: str = ""
    secret_key: str = ""
    session_token: str = ""
    api_key: str = ""

    def __repr__(self) -> str:
        return "Credentials(…)"


class Channel(msgspec.Struct, frozen=True):
    """An upstream account. ``limits`` is JSON: action to ``[calls, seconds]``."""

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


async def add_channel(tx: Tx, channel: Channel) -> None:
    await tx.execute(
        f"INSERT INTO channels ({columns(Channel)}) VALUES (:id, :name, :kind, :endpoint, :region, :project_name,"
        " :models, :priority, :limits, :credentials, :created_at, :updated_at, :disabled_at)",
        **msgspec.structs.asdict(channel),
    )


async def mark_channel_changed(tx: Tx, channel: Channel) -> None:
    await tx.execute(
        "UPDATE channels SET name = :name, endpoint = :endpoint, region = :region, project_name = :project_name,"
        " models = :models, priority = :priority, limits = :limits, credentials = :credentials,"
        " updated_at = :updated_at, disabled_at = :disabled_at WHERE id = :id",
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
