"""What the twelve operations take. An optional field may be left out or null; unknown fields are ignored."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from stagedoor.contract import fields


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What every operation takes. An optional field may be left out or null; unknown fields are ignored."""

    model: fields.Model
    ProjectName: fields.ProjectName | None = None


class Page(Request, frozen=True, kw_only=True):
    """The two paging modes, which exclude one another; without any of the four fields the answer is page 1 of 10."""

    PageNumber: fields.PageNumber | None = None
    PageSize: fields.PageSize | None = None
    MaxResults: fields.MaxResults | None = None
    NextToken: fields.NextToken | None = None
    SortOrder: fields.SortOrder | None = None


class CreateAssetGroup(Request, frozen=True, kw_only=True):
    Name: fields.RequiredName
    Description: fields.Description | None = None
    GroupType: Annotated[
        fields.GroupType | None, Meta(description="Only AIGC can be created; LivenessFace groups come from ⑪ and ⑫.")
    ] = None


class GroupFilter(msgspec.Struct, frozen=True, kw_only=True):
    Name: Annotated[fields.Name | None, Meta(description="Part of the name, in any case.")] = None
    GroupIds: fields.GroupIds | None = None
    GroupType: fields.GroupType | None = None


class ListAssetGroups(Page, frozen=True, kw_only=True):
    Filter: GroupFilter | None = None
    SortBy: Literal["CreateTime", "UpdateTime"] | None = None


class GetAssetGroup(Request, frozen=True, kw_only=True):
    Id: fields.GroupId


class UpdateAssetGroup(Request, frozen=True, kw_only=True):
    Id: fields.GroupId
    Name: fields.RequiredName | None = None
    Description: fields.Description | None = None


class DeleteAssetGroup(Request, frozen=True, kw_only=True):
    Id: fields.GroupId


class CreateAsset(Request, frozen=True, kw_only=True):
    GroupId: fields.GroupId
    URL: Annotated[
        fields.Url,
        Meta(
            description="Publicly reachable http(s) address, or `upload://<UploadId>` of a complete upload.",
            examples=["https://picsum.photos/800/1200.jpg"],
        ),
    ]
    AssetType: fields.AssetType
    Name: fields.Name | None = None
    Moderation: fields.Moderation | None = None
    AllowDuplicate: Annotated[
        bool | None,
        Meta(
            description="With `upload://`: make an asset although the group has one of the same content, which is answered else. Ours alone, never sent upstream."
        ),
    ] = None


class AssetFilter(msgspec.Struct, frozen=True, kw_only=True):
    GroupIds: fields.GroupIds | None = None
    GroupType: fields.GroupType | None = None
    Statuses: Annotated[list[fields.AssetStatus], Meta(max_length=3)] | None = None
    Name: Annotated[fields.Name | None, Meta(description="Part of the name, in any case.")] = None
    AssetType: fields.AssetType | None = None
    AssetIds: Annotated[list[fields.AssetId], Meta(max_length=100)] | None = None


class ListAssets(Page, frozen=True, kw_only=True):
    Filter: AssetFilter | None = None
    SortBy: Literal["CreateTime", "UpdateTime", "GroupId"] | None = None


class GetAsset(Request, frozen=True, kw_only=True):
    Id: fields.AssetId


class UpdateAsset(Request, frozen=True, kw_only=True):
    Id: fields.AssetId
    Name: fields.Name | None = None


class DeleteAsset(Request, frozen=True, kw_only=True):
    Id: fields.AssetId


class CreateVisualValidateSession(Request, frozen=True, kw_only=True):
    CallbackURL: Annotated[
        fields.Url,
        Meta(
            description="Page to which the actor's browser is sent when the check is over.",
            examples=["https://your-app.com/volc-auth-done"],
        ),
    ]
    Lng: Annotated[fields.Language | None, Meta(description="Language of the face-check page; zh when left out.")] = (
        None
    )


class GetVisualValidateResult(Request, frozen=True, kw_only=True):
    BytedToken: Annotated[str, Meta(min_length=1, max_length=512, examples=["202603311449168C23BA26XXXXXXXX"])]
