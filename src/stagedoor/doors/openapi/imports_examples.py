"""Bulk imports, to show in the OpenAPI documents."""

from collections.abc import Mapping
from typing import Any

import msgspec

from stagedoor.doors import imports
from stagedoor.imports.item import ItemError

_URL = "https://picsum.photos/800/1200.jpg"
_GROUP = "group-20260601191715-9q47m"
REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "CreateImport": {
        "Two pictures": {
            "model": "doubao-seedance-2-0-260128",
            "GroupId": _GROUP,
            "Items": [
                {"URL": _URL, "AssetType": "Image", "Name": "front view"},
                {"URL": _URL, "AssetType": "Image", "Name": "from the left"},
            ],
        }
    }
}
_NONE = imports.ImportCounts(pending=2, creating=0, processing=0, active=0, failed=0, cancelled=0)
_BEGUN = imports.ImportView(
    id="imp_6tRfVgBhNjMkLpQaZwSxEd", state="Running", total=2, counts=_NONE, create_time="2026-06-02T07:39:12Z"
)
_HALF = msgspec.structs.replace(_BEGUN, counts=msgspec.structs.replace(_NONE, pending=0, active=1, processing=1))
_STOPPED = msgspec.structs.replace(_BEGUN, state="Cancelling", cancel_time="2026-06-02T07:39:14Z")
_ITEMS = [
    imports.ImportItemView(
        number=1,
        group_id=_GROUP,
        asset_type="Image",
        name="front view",
        state="Active",
        asset_id="asset-20260602153912-kctzf",
    ),
    imports.ImportItemView(
        number=2,
        group_id=_GROUP,
        asset_type="Image",
        name="from the left",
        state="Failed",
        error=ItemError("InvalidParameter.WidthTooSmall", "Width must be between 300px and 6000px."),
    ),
]

RESULTS: Mapping[str, Mapping[str, msgspec.Struct]] = {
    "CreateImport": {"Begun": _BEGUN},
    "ListImports": {"Half done": imports.ImportList(items=[_HALF])},
    "GetImport": {"Half done": _HALF},
    "ListImportItems": {"One failed": imports.ImportItemList(items=_ITEMS, next_cursor="2", has_more=False)},
    "CancelImport": {"Being stopped": _STOPPED},
}
