"""Reading a trail from a place on."""

import json
from typing import Any

import msgspec

from stagedoor.audit.store import Sealed, list_sealed
from stagedoor.runtime import Runtime


class AuditPage(msgspec.Struct, frozen=True):
    """Some entries in their order, and whether there is more behind them."""

    entries: list[Sealed]
    has_more: bool


async def read_trail(rt: Runtime, tenant_id: str, after: int, *, limit: int, object_id: str | None = None) -> AuditPage:
    """Return the next sealed entries of a trail, of all objects or of one."""
    found = await rt.db.read(lambda tx: list_sealed(tx, tenant_id, after=after, at_most=limit + 1, object_id=object_id))
    return AuditPage(found[:limit], has_more=len(found) > limit)


def open_entry(sealed: Sealed) -> dict[str, Any]:
    """Return the fields of an entry: `action`, `at`, `by`, `details`, `object`, `prev`, `seq`, `tenant`."""
    fields: dict[str, Any] = json.loads(sealed.entry)
    return fields
