"""The Chinese of the OpenAPI documents: the tables of ``openapi/texts.py`` again, and the sentences of contract and errors."""

from collections.abc import Mapping

from stagedoor.doors.openapi import audit_zh as audit
from stagedoor.doors.openapi import events_zh as events
from stagedoor.doors.openapi import imports_zh as imports
from stagedoor.doors.openapi import invitations_zh as invitations
from stagedoor.doors.openapi import media_zh as media
from stagedoor.doors.openapi import texts
from stagedoor.doors.openapi import uploads_zh as uploads
from stagedoor.doors.openapi.zh_fields import CONTRACT, FIELDS

INTRODUCTION = """\
stagedoor 位于您的业务系统与 Seedance 2.x（火山方舟 Ark、BytePlus ModelArk）私域可信素材库之间。
真人在手机上证明人脸属于本人并表示同意后，您会得到此人的 `GroupId`；上传到该素材组的文件会成为视频生成接口认可的
`asset://<AssetId>` 引用。

**虚拟角色：** ① 创建素材组 → ⑥ 上传素材 → ⑧ 查询，直到状态为 `Active`。

**真人：** ⑪ 发起认证 → 把 `H5Link` 交给演员本人 → ⑫ 用 `BytedToken` 换取 `GroupId` → ⑥ 上传素材。

**密钥。** 请求头携带 `Authorization: Bearer sd_live_…`（或 `sd_test_…`）。密钥带有权限范围，每个接口都注明了所需的范围。

**model** 用于选择上游账号，所有接口必填：POST 和 PATCH 放在请求体，GET 和 DELETE 放在查询参数。它不会发往上游。

**响应** 的结构为 `{"ResponseMetadata": {…}, "Result": {…}}`。没有值的字段不返回，绝不返回 null。请求中的可选字段可以省略，也可以为
null；未知字段会被忽略。

**错误** 返回 4xx 或 5xx 状态码，`ResponseMetadata.Error` 中有 `Code`、`Message`（英文）和 `Retry`：

| Retry | 处理方式 |
|---|---|
| `never` | 修改请求后再试。 |
| `same_request` | 原样重发同一请求；若有 `Retry-After`，请先等待。 |
| `new_session` | 用 ⑪ 重新发起真人认证。 |
| `later` | 稍后再试；若有 `Retry-After`，请先等待。 |

**幂等。** ①、⑥、⑪ 每次调用都会新建对象。带上 `Idempotency-Key` 即可放心重发：相同的键返回第一次请求的结果。

**官方 SDK。** 同样的十二个接口也可用 `POST /?Action=…&Version=2024-01-01` 调用（`/api/v3/` 下亦然），以本网关的 Access Key 签名，或使用 Bearer
密钥。此时 `model` 可省略，`Id` 放在请求体中。

**RequestId。** 每个响应都在响应头 `X-Request-Id` 中重复 `RequestId`。联系运维人员时请提供它。
"""

TAG_NAMES: Mapping[str, str] = {
    "Asset groups": "素材组",
    "Assets": "素材",
    "Real-person check": "真人认证",
    "Service": "服务",
    "Administration": "管理",
    **uploads.TAG_NAMES,
    **events.TAG_NAMES,
    **audit.TAG_NAMES,
    **invitations.TAG_NAMES,
    **imports.TAG_NAMES,
    **media.TAG_NAMES,
}

TAGS: Mapping[str, str] = {
    "Asset groups": "①–⑤ 素材组是一个角色或一位真人的文件夹。",
    "Assets": "⑥–⑩ 素材组中的图片、视频和声音。",
    "Real-person check": "⑪ ⑫ 从演员的人脸认证到此人的素材组。",
    **uploads.TAGS,
    **events.TAGS,
    **audit.TAGS,
    **imports.TAGS,
    **media.TAGS,
    **invitations.TAGS,
    "Service": "浏览器认证后返回的地址，以及网关的健康检查。",
    "Administration": "渠道、租户和密钥，供持有 `sd_admin_…` 密钥的运维人员使用。",
}

