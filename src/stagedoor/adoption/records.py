"""Turn what an upstream lists into records of ours, with the states and times it gives."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from stagedoor.assets.look import merge_look
from stagedoor.assets.store import Asset
from stagedoor.assets.upload import MARK_LENGTH, listed_asset
from stagedoor.clock import from_iso
from stagedoor.contract.fields import GroupType
from stagedoor.errors import UpstreamMalformed
from stagedoor.groups.store import AssetGroup
from stagedoor.runtime import Runtime

MARKED = re.compile(rf"(.*) ~([0-9A-Za-z]{{{MARK_LENGTH}}})", re.DOTALL)
"""A name that another gateway of this kind has given, or this one: the mark is not the customer's."""


class Home(msgspec.Struct, frozen=True):
    """Whose the adopted things become and where they are."""

    tenant_id: str
    channel_id: str
    project_name: str


def group_of(home: Home, group_type: GroupType, item: Mapping[str, Any], now: datetime) -> AssetGroup:
    """Return the record of a listed group."""
    name = _text(item, "Name") or _text(item, "Title")
    created_at = _time(item, "CreateTime") or now
    return AssetGroup(
        id=str(item["Id"]),
        tenant_id=home.tenant_id,
        channel_id=home.channel_id,
        group_type=group_type,
        name=name,
        name_folded=name.casefold(),
        description=_text(item, "Description"),
        project_name=home.project_name,
        created_at=created_at,
        updated_at=_time(item, "UpdateTime") or created_at,
    )


def asset_of(rt: Runtime, group: AssetGroup, item: Mapping[str, Any]) -> Asset | None:
    """Return the record of a listed asset; None when its state cannot be read."""
    now, name = rt.clock.now(), _text(item, "Name")
    marked = MARKED.fullmatch(name)
    try:
        asset = merge_look(listed_asset(group, item, now), item, rt.vault, now)
    except UpstreamMalformed:
        return None
    name = marked[1] if marked else name
    updated_at = _time(item, "UpdateTime") or asset.created_at
    return msgspec.structs.replace(asset, name=name, name_folded=name.casefold(), updated_at=updated_at)


def mark_of(item: Mapping[str, Any]) -> str | None:
    """Return the mark in a listed asset's name, by which an upload of ours whose answer is awaited is known."""
    marked = MARKED.fullmatch(_text(item, "Name"))
    return marked[2] if marked else None


def _text(item: Mapping[str, Any], field: str) -> str:
    value = item.get(field)
    return value.replace("\0", "") if isinstance(value, str) else ""


def _time(item: Mapping[str, Any], field: str) -> datetime | None:
    value = item.get(field)
    return from_iso(value) if isinstance(value, str) else None
