"""The tools: invite an actor, see what became of it, list groups and assets, upload by address, name an asset to Seedance."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

import stagedoor
from stagedoor.cli.agent.shown import (
    AssetList,
    GroupList,
    InvitationState,
    MadeInvitation,
    ShownAsset,
    show_asset,
    show_assets,
    show_groups,
    show_invitation,
    show_made,
)
from stagedoor_client import AsyncClient, StagedoorError

INSTRUCTIONS = """\
stagedoor keeps the faces of real people. Invite an actor only when the user has asked for that person. Give the invitation's link to that one person and to nobody else. \
Use an asset only when its status is Active, as asset://<id>. When consent_withdrawn is true, stop using everything of that person.
"""
READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
MAKES = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False)
ENDS = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)

Language = Literal["zh", "zh-Hant", "en"]
AssetType = Literal["Image", "Video", "Audio"]
InvitationId = Annotated[str, Field(description="inv_…")]
AssetId = Annotated[str, Field(description="asset-…")]
PageNumber = Annotated[int, Field(ge=1, description="From 1; twenty a page.")]
PAGE_SIZE = 20


def make_server(client: AsyncClient) -> MCPServer:
    """Return the server whose tools call a gateway with this client."""
    server = MCPServer("stagedoor", version=stagedoor.__version__, instructions=INSTRUCTIONS, log_level="WARNING")
    _add_invitations(server, client)
    _add_library(server, client)
    return server


def _add_invitations(server: MCPServer, client: AsyncClient) -> None:
    @server.tool(annotations=MAKES)
    async def invite_actor(
        name: Annotated[str, Field(description="Your own note: which production, which role. The actor sees it.")],
        purposes: Annotated[list[str], Field(description="What the face is used for; the actor ticks each.")],
        intended_uses: Annotated[list[str] | None, Field(description="Where it is shown, until when.")] = None,
        language: Annotated[Language, Field(description="Of the actor's pages.")] = "zh",
    ) -> MadeInvitation:
        """Make a link for one actor. Behind it they read what for, agree, and do the face check on their phone."""
        async with _told():
            made = await client.create_invitation(
                name, purposes=purposes, intended_uses=intended_uses, language=language
            )
        return show_made(made, language)

    @server.tool(annotations=READS)
    async def check_invitation(invitation_id: InvitationId) -> InvitationState:
        """Tell what has become of an invitation, and the group of the person who passed."""
        async with _told():
            return show_invitation(await client.get_invitation(invitation_id))

    @server.tool(annotations=ENDS)
    async def cancel_invitation(invitation_id: InvitationId) -> InvitationState:
        """Call an invitation back: its link stops working for good."""
        async with _told():
            return show_invitation(await client.cancel_invitation(invitation_id))


def _add_library(server: MCPServer, client: AsyncClient) -> None:
    @server.tool(annotations=READS)
    async def list_groups(
        group_type: Annotated[
            Literal["LivenessFace", "AIGC"] | None, Field(description="Real people, or characters.")
        ] = None,
        name: Annotated[str | None, Field(description="Part of the name.")] = None,
        page: PageNumber = 1,
    ) -> GroupList:
        """List the groups: one for each person and each character."""
        chosen: dict[str, Any] = {"group_type": group_type, "name": name}
        async with _told():
            return show_groups(await client.list_groups(page_number=page, page_size=PAGE_SIZE, **chosen))

    @server.tool(annotations=READS)
    async def list_assets(
        group_id: Annotated[str, Field(description="group-…")],
        only_active: Annotated[bool, Field(description="Only what can be used.")] = False,
        page: PageNumber = 1,
    ) -> AssetList:
        """List the pictures, videos and voices of a group."""
        statuses = ["Active"] if only_active else ["Active", "Processing", "Failed"]
        async with _told():
            found = await client.list_assets(
                group_ids=[group_id], statuses=statuses, page_number=page, page_size=PAGE_SIZE
            )
        return show_assets(found)

    @server.tool(annotations=MAKES)
    async def create_asset(
        group_id: Annotated[str, Field(description="group-…")],
        url: Annotated[str, Field(description="Where the asset library downloads the file; public.")],
        asset_type: AssetType = "Image",
        name: Annotated[str | None, Field(description="A name to find it by.")] = None,
    ) -> ShownAsset:
        """Upload a file by its address. It is Processing at first: ask asset_reference until it is Active or Failed."""
        async with _told():
            return show_asset(await client.create_asset(group_id, url, asset_type, name=name))

    @server.tool(annotations=READS)
    async def asset_reference(asset_id: AssetId) -> ShownAsset:
        """Tell the state of an asset and, when it is Active, the asset:// reference for a request to Seedance."""
        async with _told():
            return show_asset(await client.get_asset(asset_id))


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
    """Let the agent read what the gateway refuses, and whether to try again."""
    try:
        yield
    except StagedoorError as error:
        raise ToolError(f"{error} Retry: {error.retry}.") from None