OPERATIONS: Mapping[str, str] = {
    "CreateAssetGroup": "为虚拟角色创建一个空的素材组。真人的素材组由 ⑪ 和 ⑫ 产生。",
    "ListAssetGroups": "分页列出您自己的素材组：用 `PageNumber` 和 `PageSize`，或用 `MaxResults` 和 `NextToken`，两种方式不能同时使用。"
    "按页码最多可查到第 10 000 行。",
    "GetAssetGroup": "返回您的一个素材组。",
    "UpdateAssetGroup": "修改名称、描述或两者；省略的字段保持不变。请求体中的 `Id` 必须与路径一致。",
    "DeleteAssetGroup": "删除素材组及其全部素材，不可恢复。真人素材组的授权仍有效时，素材库可能拒绝删除。",
    "CreateAsset": "把一个公网地址，或此处某个上传的地址，交给素材库，由素材库下载并检查文件。素材最初为 `Processing`：用 ⑧ 查询，直到变为 `Active` 或 `Failed`。"
    "上传到真人素材组的每张图片都会与本人的人脸比对。",
    "ListAssets": "分页列出您自己的素材：用 `PageNumber` 和 `PageSize`，或用 `MaxResults` 和 `NextToken`，两种方式不能同时使用。"
    "按页码最多可查到第 20 000 行。",
    "GetAsset": "返回您的一个素材。`Active` 和 `Failed` 是最终状态，由本地记录返回；`Processing` 最多滞后一秒。"
    "发送 `Cache-Control: no-cache` 可强制重新查询。",
    "UpdateAsset": "修改素材的名称，其他内容不可修改。请求体中的 `Id` 必须与路径一致。",
    "DeleteAsset": "删除素材，不可恢复。",
    "CreateVisualValidateSession": "返回给演员手机使用的链接。链接约 120 秒内有效，且只能使用一次，请在演员准备好之后再发起。"
    "认证结束后，浏览器会带着 `bytedToken` 和 `resultCode`（10000 表示通过）跳转到您的 `CallbackURL`；"
    "这些参数仅供参考，不能作为凭据，以 ⑫ 的结果为准。响应头 `Stagedoor-Session-Id` 是事件中用于指代该会话的 Id。",
    "GetVisualValidateResult": "把通过的人脸认证换成此人的素材组。可以随时、从任意多处重复调用：首次成功的结果会一直保留，"
    "之后每次都返回同一个 `GroupId`。",
    "callback": "人脸认证结束后，素材库让演员的浏览器跳转到这里。网关记录结果，开始换取，再把浏览器转到 ⑪ 的 `CallbackURL`。"
    "程序不需要调用它。",
    "getHealth": "只要进程存活就会应答。",
    "getReadiness": "网关可以工作时返回 200；无法访问数据库时返回 503。",
    **uploads.OPERATIONS,
    **events.OPERATIONS,
    **audit.OPERATIONS,
    **imports.OPERATIONS,
    **media.OPERATIONS,
    **invitations.OPERATIONS,
}

SUMMARIES: Mapping[str, str] = {
    "callback": "人脸认证结束后返回",
    "getHealth": "进程存活检查",
    "getReadiness": "就绪检查",
    "ListChannels": "查询渠道列表",
    "CreateChannel": "添加渠道",
    "GetChannel": "按名称或 Id 查询渠道",
    "UpdateChannel": "修改、排空、停用或启用渠道",
    "ListTenants": "查询租户列表",
    "CreateTenant": "添加租户",
    "UpdateTenant": "限制租户全部密钥合计的调用频率",
    "ListKeys": "查询租户的 API 密钥",
    "CreateKey": "生成 API 密钥，密钥明文只显示一次",
    "UpdateKey": "限制 API 密钥的调用频率",
    "RevokeKey": "吊销 API 密钥，两秒内处处失效",
    "ListJobs": "统计待办任务，并列出不再重试的任务",
    "RetryJob": "立即重试一个任务（包括已停止重试的）",
    "ListCases": "查询需要人工确认素材组的认证",
    "GetCase": "查询一个待确认项",
    "ResolveCase": "人工确认该认证对应的素材组，或确认没有素材组",
    **uploads.SUMMARIES,
    **events.SUMMARIES,
    **audit.SUMMARIES,
    **imports.SUMMARIES,
    **media.SUMMARIES,
}

