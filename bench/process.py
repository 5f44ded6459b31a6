"""Server processes of the harness: started, watched and ended by their process id."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT = 30.0
STOP_LIMIT = 10.0
IDLE_CPU = 0.05
IDLE_SPAN = 0.5


class ServerFailed(Exception):
    """A server did not start, or ended too early."""


@dataclass(frozen=True)
class Server:
    """A running server: its process, its port and the seconds between its start and its first 200."""

    name: str
    port: int
    process: psutil.Process
    start_seconds: float

    def tree(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return [self.process, *self.process.children(recursive=True)]
        return []

    def rss_mb(self) -> float:
        """Return the memory of the largest process of this server, in MB: that is the worker, not its supervisor."""
        sizes = [0]
        for process in self.tree():
            with suppress(psutil.NoSuchProcess):
                sizes.append(process.memory_info().rss)
        return max(sizes) / 1e6

    def cpu_seconds(self) -> float:
        total = 0.0
        for process in self.tree():
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        return total


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a server: the caller's without its own gateway settings, the tree importable."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STAGEDOOR_")}
    return kept | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"} | dict(extra)


def python_module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", name, *arguments]


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    *,
    port: int,
    work: Path,
    env: Mapping[str, str] | None = None,
    ready_path: str = "/healthz",
) -> Iterator[Server]:
    """Run a server until the block ends; its output goes to a file in the work folder.

    Raises:
        ServerFailed: it ended, or gave no 200 on ``ready_path`` within 30 seconds.

    """
    log = work / f"{name}-{port}.log"
    began = time.monotonic()
    with log.open("wb") as output:
        child = subprocess.Popen(command, stdout=output, stderr=output, env=environment(env or {}), cwd=work)
    try:
        _wait_until_ready(name, child, port, ready_path, log, until=began + START_LIMIT)
        yield Server(name, port, psutil.Process(child.pid), time.monotonic() - began)
    finally:
        _end(child)


def _wait_until_ready(
    name: str, child: "subprocess.Popen[bytes]", port: int, path: str, log: Path, *, until: float
) -> None:
    while not _answers(port, path):
        if child.poll() is not None or time.monotonic() > until:
            tail = log.read_text(errors="replace")[-2000:]
            raise ServerFailed(f"{name} did not come up (exit code {child.poll()}):\n{tail}")
        time.sleep(0.005)


def _answers(port: int, path: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _end(child: "subprocess.Popen[bytes]") -> None:
    # Children are listed before the parent goes: afterwards nobody could say whose they were.
    family = []
    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(child.pid).children(recursive=True)
    child.terminate()
    with suppress(subprocess.TimeoutExpired):
        child.wait(STOP_LIMIT)
    for process in psutil.wait_procs(family, timeout=1)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    if child.poll() is None:
        child.kill()
        child.wait()


def wait_until_idle(servers: Iterable[Server], *, limit: float = 60.0) -> float:
    """Wait until the servers rest, so that work left over from one cell does not slow the next.

    Returns:
        The seconds waited; ``limit`` when they were still busy then.

    """
    watched = list(servers)
    began = time.monotonic()
    before = sum(server.cpu_seconds() for server in watched)
    while time.monotonic() - began < limit:
        time.sleep(IDLE_SPAN)
        now = sum(server.cpu_seconds() for server in watched)
        if now - before < IDLE_CPU * IDLE_SPAN:
            return time.monotonic() - began
        before = now
    return limit
