"""What the check of an upload takes: ours alone, in the spelling of the twelve."""

from typing import Annotated

import msgspec
from msgspec import Meta

from stagedoor.contract import fields


class CheckMedia(msgspec.Struct, frozen=True, kw_only=True):
    model: fields.Model
    URL: Annotated[
        fields.Url, Meta(description="Of an upload that is complete.", examples=["upload://up_4fzJ0sTuVwXy2zAbCdEfGh"])
    ]
    AssetType: fields.AssetType
    GroupId: Annotated[
        fields.GroupId | None, Meta(description="Where it is to go: the rules are those of the group's account.")
    ] = None
