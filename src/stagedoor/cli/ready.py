"""Ready files: how a program tells another that it serves, and where."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from stagedoor.settings import SettingsError


def clear_ready_file(path: Path) -> None:
    """Remove what an earlier run wrote; a file that cannot be written is refused before anything starts.

    Raises:
        SettingsError: its folder cannot be made or changed.

    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(f"The file {path} cannot be written: {error.strerror}.") from None


def write_ready_file(path: Path, facts: dict[str, str]) -> None:
    """Write the facts so that a reader sees all of them or no file; only the owner may read it.

    Raises:
        SettingsError: it cannot be written there.

    """
    try:
        _write(path, facts)
    except OSError as error:
        raise SettingsError(f"The file {path} cannot be written: {error.strerror}.") from None


def _write(path: Path, facts: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(facts, file, indent=2)
        file.write("\n")
    draft.replace(path)


def read_ready_file(path: Path, *, within: float, gone: Callable[[], bool]) -> dict[str, str]:
    """Wait for a ready file and return its facts.

    Args:
        path: the file.
        within: seconds to wait.
        gone: tells whether the program that writes it has ended.

    Raises:
        TimeoutError: it did not appear.

    """
    deadline = time.monotonic() + within
    while not path.exists():
        if gone():
            raise TimeoutError("the program ended.")
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path.name} did not appear within {within:.0f} s.")
        time.sleep(0.02)
    facts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return facts
