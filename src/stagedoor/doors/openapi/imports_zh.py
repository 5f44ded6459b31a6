"""The Chinese of ``openapi/imports_texts.py``, and of the contract's own descriptions."""

from collections.abc import Mapping

TAG_NAMES: Mapping[str, str] = {"Bulk import": "批量导入"}

TAGS: Mapping[str, str] = {"Bulk import": "一次请求提交最多一千个上传，每个都有结果。"}

OPERATIONS: Mapping[str, str] = {
    "CreateImport": "接收最多 1,000 个上传：JSON，或表格（`text/csv`），表头为 `URL`、`AssetType`、`Name`、`GroupId`；使用表格时，`model` 和公共的 `GroupId` 放在查询参数中。"
    "每一项都像 ⑥ 那样创建，无论网关期间发生什么，都只创建一次；它只占用上游账号限额中其他调用留出的空位。带上 `Idempotency-Key`，重复的请求返回第一次请求建立的导入。"
    "结束时发出事件 `import.completed`。",
    "ListImports": "返回各批量导入及其进度，最新的在前。",
    "GetImport": "返回导入的进度。",
    "ListImportItems": "按请求中的顺序返回各项，每项附有素材，或 ⑥ 本会返回的错误。",
    "CancelImport": "不再开始导入中的其余各项；已交给素材库的继续完成。可以重复调用。",
}

SUMMARIES: Mapping[str, str] = {
    "CreateImport": "批量上传素材",
    "ListImports": "查询批量导入列表",
    "GetImport": "查询批量导入",
    "ListImportItems": "查询批量导入的各项",
    "CancelImport": "停止批量导入",
}

PARAMETERS: Mapping[str, str] = {
    "import": "导入的 Id。",
    "import after": "某一项的编号，或先前响应的 `NextCursor`；`0` 表示第一项之前。",
    "import limit": "每次返回的项数。",
    "import state": "只返回处于该状态的项。",
    "import model": "使用表格时，代替请求体中的 `model`。",
    "import GroupId": "使用表格时，代替请求体中的 `GroupId`。",
}

FIELDS: Mapping[tuple[str, str], str] = {
    ("CreateImport", "Items"): "1 至 1,000 个上传。",
    ("ImportItem", "AssetType"): "文件的类型。",
    ("ImportItem", "Name"): "最多 64 个字符。",
    ("ImportView", "Id"): "导入。",
    (
        "ImportView",
        "State",
    ): "`Running`：进行中；`Cancelling`：已停止，已开始的正在完成；`Completed`：已完成；`Cancelled`：已停止。",
    ("ImportView", "Total"): "项数。",
    ("ImportView", "Counts"): "各状态的项数。",
    ("ImportView", "CancelTime"): "何时停止，ISO 8601，UTC。",
    ("ImportView", "FinishTime"): "最后一项何时结束，ISO 8601，UTC。",
    ("ImportCounts", "Pending"): "尚未处理。",
    ("ImportCounts", "Creating"): "正在向素材库请求，或响应丢失、正在查找。",
    ("ImportCounts", "Processing"): "素材库已收到，正在处理。",
    ("ImportCounts", "Active"): "可以使用。",
    ("ImportCounts", "Failed"): "未被接受。",
    ("ImportCounts", "Cancelled"): "导入已停止，未开始。",
    ("ImportList", "Items"): "各批量导入，最新的在前。",
    ("ImportList", "NextToken"): "用于查询之后的导入。最后一页不返回。",
    ("ImportItemList", "Items"): "各项，按请求中的顺序。",
    ("ImportItemList", "NextCursor"): "把 `after` 设为此值继续查询。没有任何项时不返回。",
    ("ImportItemList", "HasMore"): "是否还有更多。",
    ("ImportItemView", "Number"): "在请求中的位置，从 1 开始。",
    ("ImportItemView", "GroupId"): "所属素材组。",
    ("ImportItemView", "AssetType"): "文件声明的类型。",
    ("ImportItemView", "Name"): "素材名称。",
    ("ImportItemView", "State"): "进度；各状态见 `Counts`。",
    ("ImportItemView", "AssetId"): "对应的素材。",
    ("ImportItemView", "Error"): "失败原因：⑥ 本会返回的错误，或素材库对文件的说明。",
    ("ItemError", "Code"): "错误代码。",
    ("ItemError", "Message"): "含义。",
}

EXAMPLES: Mapping[str, str] = {
    "Two pictures": "两张图片",
    "Begun": "已开始",
    "Half done": "完成一半",
    "One failed": "一项失败",
    "Being stopped": "正在停止",
}

CONTRACT: Mapping[str, str] = {
    "One asset to make, as ⑥ takes it.": "要创建的一个素材，字段与 ⑥ 相同。",
    "As ⑥ takes it.": "与 ⑥ 相同。",
    "Where it goes; left out: the import's GroupId.": "所属素材组；省略时为导入的 GroupId。",
    "Where every item goes that names no other group.": "未指定其他素材组的各项都放入此组。",
    "Why an item failed: what ⑥ would have answered, or what the library said of the asset.": "失败原因：⑥ 本会返回的错误，或素材库对素材的说明。",
}
