"""The Chinese of ``openapi/events_texts.py``."""

from collections.abc import Mapping

TAG_NAMES: Mapping[str, str] = {"Events": "事件"}

TAGS: Mapping[str, str] = {
    "Events": "认证、素材组、素材和邀请发生的变化：可以列表查询、以事件流接收，或通过 Webhook 推送到您自己的地址。",
}

OPERATIONS: Mapping[str, str] = {
    "ListEvents": "返回您的事件，从旧到新，从指定事件之后开始。请求头 `Accept: text/event-stream` 时，响应是一个保持打开的事件流"
    "（Server-Sent Events），新事件随时送达：从 `Last-Event-ID` 或 `after` 之后开始；两者都没有时，从下一个事件开始。"
    "事件不会被跳过，顺序不会改变。事件只含 id 和状态，默认保留 30 天。",
    "ListOperatorEvents": "返回发给运维人员的事件：上游账号出了什么问题、从何时起，以及需要人工确认的认证。列表和事件流与 `GET /v1/events` 相同；租户看不到这些事件。",
    "ListWebhookEndpoints": "按创建顺序返回您的全部 Webhook 端点。",
    "CreateWebhookEndpoint": "从现在起，发生的事件会按 Standard Webhooks 规范签名后 POST 到该地址。地址必须是公网可访问的 https://。"
    "`Secret` 仅在本次响应中出现。最多 50 个端点。",
    "GetWebhookEndpoint": "返回您的一个 Webhook 端点。",
    "UpdateWebhookEndpoint": "修改给出的字段；省略的保持不变。重新启用后，未送达的事件会立即发送，但停用期间发生的事件不会补发。",
    "DeleteWebhookEndpoint": "删除端点；尚未送达的事件不再发送。",
    "ListWebhookDeliveries": "返回该端点尚未收到的事件，最先到期的排在最前，最多 100 条。每个事件在约三天内最多尝试十次。",
    "RotateWebhookSecret": "生成新密钥并仅在本次响应中显示。24 小时内每个 Webhook 同时带有新旧两个签名，接收方可以无缝切换。在此期间不能再次轮换。",
    "ResendWebhooks": "重新发送一个事件，或某段时间内该端点订阅的事件，如同刚刚发生；id 和内容不变。最多 10 000 个。",
}

SUMMARIES: Mapping[str, str] = {
    "ListEvents": "查询事件列表或接收事件流",
    "ListOperatorEvents": "查询运维事件列表或接收事件流",
    "ListWebhookEndpoints": "查询 Webhook 端点列表",
    "CreateWebhookEndpoint": "添加 Webhook 端点；密钥只显示一次",
    "GetWebhookEndpoint": "查询 Webhook 端点",
    "UpdateWebhookEndpoint": "修改、停用或启用 Webhook 端点",
    "DeleteWebhookEndpoint": "删除 Webhook 端点",
    "ListWebhookDeliveries": "查看端点尚未收到的事件",
    "RotateWebhookSecret": "轮换端点密钥；新密钥只显示一次",
    "ResendWebhooks": "重新发送事件",
}

PARAMETERS: Mapping[str, str] = {
    "webhook_endpoint": "端点的 Id。",
    "after": "某个事件的 Id，或先前响应的 `NextCursor`；`0` 表示第一个事件之前。",
    "limit": "每次返回的事件数；事件流没有上限。",
    "type": "只返回该类型的事件；可以重复。",
    "Last-Event-ID": "用于事件流：您收到的最后一个事件。`EventSource` 重新连接时会自动发送。",
}

