"""Points at which tests end the process as a power cut would. Without ``STAGEDOOR_TEST_CRASH_FILE`` they do nothing."""

import os
import signal
from pathlib import Path

_FILE = os.environ.get("STAGEDOOR_TEST_CRASH_FILE", "")
"""Tests name a point in this file; the process that reaches it takes the file away and dies, so that the next one lives."""


def crash_point(name: str) -> None:
    """End this process at once, with nothing cleaned up, if the tests have named this point."""
    if not _FILE:
        return
    path = Path(_FILE)
    if path.exists() and path.read_text(encoding="ascii") == name:
        path.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
