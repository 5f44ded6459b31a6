"""What an emulator is started with, and the rules it plays by until told otherwise."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(ge=0, le=31_536_000)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]


class Transition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When an asset stops being ``Processing``: at once, after n looks at it, or after a time."""

    mode: Literal["immediate", "looks", "after"] = "after"
    looks: Count = 1
    seconds: Seconds = 1.0


class QuotaLimit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many calls of one action within so many seconds."""

    calls: Count
    seconds: Annotated[float, Meta(gt=0, le=86_400)] = 1.0


class Rules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every reading of the contract that is open, as a setting. Changed through ``/_emulator/settings``."""

    transition: Transition = Transition()
    token_policy: Literal["reusable", "burnt_by_any_query", "used_up_by_success"] = "reusable"  # noqa: S105 - a policy's name, no password
    link_lifetime_seconds: Seconds = 120.0
    token_lifetime_seconds: Seconds = 1800.0
    pending: Literal["error", "empty"] = "error"
    lost_record: Literal["NotFound.BytedToken", "InvalidParameter.BytedToken"] = "NotFound.BytedToken"
    quotas: bool = False
    quota_limits: dict[str, QuotaLimit] = {}
    projects: list[str] = []
    group_limit: Count = 0
    asset_limit: Count = 0
    download_failure: Literal["asynchronous", "synchronous"] = "asynchronous"
    moderation_skip: Literal["allowed", "refused"] = "allowed"
    liveness_group_delete: Literal["allowed", "refused"] = "allowed"
    omitted_field: Literal["kept", "cleared"] = "kept"
    page_required: bool = False
    clock_skew_seconds: Annotated[float, Meta(ge=-86_400, le=86_400)] = 0.0


class EmulatorSettings(Struct, frozen=True, kw_only=True):
    """How an emulator is started.

    Port 0 takes any free one. Without keys it makes a pair and keeps it in ``data_dir``. ``allowed_hosts`` are hosts that uploads
    may be downloaded from although they are not public. ``public_url`` is how browsers and clients reach it.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 0
    access_key: str | None = None
    secret_key: str | None = None
    region: str = "cn-beijing"
    allowed_hosts: frozenset[str] = frozenset()
    allow_remote: bool = False
    public_url: str | None = None
    signature_window: timedelta = timedelta(minutes=15)
    max_body_bytes: int = 1 << 20
    body_timeout: timedelta = timedelta(seconds=30)
    max_download_bytes: int = 200 << 20
    download_timeout: timedelta = timedelta(seconds=10)
    rules: Rules = Rules()