PARAMETERS: Mapping[str, str] = {
    "model": "选择渠道（上游账号），不会发往上游。",
    "ProjectName": "只在该项目中查找对象。",
    "group": "素材组 Id，来自 ①、② 或 ⑫。",
    "asset": "素材 Id，来自 ⑥ 或 ⑦。",
    "Idempotency-Key": "自定义的 1 至 255 个可打印 ASCII 字符，每个要创建的对象用一个。键和请求体都相同时，返回第一次请求的结果，并带有 "
    "`Idempotency-Replayed: true`；请求体不同则拒绝。",
    "X-Request-Id": "您为本次调用起的名字：1 至 64 个字母、数字、`-` 或 `_`，将作为 RequestId；其他取值会被忽略。",
    "Cache-Control": "`no-cache` 表示不使用缓存，重新查询。",
    "state": "写在返回地址中的随机密文。",
    "bytedToken": "该次认证的令牌。其他认证的令牌不会产生任何作用。",
    "resultCode": "10000 表示通过，其他值表示未通过。",
    "algorithmBaseRespCode": "0 表示通过，其他值为原因。",
    "reqMeasureInfoValue": "本次认证是否计费：0 或 1。",
    "verify_type": "认证方式。",
    "channel": "渠道的名称或 Id。",
    "tenant": "租户 Id。",
    "key": "密钥 Id。",
    "job": "任务 Id：种类、冒号和键。",
    "case": "待确认项的 Id。",
    "per page": "每次返回的项数。",
    "page after": "先前响应的 `NextToken`。",
    **uploads.PARAMETERS,
    **events.PARAMETERS,
    **audit.PARAMETERS,
    **imports.PARAMETERS,
    **media.PARAMETERS,
    **invitations.PARAMETERS,
}

HEADERS: Mapping[str, str] = {
    "RequestId": "响应的 RequestId。",
    "RetryAfter": "下次尝试前需等待的整秒数。",
    "RateLimit": "密钥及其租户的限额内还剩多少次调用（`r`），以及全部恢复所需的秒数（`t`）。没有限额时不返回此响应头。",
    "RateLimitPolicy": "密钥及其租户的限额：若干秒（`w`）内最多若干次调用（`q`）。没有限额时不返回此响应头。",
    "Allow": "该路径支持的方法。",
    "IdempotencyReplayed": "为 `true` 时表示返回的是之前使用同一键的请求的结果；否则不返回此响应头。",
    "ExistingAsset": "为 `true` 时表示没有新建素材：素材组中已有内容相同的素材，返回的就是它；否则不返回此响应头。",
    "SessionId": "事件中用于指代该会话的 Id。",
    "WWWAuthenticate": "认证方式。",
    "Location": "⑪ 的 `CallbackURL`，并附上官方参数。",
}

OTHERS: Mapping[str, str] = {
    **uploads.OTHERS,
    "answer": "带有 Result 的响应。",
    "sent on": "浏览器被转到下一页。",
    "unknown link": "没有与该 state 和令牌对应的认证；页面用三种语言说明。",
    "well": "一切正常。",
    "root": "本文档所在的地址。",
    "public": "本网关的公网地址。",
    "bearer": "API 密钥：租户使用 `sd_live_…` 或 `sd_test_…`，管理接口使用 `sd_admin_…`。",
}

EXAMPLES: Mapping[str, str] = {
    "For an official SDK": "供官方 SDK 使用",
    "A fictional character": "虚拟角色",
    "A real person": "真人",
    "As little as possible": "最少参数",
    "Numbered pages": "按页码",
    "By token": "按游标",
    "Rename and describe": "改名并添加描述",
    "A picture": "图片",
    "A voice": "声音",
    "Rename": "改名",
    "A check in English": "英文认证页面",
    "A passed check": "已通过的认证",
    "Volcengine Ark": "火山方舟",
    "Disable": "停用",
    "A studio": "一家工作室",
    "A hundred calls a second": "每秒一百次",
    "As the setting says": "以网关设置为准",
    "As often as it likes": "不限频率",
    "Limited": "已限频",
    "Unlimited": "不限频",
    "A test key": "测试密钥",
    "Created": "已创建",
    "Changed": "已修改",
    "Deleted": "已删除",
    "Accepted": "已受理",
    "Active": "可用",
    "Processing": "处理中",
    "Failed": "失败",
    "Renamed": "已改名",
    "Started": "已发起",
    "Exchanged": "已换取",
    "One channel": "一个渠道",
    "A channel": "一个渠道",
    "A full one": "一个已满的渠道",
    "Added": "已添加",
    "Disabled": "已停用",
    "One tenant": "一个租户",
    "Some work": "一些待办任务",
    "One case": "一个待确认项",
    "A case": "待确认项",
    "Decided": "已确认",
    "Tried again": "已安排重试",
    "The group is known": "已知素材组",
    "There is none": "没有素材组",
    "One key": "一个密钥",
    "Made": "已生成",
    "Revoked": "已吊销",
    **uploads.EXAMPLES,
    **events.EXAMPLES,
    **audit.EXAMPLES,
    **imports.EXAMPLES,
    **media.EXAMPLES,
    **invitations.EXAMPLES,
}

