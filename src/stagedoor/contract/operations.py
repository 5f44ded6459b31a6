"""The table of the twelve operations. The REST routes, the OpenAPI documents and the upstream drivers come from it."""

from typing import Literal

import msgspec

from stagedoor.contract import invitations, requests, results

VERSION = "2024-01-01"
SERVICE = "ark"

Method = Literal["GET", "POST", "PATCH", "DELETE"]


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One of the twelve."""

    number: str
    action: str
    method: Method
    path: str
    request: type[msgspec.Struct]
    result: type[msgspec.Struct]
    scope: str
    creates: bool = False
    """Makes something new at every call: never sent twice, and takes an Idempotency-Key."""
    reads: bool = False
    """Changes nothing: where its answer is lost, nothing is. ⑫ is none of these, since asking may use up the token."""
    may_have_no_body: bool = False
    """An empty body is an empty object."""
    summary: str
    summary_zh: str

    @property
    def in_query(self) -> bool:
        """Whether ``model`` and ``ProjectName`` stand in the query: GET and DELETE have no body."""
        return self.method in {"GET", "DELETE"}

    @property
    def has_id(self) -> bool:
        return "/{id}" in self.path


OPERATIONS = (
    Operation(
        number="①",
        action="CreateAssetGroup",
        method="POST",
        path="/v1/private-avatar/groups",
        request=requests.CreateAssetGroup,
        result=results.Group,
        scope="groups:write",
        creates=True,
        summary="Create an asset group",
        summary_zh="创建素材组",
    ),
    Operation(
        number="②",
        action="ListAssetGroups",
        method="POST",
        path="/v1/private-avatar/groups/list",
        request=requests.ListAssetGroups,
        result=results.GroupPage,
        scope="groups:read",
        reads=True,
        summary="List asset groups",
        summary_zh="查询素材组列表",
    ),
    Operation(
        number="③",
        action="GetAssetGroup",
        method="GET",
        path="/v1/private-avatar/groups/{id}",
        request=requests.GetAssetGroup,
        result=results.Group,
        scope="groups:read",
        reads=True,
        summary="Get an asset group",
        summary_zh="查询素材组",
    ),
    Operation(
        number="④",
        action="UpdateAssetGroup",
        method="PATCH",
        path="/v1/private-avatar/groups/{id}",
        request=requests.UpdateAssetGroup,
        result=results.Group,
        scope="groups:write",
        summary="Rename or describe an asset group",
        summary_zh="修改素材组名称或描述",
    ),
    Operation(
        number="⑤",
        action="DeleteAssetGroup",
        method="DELETE",
        path="/v1/private-avatar/groups/{id}",
        request=requests.DeleteAssetGroup,
        result=results.Empty,
        scope="groups:delete",
        summary="Delete an asset group and everything in it",
        summary_zh="删除素材组及其全部素材",
    ),
    Operation(
        number="⑥",
        action="CreateAsset",
        method="POST",
        path="/v1/private-avatar/assets",
        request=requests.CreateAsset,
        result=results.Asset,
        scope="assets:write",
        creates=True,
        summary="Upload an asset by URL",
        summary_zh="上传素材",
    ),
    Operation(
        number="⑦",
        action="ListAssets",
        method="POST",
        path="/v1/private-avatar/assets/list",
        request=requests.ListAssets,
        result=results.AssetPage,
        scope="assets:read",
        reads=True,
        summary="List assets",
        summary_zh="查询素材列表",
    ),
    Operation(
        number="⑧",
        action="GetAsset",
        method="GET",
        path="/v1/private-avatar/assets/{id}",
        request=requests.GetAsset,
        result=results.Asset,
        scope="assets:read",
        reads=True,
        summary="Get an asset and its status",
        summary_zh="查询素材状态",
    ),
    Operation(
        number="⑨",
        action="UpdateAsset",
        method="PATCH",
        path="/v1/private-avatar/assets/{id}",
        request=requests.UpdateAsset,
        result=results.Asset,
        scope="assets:write",
        summary="Rename an asset",
        summary_zh="修改素材名称",
    ),
    Operation(
        number="⑩",
        action="DeleteAsset",
        method="DELETE",
        path="/v1/private-avatar/assets/{id}",
        request=requests.DeleteAsset,
        result=results.Empty,
        scope="assets:delete",
        summary="Delete an asset",
        summary_zh="删除素材",
    ),
    Operation(
        number="⑪",
        action="CreateVisualValidateSession",
        method="POST",
        path="/v1/real-avatar/auth/session",
        request=requests.CreateVisualValidateSession,
        result=results.Session,
        scope="sessions:write",
        creates=True,
        summary="Start a real-person check",
        summary_zh="发起真人认证",
    ),
    Operation(
        number="⑫",
        action="GetVisualValidateResult",
        method="POST",
        path="/v1/real-avatar/groups/from-token",
        request=requests.GetVisualValidateResult,
        result=results.ExchangedGroup,
        scope="exchange:write",
        summary="Exchange a BytedToken for a GroupId",
        summary_zh="BytedToken 换取 GroupId",
    ),
)

BY_ACTION = {operation.action: operation for operation in OPERATIONS}

INVITATIONS = (
    Operation(
        number="",
        action="CreateInvitation",
        method="POST",
        path="/v1/real-avatar/invitations",
        request=invitations.CreateInvitation,
        result=invitations.Invitation,
        scope="invitations:write",
        creates=True,
        summary="Invite an actor",
        summary_zh="邀请演员",
    ),
    Operation(
        number="",
        action="ListInvitations",
        method="POST",
        path="/v1/real-avatar/invitations/list",
        request=invitations.ListInvitations,
        result=invitations.InvitationPage,
        scope="invitations:read",
        reads=True,
        may_have_no_body=True,
        summary="List invitations",
        summary_zh="查询邀请列表",
    ),
    Operation(
        number="",
        action="GetInvitation",
        method="GET",
        path="/v1/real-avatar/invitations/{id}",
        request=invitations.GetInvitation,
        result=invitations.Invitation,
        scope="invitations:read",
        reads=True,
        summary="Get an invitation",
        summary_zh="查询邀请",
    ),
    Operation(
        number="",
        action="CancelInvitation",
        method="POST",
        path="/v1/real-avatar/invitations/{id}/cancel",
        request=invitations.CancelInvitation,
        result=invitations.Invitation,
        scope="invitations:write",
        may_have_no_body=True,
        summary="Call an invitation back",
        summary_zh="撤回邀请",
    ),
)
"""What is ours alone, in the same envelope and style."""

AUDIT_READ, EVENTS_READ, UPLOADS_WRITE, WEBHOOKS_MANAGE = (
    "audit:read",
    "events:read",
    "uploads:write",
    "webhooks:manage",
)
SCOPES = tuple(
    sorted(
        {operation.scope for operation in (*OPERATIONS, *INVITATIONS)}
        | {AUDIT_READ, EVENTS_READ, UPLOADS_WRITE, WEBHOOKS_MANAGE}
    )
)
