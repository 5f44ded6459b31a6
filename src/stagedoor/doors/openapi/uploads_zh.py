"""The Chinese of ``openapi/uploads_texts.py``."""

from collections.abc import Mapping

TAG_NAMES: Mapping[str, str] = {"Uploads": "文件上传"}

TAGS: Mapping[str, str] = {
    "Uploads": "您本机的文件，供 ⑥ 以 `upload://<UploadId>` 引用。可一次上传，也可按 tus 协议分段上传。",
}

OPERATIONS: Mapping[str, str] = {
    "ListUploads": "列出您的上传，最新的在前。",
    "CreateUpload": "接收一个文件，之后 ⑥ 以 `upload://<UploadId>` 引用它。带请求头 `Tus-Resumable: 1.0.0` 时则开始分段上传：`Upload-Length` "
    "给出文件大小，`Upload-Metadata` 可含 `filename`、`filetype` 和 `assettype`，响应的 `Location` 是各段的上传地址。",
    "GetUpload": "返回您的一个上传。带 `Tus-Resumable: 1.0.0` 的 `HEAD` 返回已收到多少字节。",
    "ContinueUpload": "按 tus 协议 1.0.0 接收文件的下一段。收到最后一个字节后上传即完成。连接中断时已收到的部分会保留，用 `HEAD` 查询其长度。",
    "DeleteUpload": "删除此处的文件。由它创建的素材保留；素材库尚未取走的则会失败。",
}

SUMMARIES: Mapping[str, str] = {
    "ListUploads": "查询上传列表",
    "CreateUpload": "上传文件",
    "GetUpload": "查询上传",
    "ContinueUpload": "上传文件的一段",
    "DeleteUpload": "删除上传",
}

PARAMETERS: Mapping[str, str] = {
    "upload": "上传的 UploadId。",
    "file": "文件，带文件名和内容类型。",
    "name of the file": "文件的名称；省略时为文件自身的名称。",
    "type of the file": "素材类型；内容类型已说明时可省略。",
    "tus version": "tus 协议的版本。",
    "offset": "此段在文件中的起始位置，即已收到的字节数。",
    "new offset": "现在已收到的字节数。",
}

OTHERS: Mapping[str, str] = {"part taken": "此段已收到，无论网关发生什么都不会丢失。"}

FIELDS: Mapping[tuple[str, str], str] = {
    ("UploadView", "UploadId"): "⑥ 在 `upload://` 之后引用它的标识。",
    ("UploadView", "Name"): "文件名称。",
    ("UploadView", "Size"): "文件的字节数。",
    ("UploadView", "Received"): "已收到的字节数。",
    ("UploadView", "ContentType"): "声明的文件类型。",
    ("UploadView", "AssetType"): "可成为哪种素材。既未声明也看不出时不返回。",
    ("UploadView", "State"): "`Uploading`：尚缺字节。`Complete`：⑥ 可以引用。",
    ("UploadView", "Sha256"): "文件的 SHA-256。State 为 Complete 时返回。",
    ("UploadView", "ExpireTime"): "何时在此处删除，ISO 8601，UTC。",
    ("UploadList", "Items"): "上传列表。",
    ("UploadList", "NextToken"): "用于查询之后的上传。最后一页不返回。",
}

EXAMPLES: Mapping[str, str] = {
    "Uploads, the newest first": "最新的上传在前",
    "A picture": "一张图片",
    "Half of a video": "传了一半的视频",
    "The upload is deleted": "上传已删除",
}
