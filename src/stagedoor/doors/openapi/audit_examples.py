"""Answers about the audit trail, to show in the OpenAPI documents."""

from collections.abc import Mapping

import msgspec

from stagedoor.doors import audit, deletions

_ENTRY = audit.AuditEntryView(
    seq=41,
    time="2026-06-02T07:39:12.481516Z",
    by="key:key_2kLm8NpQ4rSt6UvW8xYz0A",
    action="asset.created",
    object="asset-20260602153912-kctzf",
    details=msgspec.Raw(b'{"group_id":"group-20260601191715-9q47m"}'),
    hash="5f2b8c1d7a9e4f60b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0",
)
_CHANGE = msgspec.structs.replace(
    _ENTRY,
    seq=7,
    by="operator:key_7aBcDeFgHiJkLmNoPqRsTu",
    action="channel.changed",
    object="ch_1aBcDeFgHiJkLmNoPqRsTu",
    details=msgspec.Raw(b'{"fields":["weight"]}'),
)

_PENDING = deletions.DeletionView(
    group_id="group-20260601191715-9q47m",
    consent_id="cs_5kJ8wQxN2pR7sT4vY9zA1b",
    invitation_id="inv_3kPq7sTuVwXy2zAbCdEfGh",
    status="Pending",
    withdraw_time="2026-06-02T07:39:12Z",
)
_PROVED = msgspec.structs.replace(
    _PENDING,
    status="Proved",
    prove_time="2026-06-02T07:39:14Z",
    proof=msgspec.Raw(b'{"proof":{"assets":2,"group":"group-20260601191715-9q47m"},"signature":"5f2b8c1d"}'),
)

RESULTS: Mapping[str, Mapping[str, msgspec.Struct]] = {
    "ListAuditEntries": {"Some entries": audit.AuditEntryList(items=[_ENTRY], next_cursor="41", has_more=False)},
    "GetDeletion": {"Under way": _PENDING, "Proved": _PROVED},
    "ListAuditTrail": {"A changed account": audit.AuditEntryList(items=[_CHANGE], next_cursor="7", has_more=False)},
}
