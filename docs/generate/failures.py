"""Why an asset failed, and what to change: the table at the end of docs/reference/errors.md."""

from collections.abc import Mapping

from docs.generate.markdown import page, table
from stagedoor.emulator.failures import FAILURE_MESSAGES, POLICY_SUFFIX

INTRODUCTION = """\
## Why an asset failed

⑥ may be accepted and the asset end as `Failed` all the same: the asset library downloads the file and looks into it later. `Error.Code` of the asset, and of the event `asset.failed`, is one of these or one that is newer than this page; `Error.Message` has the
library's own words and limits. Where the library says so at once, ⑥ answers `InvalidParameter.` and the same word. A failed asset stays `Failed`: upload a changed file as a new one.

To meet one with `stagedoor dev`, give the asset the `Name` `fail:` and the code.
"""
PICTURES = (
    "Pictures: both sides between 300 and 6000 pixels, width to height between 0.4 and 2.5, less than 30 MB, one face."
)
CLIPS = "Videos and voices: 2 to 30 seconds (accounts under older terms: to 15)."
POLICY = "The same, for reasons of copyright or policy: use other material."
CHANGES: Mapping[str, str] = {
    "DownloadFailed": "Give an address that everybody can reach without signing in, and that lives for some minutes more; check that it answers 200.",
    "TypeMismatch": "Set `AssetType` to what the file is: `Image`, `Video` or `Audio`.",
    "FormatUnsupported": "Convert it: pictures to jpeg, png, webp, bmp, tiff, gif or heic; videos to mp4 or mov; voices to wav or mp3.",
    "FormatUndetectable": "Export the file anew: its beginning is damaged, or its ending does not say what it is.",
    "DurationTooShort": f"Use a longer piece. {CLIPS}",
    "DurationTooLong": f"Cut it. {CLIPS}",
    "WidthTooSmall": f"Use a larger picture. {PICTURES}",
    "WidthTooLarge": f"Scale it down. {PICTURES}",
    "HeightTooSmall": f"Use a larger picture. {PICTURES}",
    "HeightTooLarge": f"Scale it down. {PICTURES}",
    "AspectRatioTooSmall": f"Crop it: it is too tall for its width. {PICTURES}",
    "AspectRatioTooLarge": f"Crop it: it is too wide for its height. {PICTURES}",
    "FileSizeTooLarge": "Compress it: pictures below 30 MB, videos up to 200 MB (older terms: 50), voices up to 15 MB.",
    "PixelCountTooSmall": "Export the video in 480p or more.",
    "PixelCountTooLarge": "Export the video in 4K or less (older terms: 720p).",
    "FpsTooLow": "Export it with 24 to 60 frames a second.",
    "FpsTooHigh": "Export it with 24 to 60 frames a second.",
    "AudioTrackRequired": "Export it with its sound.",
    "AudioTrackForbidden": "Export it without sound.",
    "FaceMismatch": "The face is not that of the group's person, or cannot be compared: take a sharp picture from the front, one face only, in even light. Of another person, start with their own face check.",
    "TranscodingFailed": "Export it with a usual codec (H.264, AAC), or try once more.",
    "ModerationServiceErrorUploadFailed": "Nothing is wrong with the file: upload it again later.",
    "InternalError": "Nothing is wrong with the file: upload it again later.",
    "ContentRestricted": "The moderation refuses what is shown: use other material.",
    "InputTextSensitiveContentDetected": "Change the name or the text in the picture.",
    "InputImageSensitiveContentDetected": "The moderation refuses the picture: use another one.",
    "InputVideoSensitiveContentDetected": "The moderation refuses the video: cut out what it may mean, or use another one.",
    "InputAudioSensitiveContentDetected": "The moderation refuses what is heard: use another recording.",
}


def failures() -> str:
    """Return the section; every code that the emulator knows has its row."""
    rows = [(f"`{code}`", CHANGES[code]) for code in FAILURE_MESSAGES if not code.endswith(POLICY_SUFFIX)]
    rows.append((f"one of the last five with `{POLICY_SUFFIX}`", POLICY))
    return page(INTRODUCTION, table(("Code", "What to change"), rows))
