"""What the OpenAPI documents say about media and the rules for them, in English. The Chinese is in ``openapi/media_zh.py``."""

from collections.abc import Mapping

_RULES: Mapping[str, str] = {
    "Formats": "Which formats are taken.",
    "MaxBytes": "Largest file, in bytes.",
    "Width": "Least and greatest width, in pixels.",
    "Height": "Least and greatest height, in pixels.",
    "AspectRatio": "Least and greatest width divided by height.",
    "Seconds": "Shortest and longest duration.",
    "Pixels": "Least and greatest number of pixels of a picture of the video.",
    "Fps": "Least and greatest number of frames a second.",
    "OpenEnds": "Whether the two ends of each range are themselves not allowed.",
}

TAGS: Mapping[str, str] = {"Media check": "What is wrong with a file, before a call is spent on it."}

OPERATIONS: Mapping[str, str] = {
    "CheckMedia": "Looks at a file, sent as a form or uploaded before and named by its `URL`, and names every rule of the asset library that it breaks, by the library's own codes, with what to change. Nothing is kept. "
    "Faces are not looked for, and what moderation will say nobody knows: a file without problems may still fail.",
}

SUMMARIES: Mapping[str, str] = {"CheckMedia": "Check a file"}

PARAMETERS: Mapping[str, str] = {
    "type to check": "What the file is to be uploaded as.",
    "model to check": "Selects the upstream account whose rules hold.",
    "group to check": "Where the file is to go: the rules are those of the group's account.",
}

FIELDS: Mapping[tuple[str, str], str] = {
    ("CheckMedia", "AssetType"): "What it is to be uploaded as.",
    (
        "MediaReport",
        "Problems",
    ): "Every rule that is broken, in the order in which the asset library looks at them. Empty: none.",
    ("MediaReport", "Media"): "What the file is.",
    (
        "MediaReport",
        "Unchecked",
    ): "Rules of which nobody knows whether they are kept: the decoders are not installed, the machine was too busy, or the file is of another kind.",
    ("Problem", "Code"): "The error code that the asset library has for it.",
    (
        "Problem",
        "Rule",
    ): "The rule that is broken, as a channel's `MediaRules` call it; `Decodes`: the content cannot be read.",
    ("Problem", "Found"): "What was found. Empty where there is nothing to say.",
    ("Problem", "Allowed"): "What is allowed. Empty where there is nothing to say.",
    ("Problem", "Message"): "What is wrong and what to change, in English.",
    ("Problem", "MessageZh"): "The same in Chinese.",
    ("MediaView", "Format"): "Its format, by its first bytes.",
    ("MediaView", "AssetType"): "What kind of asset such a file can be.",
    ("MediaView", "Size"): "Bytes.",
    ("MediaView", "Width"): "Pixels.",
    ("MediaView", "Height"): "Pixels.",
    ("MediaView", "Seconds"): "How long it plays.",
    ("MediaView", "Fps"): "Frames a second.",
    ("MediaView", "HasAudio"): "Whether it has sound.",
    (
        "UploadView",
        "Problems",
    ): "The documented rules that it breaks: ⑥ refuses it, unless the account has others. Absent while bytes are missing, and where nobody knows what it is to be.",
    (
        "",
        "MediaRules",
    ): 'Rules for files that differ from the documented ones: `{"Video": {"Seconds": [1.8, 15.2]}}`. What is left out is as documented.',
    ("MediaRules", "Image"): "Rules for pictures.",
    ("MediaRules", "Video"): "Rules for videos.",
    ("MediaRules", "Audio"): "Rules for voices.",
    **{("TypeRules", rule): text for rule, text in _RULES.items()},
}
