"""What the emulator remembers, one struct per kind of thing."""

from datetime import datetime
from typing import Any

from msgspec import Struct


class Group(Struct, frozen=True, kw_only=True):
    seq: int = 0
    id: str
    project: str
    name: str
    description: str
    group_type: str
    created_at: datetime
    updated_at: datetime


class Asset(Struct, frozen=True, kw_only=True):
    """An uploaded thing. Its fate is known at once and shown when ``ready_at`` has come and no looks are left."""

    seq: int = 0
    id: str
    project: str
    group_id: str
    group_type: str
    name: str
    asset_type: str
    moderation: str
    status: str
    fate: str
    error_code: str
    error_message: str
    file_name: str
    content_type: str
    looks_left: int
    ready_at: datetime
    created_at: datetime
    updated_at: datetime


class Session(Struct, frozen=True, kw_only=True):
    """One face check. ``state`` is open, passed, failed or cancelled; ``spent`` tokens find nothing any more."""

    seq: int = 0
    byted_token: str
    project: str
    callback_url: str
    state: str
    group_id: str
    spent: bool
    created_at: datetime


class LedgerEntry(Struct, frozen=True, kw_only=True):
    """One call as it was met: ``status`` is ``None`` in flight, 0 when the connection was reset instead of answered."""

    action: str
    at: datetime
    status: int | None
    body: Any
    result: Any
    request_id: str
    fault: str
