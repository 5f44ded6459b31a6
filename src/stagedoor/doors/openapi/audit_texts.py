"""What the OpenAPI documents say about the audit trail, in English. The Chinese is in ``openapi/audit_zh.py``."""

from collections.abc import Mapping

TAGS: Mapping[str, str] = {
    "Audit": "Who did what to which face. Entries are sealed into a chain that shows every edit.",
}

OPERATIONS: Mapping[str, str] = {
    "GetDeletion": "Answers what became of the group of an actor who has taken the consent back. When everything is deleted, `Proof` is a signed "
    "statement of what was asked of the asset library and what it answered.",
    "ListAuditEntries": "Answers with the entries of your audit trail, the oldest first, after the number you name. An entry appears about a second "
    "after what it tells of. Entries hold ids and codes only, and are never removed.",
    "ListAuditTrail": "Answers with the entries of one tenant's trail, or, without `tenant`, of the instance's own: channels and operators' keys.",
}

SUMMARIES: Mapping[str, str] = {
    "GetDeletion": "Get the deletion that an actor has asked for, with its proof",
    "ListAuditEntries": "List who did what",
    "ListAuditTrail": "List a tenant's audit trail, or the instance's own",
}

PARAMETERS: Mapping[str, str] = {
    "deleted group": "The group's Id, as the event `consent.withdrawn` names it.",
    "audit after": "An entry's number or the `NextCursor` of an earlier answer; `0` is before the first entry.",
    "audit limit": "Entries per answer.",
    "audit object": "Only what was done to this group, asset, session, invitation, consent or key.",
    "audit tenant": "The tenant's id; without it, the instance's own trail.",
}

FIELDS: Mapping[tuple[str, str], str] = {
    ("DeletionView", "GroupId"): "The group that is deleted.",
    ("DeletionView", "ConsentId"): "The consent that was taken back.",
    ("DeletionView", "InvitationId"): "The invitation on which it had been given.",
    (
        "DeletionView",
        "Status",
    ): "`Pending`: under way. `Overdue`: for longer than a day, and tried on. `Proved`: the asset library says that the group is not there.",
    ("DeletionView", "WithdrawTime"): "Since when nothing is used any more. ISO 8601, UTC.",
    ("DeletionView", "ProveTime"): "When it was proved. ISO 8601, UTC.",
    ("DeletionView", "Proof"): "`proof` and its ed25519 `signature`; `docs/how-to/verify_audit.py` verifies it.",
    ("AuditEntryList", "Items"): "The entries, the oldest first.",
    ("AuditEntryList", "NextCursor"): "Ask on with `after` set to this. Absent when there has never been an entry.",
    ("AuditEntryList", "HasMore"): "Whether there is more to ask for now.",
    ("AuditEntryView", "Seq"): "The entry's number in its chain: from 1, without a gap.",
    ("AuditEntryView", "Time"): "When it was done. ISO 8601, UTC, with microseconds.",
    (
        "AuditEntryView",
        "By",
    ): "Who did it: `key:<id>`, `actor` (on a page), `operator:<key id>`, `operator` (command line) or `gateway`.",
    ("AuditEntryView", "Action"): "What was done.",
    ("AuditEntryView", "Object"): "To what it was done: an id.",
    ("AuditEntryView", "Details"): "What else the entry says: ids, numbers and codes.",
    ("AuditEntryView", "Hash"): "SHA-256 of the entry, which holds all entries before it.",
}
