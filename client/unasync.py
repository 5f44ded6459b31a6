"""Writes ``_sync`` from ``_async``: the two clients have one text. ``--check`` only says whether it is up to date."""

import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent / "src" / "stagedoor_client"
SAMPLE = PACKAGE / "_sync" / "client.py"
HEAD = "# Written from _async by `make client`; do not edit."
WORDS = (
    (r"AsyncGenerator\[(.*), None\]", r"Generator[\1, None, None]"),
    (r"\b_async\b", "_sync"),
    (r"\bimport asyncio\b", "import time"),
    (r"\basyncio\.sleep\b", "time.sleep"),
    (r"\basync (def|with|for)\b", r"\1"),
    (r"``async with``", "``with``"),
    (r"\bawait ", ""),
    (r"\b__a(enter|exit)__", r"__\1__"),
    (r"\ba(close|closing|read|iter)\b", r"\1"),
    (r"\bAsync(\w+)", r"\1"),
)


def without_async(text: str) -> str:
    """Return the module for callers that wait."""
    for word, other in WORDS:
        text = re.sub(word, other, text)
    return _formatted(f"{HEAD}\n{text}")


def _formatted(text: str) -> str:
    sort = ("check", "--select", "I", "--fix", "--exit-zero")
    for command in (sort, ("format",)):
        ruff = [Path(sys.executable).with_name("ruff"), *command, "--quiet", "--stdin-filename", SAMPLE, "-"]
        text = subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own tool
    return text


def main() -> int:
    """Write the modules, or say that they have to be written."""
    texts = {path.name: without_async(path.read_text(encoding="utf-8")) for path in (PACKAGE / "_async").glob("*.py")}
    folder = PACKAGE / "_sync"
    if "--check" not in sys.argv:
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        return 0
    if texts == {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}:
        return 0
    sys.stderr.write("The client that waits is out of date: run `make client`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
