"""The Chinese of ``openapi/media_texts.py``, and of the structs' own descriptions."""

from collections.abc import Mapping

_RULES: Mapping[str, str] = {
    "Formats": "接受的格式。",
    "MaxBytes": "文件大小上限，字节。",
    "Width": "最小和最大宽度，像素。",
    "Height": "最小和最大高度，像素。",
    "AspectRatio": "最小和最大宽高比。",
    "Seconds": "最短和最长时长，秒。",
    "Pixels": "视频画面的最小和最大像素数。",
    "Fps": "最小和最大帧率。",
    "OpenEnds": "各范围的两端本身是否不允许。",
}

TAG_NAMES: Mapping[str, str] = {"Media check": "文件检查"}

TAGS: Mapping[str, str] = {"Media check": "在花费一次调用之前，指出文件的问题。"}

OPERATIONS: Mapping[str, str] = {
    "CheckMedia": "检查一个文件（以表单发送，或已上传并以 `URL` 指明），列出它违反的素材库的每一条规则，使用素材库自己的代码，并说明如何修改。不保留任何内容。"
    "不检测人脸，也无法预知审核结果：没有问题的文件仍可能失败。",
}

SUMMARIES: Mapping[str, str] = {"CheckMedia": "检查文件"}

PARAMETERS: Mapping[str, str] = {
    "type to check": "文件将作为何种素材上传。",
    "model to check": "选择适用其规则的上游账号。",
    "group to check": "文件将放入的素材组：适用该组所在账号的规则。",
}

EXAMPLES: Mapping[str, str] = {"An upload": "一个上传", "Too small and too tall": "过小且过高"}

FIELDS: Mapping[tuple[str, str], str] = {
    ("CheckMedia", "AssetType"): "将作为何种素材上传。",
    ("MediaReport", "Problems"): "违反的每一条规则，按素材库检查的顺序。空表示没有。",
    ("MediaReport", "Media"): "文件的情况。",
    ("MediaReport", "Unchecked"): "无法得知是否遵守的规则：未安装解码器、机器太忙，或文件属于其他类型。",
    ("Problem", "Code"): "素材库对应的错误代码。",
    ("Problem", "Rule"): "违反的规则，名称同上游账号的 `MediaRules`；`Decodes` 表示内容无法读取。",
    ("Problem", "Found"): "检测到的值。无可说明时为空。",
    ("Problem", "Allowed"): "允许的值。无可说明时为空。",
    ("Problem", "Message"): "问题及修改方法，英文。",
    ("Problem", "MessageZh"): "同上，中文。",
    ("MediaView", "Format"): "格式，依据文件开头的字节。",
    ("MediaView", "AssetType"): "此类文件可作为何种素材。",
    ("MediaView", "Size"): "字节数。",
    ("MediaView", "Width"): "宽度，像素。",
    ("MediaView", "Height"): "高度，像素。",
    ("MediaView", "Seconds"): "时长，秒。",
    ("MediaView", "Fps"): "帧率。",
    ("MediaView", "HasAudio"): "是否有声音。",
    ("UploadView", "Problems"): "违反的文档规则：除非账号另有规则，⑥ 会拒绝。文件不完整或用途未知时不返回。",
    ("", "MediaRules"): '与文档不同的文件规则：`{"Video": {"Seconds": [1.8, 15.2]}}`。未列出的以文档为准。',
    ("MediaRules", "Image"): "图片的规则。",
    ("MediaRules", "Video"): "视频的规则。",
    ("MediaRules", "Audio"): "声音的规则。",
    **{("TypeRules", rule): text for rule, text in _RULES.items()},
}

CONTRACT: Mapping[str, str] = {
    "Of an upload that is complete.": "已完成的上传。",
    "Where it is to go: the rules are those of the group's account.": "将放入的素材组：适用该组所在账号的规则。",
    "A rule that a file breaks.": "文件违反的一条规则。",
    "Rules for one asset type; a channel says only those that differ.": "一种素材的规则；上游账号只需列出不同之处。",
    "Rules for each asset type.": "各种素材的规则。",
}
