"""The Chinese of ``openapi/audit_texts.py``."""

from collections.abc import Mapping

TAG_NAMES: Mapping[str, str] = {"Audit": "审计"}

TAGS: Mapping[str, str] = {"Audit": "谁对哪张人脸做了什么。条目封存为一条链，任何改动都会显现。"}

OPERATIONS: Mapping[str, str] = {
    "GetDeletion": "返回撤回同意的演员的素材组的处理情况。全部删除后，`Proof` 是一份签名声明：向素材库请求了什么、素材库如何应答。",
    "ListAuditEntries": "返回您的审计条目，从旧到新，从指定编号之后开始。条目在操作发生约一秒后出现，只含 id 和代码，永不删除。",
    "ListAuditTrail": "返回某个租户的审计条目；不带 `tenant` 时，返回实例自身的条目：上游账号和运营方密钥。",
}

SUMMARIES: Mapping[str, str] = {
    "GetDeletion": "查询演员要求的删除及其证明",
    "ListAuditEntries": "查询谁做了什么",
    "ListAuditTrail": "查询某个租户或实例自身的审计记录",
}

PARAMETERS: Mapping[str, str] = {
    "deleted group": "素材组的 Id，见事件 `consent.withdrawn`。",
    "audit after": "某个条目的编号，或先前响应的 `NextCursor`；`0` 表示第一个条目之前。",
    "audit limit": "每次返回的条目数。",
    "audit object": "只返回对该素材组、素材、认证、邀请、同意或密钥所做的操作。",
    "audit tenant": "租户的 id；省略时为实例自身的记录。",
}

FIELDS: Mapping[tuple[str, str], str] = {
    ("DeletionView", "GroupId"): "被删除的素材组。",
    ("DeletionView", "ConsentId"): "被撤回的同意。",
    ("DeletionView", "InvitationId"): "给出该同意的邀请。",
    (
        "DeletionView",
        "Status",
    ): "`Pending`：进行中。`Overdue`：已超过一天，仍在重试。`Proved`：素材库确认该组已不存在。",
    ("DeletionView", "WithdrawTime"): "从何时起不再使用，ISO 8601，UTC。",
    ("DeletionView", "ProveTime"): "何时得到证明，ISO 8601，UTC。",
    ("DeletionView", "Proof"): "`proof` 及其 ed25519 签名 `signature`；可用 `docs/how-to/verify_audit.py` 验证。",
    ("AuditEntryList", "Items"): "条目，从旧到新。",
    ("AuditEntryList", "NextCursor"): "把 `after` 设为此值继续查询。从未有过条目时不返回。",
    ("AuditEntryList", "HasMore"): "现在是否还有更多条目。",
    ("AuditEntryView", "Seq"): "条目在链中的编号：从 1 开始，没有间隔。",
    ("AuditEntryView", "Time"): "操作时间，ISO 8601，UTC，精确到微秒。",
    (
        "AuditEntryView",
        "By",
    ): "操作者：`key:<id>`、`actor`（在页面上）、`operator:<密钥 id>`、`operator`（命令行）或 `gateway`。",
    ("AuditEntryView", "Action"): "做了什么。",
    ("AuditEntryView", "Object"): "对什么所做：一个 id。",
    ("AuditEntryView", "Details"): "条目的其他内容：id、数字和代码。",
    ("AuditEntryView", "Hash"): "条目的 SHA-256，涵盖之前的全部条目。",
}

EXAMPLES: Mapping[str, str] = {
    "Some entries": "若干条目",
    "Under way": "进行中",
    "Proved": "已证明",
    "A changed account": "上游账号的变更",
}
