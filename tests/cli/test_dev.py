"""`stagedoor dev`: ready in seconds, a story that can be copied, the same keys next time, a clean end."""

import asyncio
import json
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
import volcenginesdkcore

from stagedoor.crypto import is_api_key
from tests.cli.conftest import environment
from tests.support.sdks import PythonSdk

pytestmark = pytest.mark.alone  # it has five seconds to stop

FIELDS = [
    "gateway_url",
    "emulator_url",
    "console_link",
    "tenant",
    "api_key",
    "admin_key",
    "access_key",
    "secret_key",
    "emulator_access_key",
    "emulator_secret_key",
]
KEPT = (
    "tenant",
    "api_key",
    "admin_key",
    "access_key",
    "secret_key",
    "gateway_url",
    "emulator_url",
    "emulator_access_key",
    "emulator_secret_key",
)
READY_SECONDS = 30
STOP_SECONDS = 5


def two_free_ports() -> int:
    """Return a port that is free like the one behind it."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


class Dev:
    """`stagedoor dev` in a process of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.ready_file = folder / "ready.json"
        self.out, self.err = folder / "out.txt", folder / "err.txt"
        self.ready_file.unlink(missing_ok=True)
        options = ["--port", str(port), "--data", str(folder / "data"), "--ready-file", str(self.ready_file)]
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "stagedoor", "dev", *options], env=environment(), stdout=out, stderr=err
            )

    def ready(self) -> dict[str, str]:
        deadline = time.monotonic() + READY_SECONDS
        while not self.ready_file.exists():
            assert self.process.poll() is None, self.err.read_text()
            assert time.monotonic() < deadline, "not ready in time"
            time.sleep(0.02)
        facts: dict[str, str] = json.loads(self.ready_file.read_text(encoding="utf-8"))
        return facts

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, list[psutil.Process]]:
        """Send a signal and return the exit code and which processes are still there."""
        family = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        self.process.send_signal(number)
        code = self.process.wait(STOP_SECONDS)
        return code, [process for process in family if process.is_running()]


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[Dev]:
    started = Dev(tmp_path, two_free_ports())
    yield started
    if started.process.poll() is None:
        started.stop()


def run_story(story: str) -> dict[str, Any]:
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", story],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ended.stderr == ""
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


def test_it_is_ready_tells_a_story_that_works_and_stops_cleanly(dev: Dev) -> None:
    facts = dev.ready()
    assert list(facts) == FIELDS
    assert is_api_key(facts["api_key"])
    assert facts["admin_key"].startswith("sd_admin_")
    assert stat.S_IMODE(dev.ready_file.stat().st_mode) == 0o600
    assert stat.S_IMODE((dev.folder / "data").stat().st_mode) == 0o700

    printed = dev.out.read_text(encoding="utf-8")
    for shown in ("gateway_url", "emulator_url", "console_link", "api_key", "admin_key", "access_key", "secret_key"):
        assert facts[shown] in printed
    _, _, rest = printed.partition("Copy this into another terminal (bash):\n")
    story, _, _ = rest.partition("Stop with Ctrl-C.")
    asset = run_story(story)["Result"]
    assert asset["Status"] == "Active"
    assert asset["URL"].startswith(facts["emulator_url"])
    sdk = PythonSdk(volcenginesdkcore, facts["gateway_url"], facts["access_key"], facts["secret_key"])
    assert asyncio.run(sdk.call("GetAsset", Id=asset["Id"]))["Status"] == "Active"
    sdk.close()

    assert dev.stop() == (0, [])
    said = dev.err.read_text(encoding="utf-8")
    assert all("SIMULATION" in line for line in said.splitlines()), said


def test_a_second_start_keeps_keys_and_tenant(dev: Dev) -> None:
    first = dev.ready()
    assert dev.stop() == (0, [])
    port = int(first["gateway_url"].rsplit(":", 1)[1])
    again = Dev(dev.folder, port)
    try:
        second = again.ready()
        assert [second[name] for name in KEPT] == [first[name] for name in KEPT]
    finally:
        assert again.stop(signal.SIGINT) == (0, [])


def test_a_key_of_an_earlier_version_that_may_do_less_is_replaced_for_the_same_tenant(dev: Dev) -> None:
    first = dev.ready()
    assert dev.stop() == (0, [])
    with closing(sqlite3.connect(dev.folder / "data" / "stagedoor.db")) as file:
        file.execute("UPDATE api_keys SET scopes = '[\"assets:read\"]' WHERE kind = 'test'")
        file.commit()
    again = Dev(dev.folder, int(first["gateway_url"].rsplit(":", 1)[1]))
    try:
        second = again.ready()
        assert second["tenant"] == first["tenant"]
        assert second["api_key"] != first["api_key"]
        story = again.out.read_text(encoding="utf-8").partition("(bash):\n")[2].partition("Stop with")[0]
        assert run_story(story)["Result"]["Status"] == "Active"
    finally:
        assert again.stop() == (0, [])


def test_a_stop_during_the_start_leaves_nothing_behind(dev: Dev) -> None:
    """The emulator is running by then, the gateway not yet."""
    deadline = time.monotonic() + READY_SECONDS
    while not psutil.Process(dev.process.pid).children():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert dev.stop() == (0, [])
    assert not dev.ready_file.exists()
    assert "Traceback" not in dev.err.read_text()


@pytest.mark.parametrize(
    ("path", "said"),
    [("emulator/emulator.sqlite3", "The emulator did not start"), ("emulator", "emulator cannot be made")],
)
def test_an_emulator_that_does_not_start_is_said_at_once(tmp_path: Path, path: str, said: str) -> None:
    broken = tmp_path / "data" / path
    broken.parent.mkdir(parents=True)
    broken.write_text("neither a database nor a folder")
    started = Dev(tmp_path, two_free_ports())
    assert started.process.wait(READY_SECONDS / 2) == 1
    last = started.err.read_text().splitlines()[-1]
    assert last.startswith("stagedoor: ")
    assert said in last
