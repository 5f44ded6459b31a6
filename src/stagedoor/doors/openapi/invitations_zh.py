"""The Chinese of the invitations: the tables of ``openapi/invitations_texts.py`` again, and the contract's own descriptions."""

from collections.abc import Mapping

TAG_NAMES: Mapping[str, str] = {"Invitations": "邀请"}

TAGS: Mapping[str, str] = {
    "Invitations": "给一位演员的长期链接，演员点击后才开始短时的人脸认证。",
}

OPERATIONS: Mapping[str, str] = {
    "CreateInvitation": "为一位演员生成链接、二维码和可直接发送的文字。页面说明由谁、为何邀请，征得同意，演员点击后才发起认证，120 秒从演员准备好时开始。"
    "未通过或超时可在同一链接再点一次，最多九次。带上 `Idempotency-Key` 即可放心重发。",
    "ListInvitations": "按时间分页列出您自己的邀请：用 `PageNumber` 和 `PageSize`，或用 `MaxResults` 和 `NextToken`。请求体可以省略。",
    "GetInvitation": "返回您的一个邀请：状态、完成后的 `GroupId`，以及逐字的同意内容。",
    "CancelInvitation": "撤回邀请：链接立即失效，进行中的认证作废。可以重复调用；已完成的邀请不能撤回。请求体可以省略。",
}

PARAMETERS: Mapping[str, str] = {
    "invitation": "邀请的 Id。",
    "any model": "可以省略：邀请始终使用创建时的 model。",
}

FIELDS: Mapping[tuple[str, str], str] = {
    ("Invitation", "Name"): "邀请的事项，会显示给演员。",
    ("Invitation", "QR"): "链接二维码的地址，可以显示在您自己的页面中。",
    ("Invitation", "ReturnURL"): "与请求中的相同。浏览器到达时带有 `status`、`session_id`、`ts` 和 `sig`。",
    ("Invitation", "Lng"): "与请求中的语言相同。",
    ("Invitation", "Purposes"): "与请求中的目的相同。",
    ("Invitation", "IntendedUses"): "与请求中的用途相同。",
    ("Invitation", "Metadata"): "与请求中的备注相同。",
    ("InvitationPage", "PageNumber"): "当前页码，仅页码方式返回。",
    ("InvitationPage", "PageSize"): "每页行数，仅页码方式返回。",
    ("InvitationPage", "NextToken"): "用于查询下一页，仅游标方式返回；最后一页没有。",
}

EXAMPLES: Mapping[str, str] = {
    "An actor for a series": "邀请剧集演员",
    "Invited": "已邀请",
    "Open invitations": "未完成的邀请",
    "One invitation": "一个邀请",
    "Completed": "已完成",
    "Call it back": "撤回",
    "Called back": "已撤回",
}

CONTRACT: Mapping[str, str] = {
    "May be left out: an invitation stays with the model it was made for.": "可以省略：邀请始终使用创建时的 model。",
    "What it is about, shown to the actor.": "邀请的事项，会显示给演员。",
    "Page to which the actor goes on when the check is over, signed and without the token.": "认证结束后演员前往的页面，带签名，不含令牌。",
    "Language of the pages; when left out, the browser's, and zh if that is none of the three.": "页面语言；省略时跟随浏览器，三种之外则为 zh。",
    "Seconds for which the link is good; 604800 (7 days) when left out.": "链接有效的秒数，默认 604800（7 天）。",
    "What the person is asked to agree to, one box each; a general sentence when left out.": "请演员逐项同意的目的，每项一个勾选框；省略时为一句通用说明。",
    "Where and how the result will be used, as exactly as possible.": "成品将在何处、如何使用，请尽量具体。",
    "Your own notes; never shown to the actor.": "您自己的备注，不会显示给演员。",
    "May be left out: it is in the path.": "可以省略：已在路径中。",
    "Only invitations in this state.": "只查此状态的邀请。",
    "Address of the link's QR code as SVG.": "链接二维码的 SVG 地址。",
    "Address of the link's QR code as PNG.": "链接二维码的 PNG 地址。",
    "A message in Simplified Chinese.": "简体中文文字。",
    "A message in Traditional Chinese.": "繁体中文文字。",
    "A message in English.": "英文文字。",
    "`face_check`, or one of the invitation's Purposes.": "`face_check`，或邀请中的一项目的。",
    "What the person decided.": "本人的决定。",
    "The record's id.": "记录的 Id。",
    "The number on the person's receipt.": "本人回执上的编号。",
    "Version of the consent's words.": "同意文本的版本。",
    "The language it was given in.": "同意时所用的语言。",
    "SHA-256 of the exact text, in hex.": "同意原文的 SHA-256（十六进制）。",
    "When the person agreed. ISO 8601, UTC.": "同意的时间，ISO 8601，UTC。",
    "When the person took it back. ISO 8601, UTC.": "撤回的时间，ISO 8601，UTC。",
    "One decision each. Not in lists.": "每项一个决定。列表中不返回。",
    "The exact text the person agreed to. Not in lists.": "本人同意的原文。列表中不返回。",
    "The invitation's id.": "邀请的 Id。",
    "`open` until the person has passed, it was called back, or its time is over.": "本人通过、邀请被撤回或过期之前为 `open`。",
    "What the actor opens. Whoever has it can take the face check.": "演员打开的链接。持有链接的人即可进行认证。",
    "Ready to send.": "可直接发送的文字。",
    "How often the face check was begun; 9 times at most.": "已发起认证的次数，最多 9 次。",
    "The face check that counts: the passed one, or the last.": "起作用的认证：通过的那次，否则为最近一次。",
    "The person's group; there when Status is completed.": "此人的素材组，状态为 completed 时返回。",
    "There when the person has agreed.": "本人同意后返回。",
    "Checks the `sig` of the ReturnURL; only in the answer that creates. The same for all of yours.": "用于校验 ReturnURL 中的 `sig`，仅在创建时返回；您的所有邀请相同。",
    "When the link stops working. ISO 8601, UTC.": "链接失效的时间，ISO 8601，UTC。",
    "Invitations need an address where actors' browsers reach this gateway. The operator has to set STAGEDOOR_PUBLIC_URL.": "邀请需要演员浏览器可访问本网关的地址，请运维人员设置 STAGEDOOR_PUBLIC_URL。",
}
