"""What the invitations take and give. They are ours alone: Ark knows nothing of them."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from stagedoor.contract import fields
from stagedoor.contract.results import PageOf, Time

InvitationStatus = Literal["open", "completed", "cancelled", "expired"]

DEFAULT_EXPIRES_IN = 7 * 86_400
MOST_EXPIRES_IN = 90 * 86_400

Line = Annotated[str, Meta(min_length=1, max_length=200)]
MetadataKey = Annotated[str, Meta(min_length=1, max_length=64)]
MetadataValue = Annotated[str, Meta(max_length=500)]
InvitationId = Annotated[str, Meta(min_length=1, max_length=128, examples=["inv_3kPq7sTuVwXy2zAbCdEfGh"])]
OptionalModel = Annotated[
    fields.Model | None, Meta(description="May be left out: an invitation stays with the model it was made for.")
]


class CreateInvitation(msgspec.Struct, frozen=True, kw_only=True):
    model: fields.Model
    ProjectName: fields.ProjectName | None = None
    Name: Annotated[
        str,
        Meta(
            min_length=1, max_length=64, description="What it is about, shown to the actor.", examples=["Pilot, lead"]
        ),
    ]
    ReturnURL: Annotated[
        fields.Url | None,
        Meta(
            description="Page to which the actor goes on when the check is over, signed and without the token.",
            examples=["https://your-app.com/actors/done"],
        ),
    ] = None
    Lng: Annotated[
        fields.Language | None,
        Meta(description="Language of the pages; when left out, the browser's, and zh if that is none of the three."),
    ] = None
    ExpiresIn: Annotated[
        Annotated[int, Meta(ge=60, le=MOST_EXPIRES_IN)] | None,
        Meta(description="Seconds for which the link is good; 604800 (7 days) when left out."),
    ] = None
    Purposes: Annotated[
        Annotated[list[Line], Meta(min_length=1, max_length=10)] | None,
        Meta(description="What the person is asked to agree to, one box each; a general sentence when left out."),
    ] = None
    IntendedUses: Annotated[
        Annotated[list[Line], Meta(max_length=10)] | None,
        Meta(description="Where and how the result will be used, as exactly as possible."),
    ] = None
    Metadata: Annotated[
        Annotated[dict[MetadataKey, MetadataValue], Meta(max_length=20)] | None,
        Meta(description="Your own notes; never shown to the actor."),
    ] = None


class GetInvitation(msgspec.Struct, frozen=True, kw_only=True):
    model: OptionalModel = None
    Id: InvitationId


class CancelInvitation(msgspec.Struct, frozen=True, kw_only=True):
    model: OptionalModel = None
    Id: Annotated[InvitationId | None, Meta(description="May be left out: it is in the path.")] = None


class InvitationFilter(msgspec.Struct, frozen=True, kw_only=True):
    Status: Annotated[InvitationStatus | None, Meta(description="Only invitations in this state.")] = None


class ListInvitations(msgspec.Struct, frozen=True, kw_only=True):
    model: OptionalModel = None
    Filter: InvitationFilter | None = None
    PageNumber: fields.PageNumber | None = None
    PageSize: fields.PageSize | None = None
    MaxResults: fields.MaxResults | None = None
    NextToken: fields.NextToken | None = None
    SortOrder: fields.SortOrder | None = None


class QRCode(msgspec.Struct, frozen=True, kw_only=True):
    SVG: Annotated[str, Meta(description="Address of the link's QR code as SVG.")]
    PNG: Annotated[str, Meta(description="Address of the link's QR code as PNG.")]


class Messages(msgspec.Struct, frozen=True, kw_only=True, rename={"zh_hant": "zh-Hant"}):
    zh: Annotated[str, Meta(description="A message in Simplified Chinese.")]
    zh_hant: Annotated[str, Meta(description="A message in Traditional Chinese.")]
    en: Annotated[str, Meta(description="A message in English.")]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    Purpose: Annotated[str, Meta(description="`face_check`, or one of the invitation's Purposes.")]
    Granted: Annotated[bool, Meta(description="What the person decided.")]


class ConsentGiven(msgspec.Struct, frozen=True, kw_only=True):
    Id: Annotated[str, Meta(description="The record's id.")]
    Receipt: Annotated[str, Meta(description="The number on the person's receipt.", examples=["7K2Q-M9XD"])]
    Version: Annotated[str, Meta(description="Version of the consent's words.")]
    Language: Annotated[fields.Language, Meta(description="The language it was given in.")]
    TextSHA256: Annotated[str, Meta(description="SHA-256 of the exact text, in hex.")]
    ConsentTime: Annotated[str, Meta(description="When the person agreed. ISO 8601, UTC.")]
    WithdrawTime: Annotated[str | UnsetType, Meta(description="When the person took it back. ISO 8601, UTC.")] = UNSET
    Purposes: Annotated[list[Decision] | UnsetType, Meta(description="One decision each. Not in lists.")] = UNSET
    Text: Annotated[str | UnsetType, Meta(description="The exact text the person agreed to. Not in lists.")] = UNSET


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    Id: Annotated[str, Meta(description="The invitation's id.", examples=["inv_3kPq7sTuVwXy2zAbCdEfGh"])]
    Name: str
    Status: Annotated[
        InvitationStatus,
        Meta(description="`open` until the person has passed, it was called back, or its time is over."),
    ]
    Link: Annotated[str, Meta(description="What the actor opens. Whoever has it can take the face check.")]
    QR: QRCode
    Texts: Annotated[Messages, Meta(description="Ready to send.")]
    ReturnURL: str | UnsetType = UNSET
    Lng: fields.Language | UnsetType = UNSET
    Purposes: list[str] | UnsetType = UNSET
    IntendedUses: list[str] | UnsetType = UNSET
    Metadata: dict[str, str] | UnsetType = UNSET
    Attempts: Annotated[int, Meta(description="How often the face check was begun; 9 times at most.")]
    SessionId: Annotated[
        str | UnsetType, Meta(description="The face check that counts: the passed one, or the last.")
    ] = UNSET
    GroupId: Annotated[str | UnsetType, Meta(description="The person's group; there when Status is completed.")] = UNSET
    Consent: Annotated[ConsentGiven | UnsetType, Meta(description="There when the person has agreed.")] = UNSET
    SigningSecret: Annotated[
        str | UnsetType,
        Meta(
            description="Checks the `sig` of the ReturnURL; only in the answer that creates. The same for all of yours."
        ),
    ] = UNSET
    CreateTime: Time
    ExpireTime: Annotated[str, Meta(description="When the link stops working. ISO 8601, UTC.")]


class InvitationPage(PageOf, frozen=True, kw_only=True):
    Items: list[Invitation]
