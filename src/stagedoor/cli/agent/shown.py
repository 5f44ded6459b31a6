"""What the tools answer with. No token, no H5 link and no address of a file is among it; a link only where an invitation is made."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from stagedoor_client import Asset, Group, Invitation, Page


class MadeInvitation(BaseModel):
    """An invitation that was just made."""

    invitation_id: str
    link: Annotated[str, Field(description="For this one actor only: whoever has it can do the face check.")]
    text: Annotated[str, Field(description="A message to send with the link.")]
    expires: str


class InvitationState(BaseModel):
    """What has become of an invitation."""

    invitation_id: str
    name: str
    status: Annotated[str, Field(description="open, completed, cancelled or expired.")]
    group_id: Annotated[str, Field(description="The person's group, when completed.")]
    attempts: int
    consent_withdrawn: Annotated[bool, Field(description="True: nothing of this person may be used any more.")]
    expires: str


class ShownGroup(BaseModel):
    """A group: a real person's (LivenessFace) or a character's (AIGC)."""

    group_id: str
    name: str
    group_type: str
    created: str


class ShownAsset(BaseModel):
    """An asset and its state."""

    asset_id: str
    group_id: str
    name: str
    asset_type: str
    status: Annotated[str, Field(description="Processing, Active or Failed. Only Active ones can be used.")]
    problem: Annotated[str, Field(description="Why it failed.")]
    reference: Annotated[str, Field(description="What a request to Seedance names it by; empty unless Active.")]


class GroupList(BaseModel):
    """A page of groups."""

    groups: list[ShownGroup]
    total: int


class AssetList(BaseModel):
    """A page of assets."""

    assets: list[ShownAsset]
    total: int


def show_made(invitation: Invitation, language: str) -> MadeInvitation:
    return MadeInvitation(
        invitation_id=invitation.id,
        link=invitation.link,
        text=invitation.texts.get(language, ""),
        expires=_time(invitation.expire_time),
    )


def show_invitation(invitation: Invitation) -> InvitationState:
    consent = invitation.consent
    return InvitationState(
        invitation_id=invitation.id,
        name=invitation.name,
        status=invitation.status,
        group_id=invitation.group_id,
        attempts=invitation.attempts,
        consent_withdrawn=consent is not None and consent.withdraw_time is not None,
        expires=_time(invitation.expire_time),
    )


def show_groups(page: Page[Group]) -> GroupList:
    groups = [
        ShownGroup(group_id=group.id, name=group.name, group_type=group.group_type, created=_time(group.create_time))
        for group in page
    ]
    return GroupList(groups=groups, total=page.total_count or len(groups))


def show_assets(page: Page[Asset]) -> AssetList:
    assets = [show_asset(asset) for asset in page]
    return AssetList(assets=assets, total=page.total_count or len(assets))


def show_asset(asset: Asset) -> ShownAsset:
    return ShownAsset(
        asset_id=asset.id,
        group_id=asset.group_id,
        name=asset.name,
        asset_type=asset.asset_type,
        status=asset.status,
        problem=f"{asset.error.code}: {asset.error.message}" if asset.error else "",
        reference=asset.reference if asset.is_active else "",
    )


def _time(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
