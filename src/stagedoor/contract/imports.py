"""What a bulk import takes: ours alone, in the spelling of the twelve."""

from typing import Annotated

import msgspec
from msgspec import Meta

from stagedoor.contract import fields

MOST_ITEMS = 1000


class ImportItem(msgspec.Struct, frozen=True, kw_only=True):
    """One asset to make, as ⑥ takes it."""

    URL: Annotated[fields.Url, Meta(description="As ⑥ takes it.", examples=["https://picsum.photos/800/1200.jpg"])]
    AssetType: fields.AssetType
    Name: fields.Name | None = None
    GroupId: Annotated[fields.GroupId | None, Meta(description="Where it goes; left out: the import's GroupId.")] = None


class CreateImport(msgspec.Struct, frozen=True, kw_only=True):
    model: fields.Model
    GroupId: Annotated[fields.GroupId | None, Meta(description="Where every item goes that names no other group.")] = (
        None
    )
    Items: Annotated[list[ImportItem], Meta(min_length=1, max_length=MOST_ITEMS)]
