"""What the commands share.

The gateway itself is imported late, here and in the commands: `stagedoor --help` needs none of it.
"""

import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from stagedoor.cli.serve import prepare_database
from stagedoor.settings import load_settings

if TYPE_CHECKING:
    from stagedoor.runtime import Runtime

Result = TypeVar("Result")


def with_runtime(work: "Callable[[Runtime], Awaitable[Result]]") -> Result:
    """Run a command's work on the configured database.

    Raises:
        SettingsError: PostgreSQL was not migrated.

    """
    import asyncio

    from stagedoor.app import open_runtime
    from stagedoor.logs import set_up_logs

    settings = load_settings(log_format="console", log_level="warning")
    set_up_logs(settings)
    prepare_database(settings)

    async def run() -> Result:
        rt = await open_runtime(settings)
        try:
            return await work(rt)
        finally:
            await rt.close()

    return asyncio.run(run())


def read_secret(name: str) -> str:
    """Read a secret from standard input: never from the arguments, which everybody on the machine can see."""
    if sys.stdin.isatty():
        import getpass

        return getpass.getpass(f"{name}: ")
    return sys.stdin.readline().strip()
