"""`stagedoor emulator`: the stand-in for Ark, as a program of its own."""

from pathlib import Path
from typing import Annotated

import typer

from stagedoor.cli.ready import write_ready_file
from stagedoor.cli.serve import check_port_is_free
from stagedoor.settings import SettingsError


def emulator(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8081,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    data: Annotated[Path, typer.Option(help="Folder of its state.")] = Path(".stagedoor/emulator"),
    public_url: Annotated[str | None, typer.Option(help="How browsers reach it, when not by host and port.")] = None,
    allow_host: Annotated[list[str] | None, typer.Option(help="A host uploads may come from, beside loopback.")] = None,
    allow_remote: Annotated[
        bool, typer.Option(help="Listen on more than loopback. Everybody can control it then.")
    ] = False,
    quotas: Annotated[bool, typer.Option(help="Refuse calls beyond Ark's own limits.")] = False,
    ready_file: Annotated[
        Path | None, typer.Option(help="Written when it serves: url, access_key, secret_key.")
    ] = None,
) -> None:
    """Serve a simulation of Ark's asset library. It holds no real faces and proves nothing."""
    try:
        from stagedoor.emulator import EmulatorSettings, Rules, RunningEmulator, run_emulator
    except ImportError as error:
        raise SettingsError(f"The emulator needs `pip install 'stagedoor[emulator]'` ({error}).") from None

    check_port_is_free(host, port)

    def ready(running: RunningEmulator) -> None:
        facts = {"url": running.url, "access_key": running.access_key, "secret_key": running.secret_key}
        if ready_file is not None:
            write_ready_file(ready_file, facts)
        print(f"Emulator (a simulation) at {running.url}, access key {running.access_key}")

    run_emulator(
        EmulatorSettings(
            data_dir=data,
            host=host,
            port=port,
            public_url=public_url,
            allowed_hosts=frozenset(allow_host or ()),
            allow_remote=allow_remote,
            rules=Rules(quotas=quotas),
        ),
        ready,
    )
