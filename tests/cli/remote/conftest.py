"""The command line for people, as programs of their own before the deployed gateway."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ended, environment
from tests.support import nursery
from tests.support.gateway import MODEL, Api
from tests.support.validation import until

People = Callable[..., Coroutine[Any, Any, Ended]]


class Running:
    """A command at work, and what it has said so far."""

    def __init__(self, program: nursery.Program, out: Path, err: Path) -> None:
        self.program = program
        self._out, self._err = out, err

    @property
    def out(self) -> str:
        return self._out.read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        return self._err.read_text(encoding="utf-8")

    async def says(self, text: str) -> None:
        """Return when the command has said this on either of its outputs."""
        await until(lambda: text in self.out + self.err)

    async def end(self, number: int = 0) -> int:
        """Send a signal, or none, and return the exit code."""
        if number:
            self.program.send_signal(number)
        return await asyncio.to_thread(self.program.wait, 20)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(api: Api, home: Path) -> dict[str, str]:
    """Return the environment of somebody who has a key."""
    return {
        **environment(BASE_URL=api.url, API_KEY=api.key, MODEL=MODEL),
        "LANG": "en_GB.UTF-8",
        "XDG_CONFIG_HOME": str(home),
    }


@pytest.fixture
def people(settings: dict[str, str], home: Path) -> People:
    """Return a function that runs a command; keywords go into its environment."""

    async def run(*arguments: str, given: str = "", **more: str) -> Ended:
        env = {name: value for name, value in {**settings, **more}.items() if value}
        ended = await asyncio.to_thread(nursery.run, *arguments, env=env, given=given, cwd=home)
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    return run


Begin = Callable[..., Any]


@pytest.fixture
def begin(settings: dict[str, str], home: Path) -> Begin:
    """Return a context manager that runs a command beside the block; ``out`` and ``err`` are files, or one terminal."""

    @asynccontextmanager
    async def begun(*arguments: str, terminal: Path | None = None, **more: str) -> AsyncIterator[Running]:
        out, err = terminal or home / "out", terminal or home / "err"
        for file in (out, err):
            file.touch()
        program = nursery.start(arguments, env={**settings, **more}, out=out, err=err, cwd=home)
        try:
            yield Running(program, out, err)
        finally:
            program.kill()

    return begun
