"""A keyring in a file, for tests: every system has another one, and a machine of a test has none."""

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend


class FileKeyring(KeyringBackend):
    """What it keeps is in the file that ``TEST_KEYRING`` names."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        return self._read().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write({**self._read(), f"{service} {username}": password})

    def delete_password(self, service: str, username: str) -> None:
        self._write({name: one for name, one in self._read().items() if name != f"{service} {username}"})

    def _read(self) -> dict[str, str]:
        file = Path(os.environ["TEST_KEYRING"])
        kept: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return kept

    def _write(self, kept: dict[str, str]) -> None:
        Path(os.environ["TEST_KEYRING"]).write_text(json.dumps(kept), encoding="utf-8")
