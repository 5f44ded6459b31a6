"""Programs that start in a fifth of the time: forks of a process that has loaded the libraries, and nothing of ours.

A test that kills a gateway six hundred times spends most of its time on imports otherwise. What runs in a fork is `python -m
stagedoor …` to its end, as a process of its own with arguments, environment, folder and files of its own.
"""

import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any, NoReturn

LIBRARIES = (
    "aiohttp",
    "alembic.command",
    "alembic.runtime.migration",
    "asyncpg",
    "cryptography.hazmat.primitives.ciphers.aead",
    "httptools",
    "msgspec",
    "prometheus_client",
    "rich.console",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.ext.asyncio",
    "starlette.routing",
    "structlog",
    "typer",
    "uvicorn.main",
    "uvloop",
)


class Program:
    """A program that was started; like ``subprocess.Popen``, as far as tests need it."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.args = list(arguments)
        self.pid = 0
        self.returncode: int | None = None
        self.started = threading.Event()
        self.ended = threading.Event()

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if not self.ended.wait(timeout):
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


def start(
    arguments: Sequence[str], *, env: Mapping[str, str], out: Path, err: Path, given: Path | None = None, cwd: Path
) -> Program:
    """Start `stagedoor` with these arguments; what it says goes to the two files, what it reads comes from the third."""
    order = {
        "arguments": list(arguments),
        "env": dict(env),
        "out": str(out),
        "err": str(err),
        "given": str(given or os.devnull),
        "cwd": str(cwd),
    }
    return _nursery().start(arguments, order)


def run(
    *arguments: str, env: Mapping[str, str], given: str = "", cwd: Path | None = None, timeout: float = 60
) -> "subprocess.CompletedProcess[str]":
    """Run `stagedoor` to its end; one that takes longer than ``timeout`` seconds is killed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "given").write_text(given, encoding="utf-8")
        files = {"out": folder / "out", "err": folder / "err", "given": folder / "given"}
        program = start(arguments, env=env, cwd=cwd or Path.cwd(), **files)
        try:
            code = program.wait(timeout)
        finally:
            program.kill()
        out, err = (files[one].read_text(encoding="utf-8") for one in ("out", "err"))
    return subprocess.CompletedProcess(program.args, code, out, err)


@cache
def _nursery() -> "_Nursery":
    return _Nursery()


class _Nursery:
    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.support.nursery"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._lock = threading.Lock()
        self._waiting: list[Program] = []
        self._running: dict[int, Program] = {}
        threading.Thread(target=self._listen, name="nursery", daemon=True).start()

    def start(self, arguments: Sequence[str], order: Mapping[str, Any]) -> Program:
        program = Program(arguments)
        with self._lock:
            self._waiting.append(program)
            _say(self._process.stdin, order)
        assert program.started.wait(60), "the nursery does not answer"
        return program

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if "code" in said:
                program = self._running.pop(said["pid"])
                program.returncode = said["code"]
                program.ended.set()
            else:
                program = self._waiting.pop(0)
                program.pid = said["pid"]
                self._running[program.pid] = program
                program.started.set()


def _say(file: IO[str] | None, fact: Mapping[str, Any]) -> None:
    assert file is not None
    file.write(json.dumps(fact) + "\n")
    file.flush()


def main() -> None:
    """Load the libraries, then fork a program for each order, and say when it has ended, until nobody orders any more."""
    for name in LIBRARIES:
        importlib.import_module(name)
    gc.freeze()
    ends, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with selectors.DefaultSelector() as selector:
        selector.register(0, selectors.EVENT_READ)
        selector.register(ends, selectors.EVENT_READ)
        orders = b""
        while True:
            for key, _ in selector.select():
                if key.fd == ends:
                    os.read(ends, 4096)
                    _bury()
                    continue
                more = os.read(key.fd, 65_536)
                if not more:
                    return
                *whole, orders = (orders + more).split(b"\n")
                for line in whole:
                    pid = os.fork()
                    if pid == 0:
                        selector.close()
                        os.close(ends)
                        os.close(wakes)
                        _become(json.loads(line))
                    _say(sys.stdout, {"pid": pid})


def _bury() -> None:
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            _say(sys.stdout, {"pid": ended[0], "code": os.waitstatus_to_exitcode(ended[1])})


def _become(order: Mapping[str, Any]) -> NoReturn:
    """Be the program from here on, to its end."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    for number, path, flags in (
        (0, order["given"], os.O_RDONLY),
        (1, order["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC),
        (2, order["err"], os.O_WRONLY | os.O_CREAT | os.O_APPEND),
    ):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = ["stagedoor", *order["arguments"]]
    code = 0
    try:
        runpy.run_module("stagedoor", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
    except BaseException:  # noqa: BLE001 - whatever it is, the interpreter would say it and end
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # Taking the loaded libraries apart would take longer than most programs run.
    os._exit(code)


if __name__ == "__main__":
    main()
