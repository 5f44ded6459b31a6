"""What is said of a file, to show in the OpenAPI documents."""

from collections.abc import Mapping
from typing import Any

import msgspec

from stagedoor.doors import media
from stagedoor.media.problems import problem

_SMALL = media.MediaReport(
    problems=[
        problem("WidthTooSmall", "Width", found="240", allowed="more than 300 and less than 6000"),
        problem("AspectRatioTooSmall", "AspectRatio", found="0.24", allowed="more than 0.4 and less than 2.5"),
    ],
    media=media.MediaView(format="jpeg", asset_type="Image", size=48_213, width=240, height=1000),
    unchecked=[],
)

REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "CheckMedia": {
        "An upload": {
            "model": "doubao-seedance-2-0-260128",
            "URL": "upload://up_4fzJ0sTuVwXy2zAbCdEfGh",
            "AssetType": "Image",
        }
    }
}
RESULTS: Mapping[str, Mapping[str, msgspec.Struct]] = {"CheckMedia": {"Too small and too tall": _SMALL}}