ERRORS: Mapping[str, str] = {
    "Retry: never.": "重试：never，请修改请求。",
    "Retry: same_request.": "重试：same_request，请原样重发。",
    "Retry: new_session.": "重试：new_session，请重新发起认证。",
    "Retry: later.": "重试：later，请稍后再试。",
    "A required parameter is missing.": "缺少必填参数。",
    "A parameter has a value that is not allowed.": "参数取值不被允许。",
    "There is no such thing.": "对象不存在。",
    "A signed request needs the header `X-Date`; a presigned address needs `X-Date`, `X-Credential` and `X-SignedQueries`.": "签名请求需要请求头 `X-Date`；预签名地址需要 `X-Date`、`X-Credential` 和 `X-SignedQueries`。",
    "The request names an access key but carries no signature.": "请求给出了 Access Key，但没有签名。",
    "The signature of the request is expired: its date is more than 15 minutes from now, or none. Check the clock and sign anew.": "请求的签名已过期：其时间与当前相差超过 15 分钟，或不是有效时间。请检查时钟并重新签名。",
    "The access key is unknown, revoked or expired.": "Access Key 不存在、已吊销或已过期。",
    "The signature calculated here is not the one that was sent. Check the secret key and that nothing changes the request on its way.": "此处计算的签名与请求中的不一致。请检查 Secret Key，并确认请求在途中没有被改动。",
    "The Authorization is neither `Bearer sd_…` nor `HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…` that signs `x-date`.": "Authorization 既不是 `Bearer sd_…`，也不是对 `x-date` 签名的 `HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`。",
    "The Credential must be `<access key>/<day of X-Date>/<region>/ark/request`.": "Credential 必须是 `<Access Key>/<X-Date 的日期>/<地域>/ark/request`。",
    "This gateway gives out no temporary keys: it takes no session token (`X-Security-Token`).": "本网关不发放临时密钥，不接受会话令牌（`X-Security-Token`）。",
    "This very request started a validation session before, and its answer is for one person only. Sign anew to start another session.": "同一个请求已经发起过一次认证，其结果只属于一个人。请重新签名以发起新的认证。",
    "There is no such Action in this Version. The twelve Actions have the Version 2024-01-01.": "该 Version 下没有这个 Action。十二个 Action 的 Version 为 2024-01-01。",
    "No API key was sent. Send it as `Authorization: Bearer sd_…`.": "没有携带 API 密钥。请用 `Authorization: Bearer sd_…` 发送。",
    "The API key is unknown, revoked or expired.": "API 密钥不存在、已吊销或已过期。",
    "The API key may not do this.": "该 API 密钥无权执行此操作。",
    "The asset library does not allow this operation on this object.": "素材库不允许对该对象执行此操作。",
    "This path does not answer that method. The `Allow` header lists the ones it answers.": "该路径不支持此方法，支持的方法见响应头 `Allow`。",
    "The request body did not arrive in time.": "请求体没有在规定时间内到达。",
    "Something with this name exists already.": "同名对象已存在。",
    "The request body is larger than 1 MiB.": "请求体超过 1 MiB。",
    "The request body must be `application/json` in UTF-8.": "请求体必须是 UTF-8 编码的 `application/json`。",
    "This part of the file does not begin where the last one ended. Ask with HEAD how far the upload is, and go on from there.": "此段的起点不是上一段的终点。请用 HEAD 查询已收到多少，再从那里继续。",
    "This upload is not complete: send the rest of the file first.": "该上传尚未完成：请先上传文件的其余部分。",
    "The version of the tus protocol must be 1.0.0, as the header `Tus-Resumable` says.": "tus 协议的版本必须是 1.0.0，由请求头 `Tus-Resumable` 给出。",
    "The asset library could not fetch an uploaded file from this gateway. The operator has to set STAGEDOOR_PUBLIC_URL to an address that is reached from outside, or STAGEDOOR_UPLOAD_STORE to a bucket.": "素材库无法从本网关取得上传的文件。需要运维人员把 STAGEDOOR_PUBLIC_URL 设为外部可访问的地址，或把 STAGEDOOR_UPLOAD_STORE 设为存储桶。",
    "The place where uploaded files lie is full or cannot be reached. Nothing was changed.": "存放上传文件的位置已满或无法访问，没有任何改动。",
    "The first request with this Idempotency-Key is still running. Repeat this one in a moment.": "使用该 Idempotency-Key 的第一个请求仍在执行，请稍后重发。",
    "This Idempotency-Key was used with another request body. Use a new key for a new request.": "该 Idempotency-Key 已用于另一个请求体。新的请求请使用新的键。",
    "Too many calls at the moment. Wait as long as `Retry-After` says.": "当前调用过于频繁，请按 `Retry-After` 等待。",
    "The allowance for this operation is used up.": "该操作的配额已用完。",
    "The BytedToken cannot be exchanged now.": "该 BytedToken 目前无法换取。",
    "The actor has not finished the face check yet. Repeat the request when they have.": "演员尚未完成人脸认证，请在完成后重发请求。",
    "This BytedToken is being exchanged by an earlier request. Repeat this one in a moment.": "先前的请求正在换取该 BytedToken，请稍后重发。",
    "The actor did not pass the face check or cancelled it. Start a new validation session.": "演员未通过或取消了人脸认证，请重新发起认证。",
    "The BytedToken is too old to be exchanged. Start a new validation session.": "BytedToken 已过期，无法换取，请重新发起认证。",
    "The asset library does not accept this BytedToken (expired, used up or unknown there). Start a new validation session.": "素材库不接受该 BytedToken（已过期、已用完或不存在），请重新发起认证。",
    "An earlier exchange of this BytedToken was asked for and its answer was lost; now the token is refused. The group is being looked for; repeat the request later.": "先前换取该 BytedToken 的响应已丢失，现在令牌被拒绝。正在查找素材组，请稍后重复请求。",
    "The asset library refused this gateway's account. The operator has been told; nothing in the request is wrong.": "素材库拒绝了本网关的账号。已通知运维人员；您的请求没有问题。",
    "The asset library cannot be reached. Nothing was changed.": "无法连接素材库，没有任何改动。",
    "The asset library failed while it served this request, which may or may not have taken effect.": "素材库处理该请求时出错，请求可能已生效，也可能没有。",
    "The asset library did not answer in time.": "素材库没有及时应答。",
    "The asset library sent an answer that cannot be understood.": "素材库的应答无法识别。",
    "The asset library was asked to create something and its answer was lost. It may exist there, but is not recorded here. Ask the operator, or create it again and accept a possible double.": "已请求素材库创建对象，但应答丢失。对象可能已存在于素材库，但此处没有记录。请询问运营方，或重新创建并接受可能的重复。",
    "No upstream account is set up for this model. The operator has to add a channel.": "该 model 没有配置上游账号，需要运维人员添加渠道。",
    "The gateway's database is busy or cannot be written. Nothing was changed.": "网关的数据库繁忙或无法写入，没有任何改动。",
    "Something in the gateway failed. The operator finds the cause by the RequestId.": "网关内部出错，运维人员可凭 RequestId 查明原因。",
    "The envelope of every error.": "所有错误响应的结构。",
}


def _pairs() -> dict[str, str]:
    tables = (
        (texts.TAGS, TAGS),
        (texts.OPERATIONS, OPERATIONS),
        (texts.SUMMARIES, SUMMARIES),
        (texts.PARAMETERS, PARAMETERS),
        (texts.HEADERS, HEADERS),
        (texts.OTHERS, OTHERS),
    )
    pairs = {english[name]: chinese[name] for english, chinese in tables for name in chinese}
    return pairs | {texts.FIELDS[key]: text for key, text in FIELDS.items()}


CHINESE: Mapping[str, str] = {
    texts.INTRODUCTION: INTRODUCTION,
    **TAG_NAMES,
    **EXAMPLES,
    **CONTRACT,
    **invitations.CONTRACT,
    **imports.CONTRACT,
    **media.CONTRACT,
    **ERRORS,
    **_pairs(),
}
"""English sentence to Chinese sentence."""
