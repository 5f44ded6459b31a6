"""`stagedoor dev`: the gateway and the emulator on this machine, with a key and a story to copy."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from stagedoor.cli.ready import clear_ready_file, read_ready_file, write_ready_file
from stagedoor.cli.serve import check_port_is_free, migrate_sqlite
from stagedoor.settings import Settings, SettingsError, load_settings

MODELS = ("doubao-seedance-2-0-260128", "doubao-seedance-2-0-fast-260128")
START_SECONDS = 30.0
HOST = "127.0.0.1"
STOP_SECONDS = 3.0
STORY = Path(__file__).with_name("story.sh")


def dev(
    port: Annotated[
        int, typer.Option(min=1, max=65534, help="Port of the gateway; the emulator takes the next one.")
    ] = 8080,
    data: Annotated[Path, typer.Option(help="Folder of everything it keeps.")] = Path(".stagedoor"),
    ready_file: Annotated[Path | None, typer.Option(help="JSON written when both serve.")] = None,
) -> None:
    """Serve the gateway with the emulator behind it, and print addresses, a key and a curl that works."""
    settings = load_settings(
        {},
        host=HOST,
        port=port,
        data_dir=str(data),
        public_url=f"http://{HOST}:{port}",
        webhook_private=True,
        log_format="console",
        log_level="warning",
    )
    ready_files = [settings.data_path / "ready.json", *([ready_file] if ready_file else [])]
    for file in ready_files:
        clear_ready_file(file)
    settings.data_path.chmod(0o700)
    check_port_is_free(HOST, port)
    # Until the gateway serves and has a handler of its own, a stop must not leave the emulator behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    emulator = _start_emulator(settings, port + 1)
    try:
        # The gateway is loaded while the emulator starts.
        from stagedoor.cli.sandbox import run_sandbox
        from stagedoor.logs import set_up_logs

        set_up_logs(settings)
        migrate_sqlite(settings)
        facts = _wait_for_emulator(settings, emulator)
        run_sandbox(settings, facts, lambda ready: _announce(ready, ready_files))
    finally:
        _stop(emulator)
        ready_files[0].unlink(missing_ok=True)


def _start_emulator(settings: Settings, port: int) -> "subprocess.Popen[bytes]":
    check_port_is_free(HOST, port)
    ready_file = _emulator_data(settings) / "ready.json"
    clear_ready_file(ready_file)
    command = [sys.executable, "-m", "stagedoor", "emulator", "--port", str(port), "--data", str(ready_file.parent)]
    return subprocess.Popen([*command, "--ready-file", str(ready_file)], stdout=subprocess.DEVNULL)  # noqa: S603 - this very program


def _wait_for_emulator(settings: Settings, process: "subprocess.Popen[bytes]") -> dict[str, str]:
    ready_file = _emulator_data(settings) / "ready.json"
    try:
        return read_ready_file(ready_file, within=START_SECONDS, gone=lambda: process.poll() is not None)
    except TimeoutError as error:
        raise SettingsError(f"The emulator did not start: {error}") from None


def _emulator_data(settings: Settings) -> Path:
    path = settings.data_path / "emulator"
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise SettingsError(f"The folder {path} cannot be made: {error.strerror}.") from None
    return path


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _announce(ready: dict[str, str], ready_files: Sequence[Path]) -> None:
    for file in ready_files:
        write_ready_file(file, ready)
    gateway, emulator = ready["gateway_url"], ready["emulator_url"]
    print(f"""
stagedoor is ready. Everything here is a simulation: no real account, no real faces.

  Gateway        {gateway}       its API: {gateway}/docs
  Console        {ready["console_link"]}
                 signs in, once
  Emulator       {emulator}       it stands in for Ark
  API key        {ready["api_key"]}
  Access key     {ready["access_key"]}       for the official SDKs, with this secret key:
                 {ready["secret_key"]}
  Operator's key {ready["admin_key"]}

Copy this into another terminal (bash):

GATEWAY={gateway} EMULATOR={emulator} MODEL={MODELS[0]} KEY={ready["api_key"]}
{STORY.read_text(encoding="utf-8")}
Stop with Ctrl-C.
""")
    sys.stdout.flush()
