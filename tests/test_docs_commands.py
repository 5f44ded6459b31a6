"""What the documents tell people to type is typed here, and what they show as the answer is what comes."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from stagedoor.contract.operations import OPERATIONS
from tests.cli.conftest import environment
from tests.cli.test_dev import Dev, two_free_ports

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"^```(bash|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "@@@ next block @@@"
RUN_SECONDS = 60


class Step(NamedTuple):
    """A block of commands, and the answer shown under it."""

    commands: str
    shown: str


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    started = Dev(tmp_path_factory.mktemp("dev"), two_free_ports())
    started.ready()
    (started.folder / ".stagedoor").symlink_to("data")
    yield started
    assert started.stop() == (0, [])


def read_steps(page: str) -> list[Step]:
    steps: list[Step] = []
    for language, content in BLOCK.findall((DOCS / page).read_text(encoding="utf-8")):
        if language == "bash":
            steps.append(Step(content, ""))
        else:
            steps[-1] = steps[-1]._replace(shown=content)
    return steps


def run(script: str, folder: Path) -> str:
    programs = Path(sys.executable).parent
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**environment(), "PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    return ended.stdout


def looks_like(shown: str, said: str) -> bool:
    """Tell whether an answer is the one that is shown; `…` stands for anything."""
    pattern = ".*?".join(re.escape(part) for part in shown.strip().split("…"))
    return re.fullmatch(pattern, said.strip(), re.DOTALL) is not None


@pytest.mark.parametrize("page", ["tutorial/first-asset.md", "how-to/test-your-integration.md"])
def test_every_command_gives_the_answer_that_is_shown(dev: Dev, page: str) -> None:
    facts = dev.ready()
    addresses = {"127.0.0.1:8080": facts["gateway_url"], "127.0.0.1:8081": facts["emulator_url"]}
    steps = read_steps(page)
    script = f"echo '{MARK}'\n".join(step.commands for step in steps)
    for known, url in addresses.items():
        script = script.replace(known, url.removeprefix("http://"))
    answers = run(script, dev.folder).split(f"{MARK}\n")
    for known, url in addresses.items():
        answers = [answer.replace(url.removeprefix("http://"), known) for answer in answers]
    assert len(answers) == len(steps)
    checked = 0
    for step, answer in zip(steps, answers, strict=True):
        if step.shown:
            assert looks_like(step.shown, answer), f"{step.commands}\nis shown to say\n{step.shown}\nand says\n{answer}"
            checked += 1
    assert checked > 5


def test_every_request_shown_in_the_reference_is_well_formed(dev: Dev) -> None:
    """Most name things that do not exist here: not being found is as far as they can get."""
    facts = dev.ready()
    steps = read_steps("reference/endpoints.md")
    assert len(steps) >= len(OPERATIONS)
    parts = [f"GATEWAY={facts['gateway_url']} KEY={facts['api_key']}", *(step.commands for step in steps)]
    answers = run(f"\necho; echo '{MARK}'\n".join(parts), dev.folder).split(f"{MARK}\n")[1:]
    assert len(answers) == len(steps)
    for step, answer in zip(steps, answers, strict=True):
        error = json.loads(answer)["ResponseMetadata"].get("Error", {})
        assert error.get("Code", "ok").partition(".")[0] in {"ok", "NotFound"}, f"{step.commands}\n{answer}"


def test_the_fixture_for_pytest_starts_a_sandbox(tmp_path: Path) -> None:
    page = (DOCS / "how-to" / "test-your-integration.md").read_text(encoding="utf-8")
    [fixture] = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    port = two_free_ports()
    test = "def test_it(sandbox):\n    assert sandbox['gateway_url'].endswith(':PORT')\n"
    (tmp_path / "test_sandbox.py").write_text(
        (fixture + "\n\n" + test).replace("PORT", str(port)).replace("18080", str(port))
    )
    said = run(
        f"{sys.executable} -m pytest -q -p no:cacheprovider -p no:randomly -p no:asyncio --rootdir . test_sandbox.py",
        tmp_path,
    )
    assert "1 passed" in said
