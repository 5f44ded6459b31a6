"""`stagedoor emulator`: the stand-in for Ark, as a program of its own."""

import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from stagedoor.cli.ready import write_ready_file
from stagedoor.cli.serve import check_port_is_free
from stagedoor.settings import SettingsError


def emulator(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8081,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    data: Annotated[Path, typer.Option(help="Folder of its state.")] = Path(".stagedoor/emulator"),
    public_url: Annotated[str | None, typer.Option(help="How browsers reach it, when not by host and port.")] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A host uploads may come from, beside loopback; repeat for more.")
    ] = None,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Allow a --host beyond loopback. Whoever reaches it can control it.")
    ] = False,
    quotas: Annotated[bool, typer.Option("--quotas", help="Refuse calls beyond Ark's own limits.")] = False,
    ready_file: Annotated[
        Path | None, typer.Option(help="Written when it serves: url, access_key, secret_key.")
    ] = None,
) -> None:
    """Serve a simulation of Ark's asset library. It holds no real faces and proves nothing."""
    try:
        from stagedoor.emulator import EmulatorSettings, RefusedToBind, Rules, RunningEmulator, run_emulator
    except ImportError as error:
        raise SettingsError(f"The emulator needs `pip install 'stagedoor[emulator]'` ({error}).") from None

    check_port_is_free(host, port)

    def ready(running: RunningEmulator) -> None:
        facts = {"url": running.url, "access_key": running.access_key, "secret_key": running.secret_key}
        if ready_file is not None:
            write_ready_file(ready_file, facts)
        print(f"Emulator (a simulation) at {running.url}, access key {running.access_key}", flush=True)

    settings = EmulatorSettings(
        data_dir=data,
        host=host,
        port=port,
        public_url=public_url,
        allowed_hosts=frozenset(allow_host or ()),
        allow_remote=allow_remote,
        rules=Rules(quotas=quotas),
    )
    try:
        run_emulator(settings, ready)
    except RefusedToBind:
        raise SettingsError(
            f"Other machines can reach {host}, and could control the emulator. If that is meant, add --allow-remote."
        ) from None
    except (OSError, sqlite3.Error) as error:
        raise SettingsError(f"The emulator cannot work in {data}: {error}.") from None
