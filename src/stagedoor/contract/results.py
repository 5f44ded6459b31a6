"""What the twelve operations give (design §3). A field that has no value is left out, never null."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from stagedoor.contract import fields

Time = Annotated[str, Meta(description="ISO 8601, UTC.", examples=["2026-05-21T08:42:35Z"])]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    Id: Annotated[str, Meta(examples=["group-20260601191715-9q47m"])]
    Name: str
    Title: str
    Description: str
    GroupType: fields.GroupType
    ProjectName: str
    CreateTime: Time
    UpdateTime: Time


class AssetError(msgspec.Struct, frozen=True, kw_only=True):
    Code: Annotated[str, Meta(examples=["FaceMismatch"])]
    Message: str


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    Id: Annotated[str, Meta(examples=["asset-20260318071009-kctzf"])]
    GroupId: str
    Name: str
    AssetType: fields.AssetType
    Status: fields.AssetStatus
    ProjectName: str
    CreateTime: Time
    UpdateTime: Time
    Moderation: fields.Moderation
    URL: Annotated[str | UnsetType, Meta(description="Presigned; there when Status is Active.")] = UNSET
    Error: Annotated[AssetError | UnsetType, Meta(description="There when Status is Failed.")] = UNSET
    LastInferenceTime: Time | UnsetType = UNSET


class PageOf(msgspec.Struct, frozen=True, kw_only=True):
    """The counters of page mode, or the NextToken of cursor mode (absent on the last page)."""

    TotalCount: int | UnsetType = UNSET
    PageNumber: int | UnsetType = UNSET
    PageSize: int | UnsetType = UNSET
    NextToken: str | UnsetType = UNSET


class GroupPage(PageOf, frozen=True, kw_only=True):
    Items: list[Group]


class AssetPage(PageOf, frozen=True, kw_only=True):
    Items: list[Asset]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    BytedToken: Annotated[str, Meta(examples=["202603311449168C23BA26XXXXXXXX"])]
    H5Link: Annotated[str, Meta(description="A credential: show it to the actor only, never log it.")]
    CallbackURL: str


class ExchangedGroup(msgspec.Struct, frozen=True, kw_only=True):
    GroupId: Annotated[str, Meta(examples=["group-20260331145705-7vw4m"])]
    Id: str
    GroupType: fields.GroupType = "LivenessFace"


class Empty(msgspec.Struct, frozen=True):
    """Nothing to say: ``{}``."""