FIELDS: Mapping[tuple[str, str], str] = {
    ("EventList", "Items"): "事件，从旧到新。",
    ("EventList", "NextCursor"): "把 `after` 设为此值继续查询。从未有过事件时不返回。",
    ("EventList", "HasMore"): "现在是否还有更多事件。为真时，本次返回的事件可能少于 `limit`，甚至为空。",
    ("OperatorEventList", "Items"): "事件，从旧到新。",
    ("OperatorEventList", "NextCursor"): "把 `after` 设为此值继续查询。从未有过事件时不返回。",
    ("OperatorEventList", "HasMore"): "现在是否还有更多事件。为真时，本次返回的事件可能少于 `limit`，甚至为空。",
    ("OperatorEventView", "Id"): "事件的 id。",
    ("OperatorEventView", "Type"): "发生了什么。",
    ("OperatorEventView", "CreateTime"): "发生时间，ISO 8601，UTC。",
    ("OperatorEventView", "Data"): "发生在哪个对象上：`id` 以及该类型事件的字段。",
    ("EventView", "Id"): "事件的 id，也是发送时的 `webhook-id`。",
    ("EventView", "Type"): "发生了什么。",
    ("EventView", "CreateTime"): "发生时间，ISO 8601，UTC。",
    ("EventView", "Data"): "发生在哪个对象上：`id` 以及该类型事件的字段。",
    ("WebhookEndpointView", "Id"): "端点的 id。",
    ("WebhookEndpointView", "Disabled"): "停用的端点不会收到任何事件。",
    (
        "WebhookEndpointView",
        "DisabledBy",
    ): "`Tenant`：由您停用。`Gone`：端点返回了 410。`Failing`：五天内没有任何事件送达。",
    ("WebhookEndpointView", "FailingSince"): "从何时起没有事件送达，ISO 8601，UTC。",
    ("WebhookEndpointView", "OldSecretUntil"): "旧密钥同时签名的截止时间，ISO 8601，UTC。",
    ("WebhookEndpointView", "Secret"): "用于验证签名，仅在本次响应中显示。",
    ("WebhookEndpointView", "Types"): "该端点接收的事件类型；不返回表示全部。",
    ("WebhookEndpointList", "Items"): "端点列表。",
    ("NewWebhookEndpoint", "Types"): "该端点接收的事件类型；省略表示全部。",
    ("WebhookEndpointChange", "Types"): "该端点接收的事件类型；`null` 表示全部。",
    ("WebhookEndpointChange", "Disabled"): "`true` 停止发送，`false` 重新开始。",
    ("", "URL"): "Webhook 发送到的地址。",
    ("WebhookDeliveryList", "Items"): "尚未送达的事件。",
    ("", "EventId"): "事件。",
    ("WebhookDeliveryView", "Attempts"): "已尝试的次数。",
    ("WebhookDeliveryView", "NextAttemptTime"): "下次尝试的时间，ISO 8601，UTC。",
    ("WebhookDeliveryView", "LastAttemptTime"): "上次尝试的时间，ISO 8601，UTC。",
    ("WebhookDeliveryView", "LastStatus"): "上次应答的 HTTP 状态码。",
    ("WebhookDeliveryView", "LastError"): "没有应答的原因：`Unreachable`、`TlsFailed`、`Timeout` 或 `NoAnswer`。",
    ("Resend", "EventId"): "只重发这一个事件。",
    ("Resend", "Since"): "此时刻及之后发生的全部事件，ISO 8601，带时区。",
    ("Resend", "Until"): "但早于此时刻；省略表示到现在为止，ISO 8601，带时区。",
    ("Resent", "Count"): "发送的事件数。",
}

EXAMPLES: Mapping[str, str] = {
    "Everything": "全部事件",
    "Some types": "部分类型",
    "Some events": "若干事件",
    "Nothing yet": "还没有事件",
    "One endpoint": "一个端点",
    "An endpoint": "一个端点",
    "An endpoint that fails": "未能送达的端点",
    "Made, with its secret": "已添加，附密钥",
    "Other types": "更换事件类型",
    "Begin anew": "重新开始",
    "Enabled": "已启用",
    "What is owed": "未送达的事件",
    "Rotated": "已轮换",
    "One event": "一个事件",
    "Since yesterday": "从昨天起",
    "Sent": "已发送",
}
