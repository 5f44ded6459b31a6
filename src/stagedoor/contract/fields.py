"""The fields of the contract with their limits (in characters). Facts: dialect.md §2, official-api.md §1."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

GroupType = Literal["AIGC", "LivenessFace"]
AssetType = Literal["Image", "Video", "Audio"]
AssetStatus = Literal["Processing", "Active", "Failed"]
Language = Literal["zh", "en", "zh-Hant"]
SortOrder = Literal["Asc", "Desc"]

Model = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        description="Selects the channel (upstream account); never sent upstream.",
        examples=["doubao-seedance-2-0-260128", "doubao-seedance-2-0-fast-260128"],
    ),
]
Name = Annotated[str, Meta(max_length=64)]
RequiredName = Annotated[str, Meta(min_length=1, max_length=64, examples=["my_virtual_group"])]
Description = Annotated[str, Meta(max_length=300)]
ProjectName = Annotated[
    str, Meta(min_length=1, max_length=64, description="Project of the upstream account.", examples=["default"])
]
GroupId = Annotated[str, Meta(min_length=1, max_length=128, examples=["group-20260601191715-9q47m"])]
AssetId = Annotated[str, Meta(min_length=1, max_length=128, examples=["asset-20260318071009-kctzf"])]
GroupIds = Annotated[list[GroupId], Meta(max_length=100)]
Url = Annotated[str, Meta(min_length=1, max_length=4096)]
PageNumber = Annotated[
    int, Meta(ge=1, le=1_000_000_000, description="From 1. Not together with MaxResults or NextToken.")
]
PageSize = Annotated[int, Meta(ge=1, le=100)]
MaxResults = Annotated[int, Meta(ge=1, le=100, description="Page size of cursor mode.")]
NextToken = Annotated[str, Meta(max_length=1024, description="From the previous answer of cursor mode.")]


class Moderation(msgspec.Struct, frozen=True, kw_only=True):
    Strategy: Literal["Default", "Skip"] = "Default"
