"""The codes a Failed asset is known to carry. The set is open: others may come, and can be ordered by name."""

POLICY_SUFFIX = ".PolicyViolation"
FORCED_MESSAGE = "The asset failed with a code that was ordered."
_PROCESSING = {
    "DownloadFailed": "The file could not be downloaded from the URL.",
    "TypeMismatch": "The file is not of the stated AssetType.",
    "FormatUnsupported": "The format of the file is not supported.",
    "FormatUndetectable": "The format of the file could not be recognised.",
    "DurationTooShort": "Duration must be between 1.8s and 30.2s.",
    "DurationTooLong": "Duration must be between 1.8s and 30.2s.",
    "WidthTooSmall": "Width must be between 300px and 6000px.",
    "WidthTooLarge": "Width must be between 300px and 6000px.",
    "HeightTooSmall": "Height must be between 300px and 6000px.",
    "HeightTooLarge": "Height must be between 300px and 6000px.",
    "AspectRatioTooSmall": "Aspect ratio must be between 0.4 and 2.5.",
    "AspectRatioTooLarge": "Aspect ratio must be between 0.4 and 2.5.",
    "FileSizeTooLarge": "The file is too large.",
    "PixelCountTooSmall": "Pixel count must be between 407696 and 8295044.",
    "PixelCountTooLarge": "Pixel count must be between 407696 and 8295044.",
    "FpsTooLow": "Frame rate must be between 24 and 60.",
    "FpsTooHigh": "Frame rate must be between 24 and 60.",
    "AudioTrackRequired": "The file needs an audio track.",
    "AudioTrackForbidden": "The file must not have an audio track.",
    "FaceMismatch": "Face consistency verification failed.",
    "TranscodingFailed": "The file could not be transcoded.",
    "ModerationServiceErrorUploadFailed": "The file could not be handed to moderation.",
    "InternalError": "The asset could not be processed because of an internal error.",
}
_MODERATION = {
    "ContentRestricted": "The content is restricted.",
    "InputTextSensitiveContentDetected": "The text may contain sensitive information.",
    "InputImageSensitiveContentDetected": "The image may contain sensitive information.",
    "InputVideoSensitiveContentDetected": "The video may contain sensitive information.",
    "InputAudioSensitiveContentDetected": "The audio may contain sensitive information.",
}
_POLICY = {code + POLICY_SUFFIX: "The content may violate a copyright policy." for code in _MODERATION}
FAILURE_MESSAGES: dict[str, str] = _PROCESSING | _MODERATION | _POLICY
