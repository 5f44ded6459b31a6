"""Uploads that were begun and not ended: which file became which upload, so that the same command goes on with it."""

import json
from pathlib import Path

from stagedoor.cli.remote.logins import config_folder


class Begun:
    """What is kept of one gateway's uploads. A file that has changed since is another file."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._file = config_folder() / "uploads.json"

    def find(self, path: Path) -> str | None:
        return self._read().get(self._name(path))

    def keep(self, path: Path, upload_id: str) -> None:
        self._write({**self._read(), self._name(path): upload_id})

    def forget(self, path: Path) -> None:
        gone = self._name(path)
        self._write({name: one for name, one in self._read().items() if name != gone})

    def _name(self, path: Path) -> str:
        facts = path.stat()
        return f"{self._base_url} {path.resolve()} {facts.st_size} {facts.st_mtime_ns}"

    def _read(self) -> dict[str, str]:
        try:
            kept: dict[str, str] = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return kept

    def _write(self, kept: dict[str, str]) -> None:
        from stagedoor.cli.ready import write_ready_file

        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_ready_file(self._file, kept)
