"""What the how-to shows runs as it stands there, and the sandbox is started, played with and stopped."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from stagedoor_client import Client, GatewayError, ValidateFailed, ValidatePending
from stagedoor_client.sandbox import Sandbox, SandboxFailed, open_sandbox
from tests.cli.conftest import environment

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "python-client.md"
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    return found


def test_the_examples_say_what_is_shown(stagedoor_sandbox: Sandbox, tmp_path: Path) -> None:
    examples = [text for kind, text in blocks() if kind == "python" and not text.startswith("def test_")]
    shown = "".join(text for kind, text in blocks() if kind == "text")
    assert len(examples) >= 3
    where = {
        "BASE_URL": stagedoor_sandbox.gateway_url,
        "API_KEY": stagedoor_sandbox.api_key,
        "MODEL": stagedoor_sandbox.model,
    }
    ended = subprocess.run(
        [sys.executable, "-c", "\n".join(examples)],
        env=environment(**where),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.stdout, ended.stderr) == (shown, "")


def test_the_test_that_is_shown_passes(stagedoor_sandbox: Sandbox, stagedoor_client: Client) -> None:
    """The fixtures are there because the package is installed; nothing here imports them."""
    [test] = [text for kind, text in blocks() if text.startswith("def test_")]
    names: dict[str, Any] = {}
    exec(test, names)
    names["test_an_actor_becomes_an_asset"](stagedoor_sandbox, stagedoor_client)


def test_the_sandbox_plays_the_actor_and_what_goes_wrong(stagedoor_sandbox: Sandbox, stagedoor_client: Client) -> None:
    assert stagedoor_sandbox.api_key not in repr(stagedoor_sandbox)
    check = stagedoor_client.start_check("https://studio.example/done")
    with pytest.raises(ValidatePending):
        stagedoor_client.exchange(check)
    stagedoor_sandbox.play(check.byted_token, "cancel")
    with pytest.raises(ValidateFailed):
        stagedoor_client.exchange(check)
    stagedoor_sandbox.fault("error", "CreateAssetGroup", status=400, code="InvalidParameter.Name")
    with pytest.raises(GatewayError):
        stagedoor_client.create_group("hero")
    stagedoor_sandbox.reset()
    assert stagedoor_client.create_group("hero").id
    with pytest.raises(SandboxFailed, match="unknown"):
        stagedoor_sandbox.play("nobody's token")


SLEEPS = "import time; time.sleep(60)"
TELLS = "import os, sys; sys.exit('settings: ' + ' '.join(name for name in os.environ if 'STAGEDOOR' in name))"


def test_a_sandbox_that_does_not_start_says_why_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A developer's own gateway is none of the sandbox's business.
    monkeypatch.setenv("STAGEDOOR_PORT", "1")
    command = [sys.executable, "-c", TELLS]
    with pytest.raises(SandboxFailed, match=r"has ended: settings: $"), open_sandbox(tmp_path / "a", command=command):
        pass
    before = set(psutil.Process().children())
    command = [sys.executable, "-c", SLEEPS]
    with pytest.raises(SandboxFailed, match="not ready"), open_sandbox(tmp_path / "b", command=command, within=0.2):
        pass
    assert set(psutil.Process().children()) == before
