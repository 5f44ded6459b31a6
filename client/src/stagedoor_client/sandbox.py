"""A gateway with an emulator of the asset library behind it, for tests: `stagedoor dev` in a process of its own."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from stagedoor_client._async.client import AsyncClient
from stagedoor_client._sync.client import Client
from stagedoor_client.base import tls_context
from stagedoor_client.errors import StagedoorError
from stagedoor_client.results import Check

MODEL = "doubao-seedance-2-0-260128"
START_SECONDS = 60.0
STOP_SECONDS = 10.0
COMMAND = (sys.executable, "-m", "stagedoor")


class SandboxFailed(StagedoorError):
    """The sandbox did not start, or refused what a test wanted of it."""


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """A gateway and an emulator that serve, with keys of a tenant and of an operator."""

    gateway_url: str
    emulator_url: str
    tenant: str
    api_key: str = field(repr=False)
    admin_key: str = field(repr=False)
    model: str = MODEL

    def client(self, **options: Any) -> Client:
        """Return a client of the tenant; the options are those of ``Client``."""
        return Client(**self._given(options))

    def async_client(self, **options: Any) -> AsyncClient:
        """Return a client for asyncio."""
        return AsyncClient(**self._given(options))

    def play(self, check: Check | str, outcome: str = "pass") -> None:
        """Be the actor: end the check (``pass``, ``fail`` or ``cancel``), and take the browser back to the gateway."""
        token = check.byted_token if isinstance(check, Check) else check
        back = self.control("POST", f"sessions/{token}", {"outcome": outcome})["redirect"]
        _send("GET", back, None)

    def sample(self, name: str = "portrait.jpg") -> str:
        """Return the address of a sample; one with ``mismatch`` in its name shows somebody else."""
        return f"{self.emulator_url}/_emulator/samples/{name}"

    def fault(self, kind: str, action: str = "*", **fields: Any) -> None:
        """Order a fault for the next calls of an action: ``rate_limited``, ``reset_after``, ``hold`` …"""
        self.control("POST", "faults", {"kind": kind, "action": action, **fields})

    def reset(self) -> None:
        """Make the emulator forget everything but its keys."""
        self.control("POST", "reset")

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the emulator's control API and return what it answers."""
        response = _send(method, f"{self.emulator_url}/_emulator/{path}", body)
        if response.status_code >= 400:
            raise SandboxFailed(f"The emulator says: {response.text}", status=response.status_code)
        return response.json()

    def _given(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"base_url": self.gateway_url, "api_key": self.api_key, "model": self.model, **options}


def _send(method: str, url: str, body: Any) -> httpx2.Response:
    # It is on this machine: a proxy of the environment has no business there.
    with httpx2.Client(verify=tls_context(), trust_env=False) as http:
        return http.request(method, url, json=body)


@contextmanager
def open_sandbox(
    folder: Path, *, port: int | None = None, command: Sequence[str] = COMMAND, within: float = START_SECONDS
) -> Iterator[Sandbox]:
    """Run `stagedoor dev` for as long as the block runs.

    Args:
        folder: where it keeps what it knows, and its log.
        port: of the gateway; the emulator takes the next one. Free ones when left out.
        command: how stagedoor is called.
        within: seconds it may take to start.

    Raises:
        SandboxFailed: it did not start.

    """
    folder.mkdir(parents=True, exist_ok=True)
    ready = folder / "ready.json"
    options = ["--port", str(port or _two_free_ports()), "--data", str(folder / "data"), "--ready-file", str(ready)]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - the caller's command
            [*command, "dev", *options], stdout=log, stderr=log, env=_environment()
        )
    try:
        facts = _wait(process, ready, folder / "log.txt", within)
        yield Sandbox(**{name: facts[name] for name in _FACTS})
    finally:
        _stop(process)


_FACTS = ("gateway_url", "emulator_url", "tenant", "api_key", "admin_key")


def _environment() -> dict[str, str]:
    """Return an environment without settings of a gateway, which a developer may have at hand."""
    return {name: value for name, value in os.environ.items() if not name.startswith("STAGEDOOR_")}


def _wait(process: "subprocess.Popen[bytes]", ready: Path, log: Path, within: float) -> dict[str, str]:
    deadline = time.monotonic() + within
    while not ready.exists():
        if process.poll() is not None:
            raise SandboxFailed(f"stagedoor dev has ended: {_last_line(log)}")
        if time.monotonic() > deadline:
            raise SandboxFailed(f"stagedoor dev was not ready within {within:g} s.")
        time.sleep(0.05)
    facts: dict[str, str] = json.loads(ready.read_text(encoding="utf-8"))
    return facts


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "it said nothing")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _two_free_ports() -> int:
    """Return a port that is free like the one behind it."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
