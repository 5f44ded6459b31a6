"""The command line as an operator meets it: a program with arguments, an environment, standard input and an exit code."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import databases, nursery

RUN_SECONDS = int(os.environ.get("STAGEDOOR_TEST_RUN_SECONDS", "60"))


class Ended(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """Return the one line in which a command says what is wrong."""
        assert self.code == 1, self
        [line] = self.err.splitlines()
        assert line.startswith("stagedoor: ")
        return line


Stagedoor = Callable[..., Ended]


def environment(**settings: str) -> dict[str, str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("STAGEDOOR_")}
    return {
        **known,
        "COLUMNS": "200",
        "NO_COLOR": "1",
        **{f"STAGEDOOR_{name}": text for name, text in settings.items()},
    }


@pytest.fixture
def data(tmp_path: Path, sqlite_template: Path) -> Path:
    """Return a data folder with a migrated database: migrating takes longer than any command."""
    folder = tmp_path / "data"
    folder.mkdir()
    databases.fresh_sqlite(sqlite_template, folder)
    return folder


@pytest.fixture
def stagedoor(data: Path, tmp_path: Path) -> Stagedoor:
    """Return a function that runs a command in a folder of its own; settings are keywords in capitals."""

    def run(*arguments: str, given: str = "", **settings: str) -> Ended:
        env = environment(**{"DATA_DIR": str(data), **settings})
        ended = nursery.run(*arguments, env=env, given=given, cwd=tmp_path, timeout=RUN_SECONDS)
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    return run
