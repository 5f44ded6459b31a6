"""`stagedoor mcp`: tools for an agent on this machine, over standard input and output."""

from typing import Annotated

import typer

from stagedoor.settings import SettingsError


def mcp(
    url: Annotated[str, typer.Option(help="The gateway; without it, STAGEDOOR_BASE_URL.")] = "",
    model: Annotated[str, typer.Option(help="The model to route by; without it, STAGEDOOR_MODEL.")] = "",
) -> None:
    """Serve MCP on standard input and output, for agents. The key is read from STAGEDOOR_API_KEY."""
    try:
        from stagedoor.cli.agent.tools import make_server
        from stagedoor_client import AsyncClient, ConfigurationError
    except ImportError as error:
        raise SettingsError(f"`stagedoor mcp` needs the packages mcp and stagedoor-client ({error}).") from None

    import asyncio

    try:
        client = AsyncClient(base_url=url or None, model=model or None)
    except ConfigurationError as error:
        raise SettingsError(error.message) from None

    async def serve() -> None:
        async with client:
            await make_server(client).run_stdio_async()

    asyncio.run(serve())
