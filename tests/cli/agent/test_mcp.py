"""`stagedoor mcp` as an agent's host meets it: the SDK's own client, over standard input and output, before the deployed gateway."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent

from stagedoor.emulator import RunningEmulator
from tests.cli.conftest import Stagedoor, environment
from tests.invitations.support import Visitor
from tests.invitations.test_flow import finish
from tests.support.emulator import EmulatorControl
from tests.support.gateway import MODEL, Api
from tests.support.story import ON_SQLITE, eventually

HINTS = {
    "invite_actor": (False, False),
    "check_invitation": (True, None),
    "cancel_invitation": (False, True),
    "list_groups": (True, None),
    "list_assets": (True, None),
    "create_asset": (False, False),
    "asset_reference": (True, None),
}


class Agent:
    """Calls tools as a host does, and keeps everything that was said."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.said = ""

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        answer = await self._ask(tool, arguments)
        assert not answer.is_error, answer
        told: dict[str, Any] = answer.structured_content
        return told

    async def refused(self, tool: str, **arguments: Any) -> str:
        answer = await self._ask(tool, arguments)
        assert answer.is_error
        [content] = answer.content
        assert isinstance(content, TextContent)
        return content.text

    async def _ask(self, tool: str, arguments: dict[str, Any]) -> CallToolResult:
        answer = await self.client.call_tool(tool, arguments)
        assert isinstance(answer, CallToolResult)
        self.said += answer.model_dump_json()
        return answer


@asynccontextmanager
async def start_agent(api: Api) -> AsyncIterator[Agent]:
    """Start the program; no fixture, since what it opens has to be closed by the task that opened it."""
    program = StdioServerParameters(
        command=sys.executable,
        args=["-m", "stagedoor", "mcp", "--url", api.url, "--model", MODEL],
        env=environment(API_KEY=api.key),
    )
    async with Client(program) as client:
        yield Agent(client)


@ON_SQLITE
async def test_from_the_invitation_to_the_reference(
    api: Api, emulator: RunningEmulator, control: EmulatorControl
) -> None:
    async with start_agent(api) as agent:
        await play(agent, api, emulator, control)


async def play(agent: Agent, api: Api, emulator: RunningEmulator, control: EmulatorControl) -> None:
    tools = {tool.name: tool for tool in (await agent.client.list_tools()).tools}
    hints = {name: tool.annotations for name, tool in tools.items()}
    assert {name: (hint.read_only_hint, hint.destructive_hint) for name, hint in hints.items() if hint} == HINTS
    assert all(tool.description and tool.output_schema for tool in tools.values())

    made = await agent.call("invite_actor", name="Long Night, lead", purposes=["The series"], language="en")
    assert made["link"] in made["text"]
    said_of_the_link = agent.said.count(made["link"].rpartition("/")[2])
    assert (await agent.call("check_invitation", invitation_id=made["invitation_id"]))["status"] == "open"
    actor = Visitor(api, made["link"])
    await finish(actor, control, await actor.agree())

    async def is_completed() -> bool:
        found = await agent.call("check_invitation", invitation_id=made["invitation_id"])
        return found["status"] == "completed" and bool(found["group_id"])

    await eventually(is_completed)
    [group] = (await agent.call("list_groups", group_type="LivenessFace"))["groups"]
    picture = f"{emulator.url}/_emulator/samples/portrait.jpg"
    uploaded = await agent.call("create_asset", group_id=group["group_id"], url=picture, name="front")
    assert (uploaded["status"], uploaded["reference"]) == ("Processing", "")

    async def is_active() -> bool:
        found = await agent.call("asset_reference", asset_id=uploaded["asset_id"])
        return bool(found["reference"] == f"asset://{uploaded['asset_id']}")

    await eventually(is_active)
    other = f"{emulator.url}/_emulator/samples/mismatch.jpg"
    failed = await agent.call("create_asset", group_id=group["group_id"], url=other)

    async def is_refused() -> bool:
        found = await agent.call("asset_reference", asset_id=failed["asset_id"])
        return "FaceMismatch" in found["problem"] and found["reference"] == ""

    await eventually(is_refused)
    listed = await agent.call("list_assets", group_id=group["group_id"], only_active=True)
    assert [asset["asset_id"] for asset in listed["assets"]] == [uploaded["asset_id"]]

    unwanted = await agent.call("invite_actor", name="Long Night, double", purposes=["The series"])
    cancelled = await agent.call("cancel_invitation", invitation_id=unwanted["invitation_id"])
    assert cancelled["status"] == "cancelled"
    assert "NotFound" in await agent.refused("asset_reference", asset_id="asset-20000101000000-aaaaa")
    assert "Retry: never" in await agent.refused("create_asset", group_id=group["group_id"], url="ftp://x/y.jpg")

    # The link is told where it is made, and no other credential anywhere.
    assert agent.said.count(made["link"].rpartition("/")[2]) == said_of_the_link
    assert api.key not in agent.said
    for secret in ("h5/verify", "ytedToken", "_media/", "X-Amz", "Signature"):
        assert secret not in agent.said


def test_without_a_key_it_says_so_in_one_line(stagedoor: Stagedoor) -> None:
    assert "STAGEDOOR_API_KEY" in stagedoor("mcp", "--url", "http://127.0.0.1:9").complaint
