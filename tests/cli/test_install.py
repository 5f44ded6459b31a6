"""What a user installs is enough: the locked dependencies of running, without those of development."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import environment

pytestmark = pytest.mark.timeout(300)
ROOT = Path(__file__).parents[2]


def test_the_locked_dependencies_of_running_are_enough_to_migrate_and_to_serve(tmp_path: Path) -> None:
    fresh = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", fresh], check=True)
    locked = [
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
        str(ROOT / "requirements" / "run.txt"),
    ]
    subprocess.run([str(fresh / "bin" / "pip"), "install", *locked], check=True)
    # As it lies here: building it would need tools that running does not.
    settings = {**environment(DATA_DIR=str(tmp_path)), "PYTHONPATH": str(ROOT / "src")}
    python = [str(fresh / "bin" / "python"), "-W", "error"]
    for program in (["-m", "stagedoor", "migrate"], ["-c", "import stagedoor.server, stagedoor.emulator"]):
        subprocess.run([*python, *program], env=settings, check=True)
