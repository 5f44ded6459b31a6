"""A log line tells what failed and where, and never what the variables held."""

import subprocess
import sys

import pytest

SECRET = "canary-4fzJ8kQ2"
PROGRAM = """
import sys, structlog
from stagedoor.logs import set_up_logs
from stagedoor.settings import Settings
set_up_logs(Settings(log_format=sys.argv[1]))

def open_account(key):
    raise ValueError("it does not open")

try:
    open_account("canary-" + "4fzJ8kQ2")
except ValueError:
    structlog.get_logger().exception("failed")
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_logged_exception_shows_its_way_and_no_variables(form: str) -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM, form], capture_output=True, text=True, check=True)
    assert "it does not open" in ended.stderr
    assert "open_account" in ended.stderr
    assert SECRET not in ended.stderr + ended.stdout
