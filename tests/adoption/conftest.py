from collections.abc import Iterator
from pathlib import Path

import pytest

from stagedoor.emulator import RunningEmulator
from tests.support.account import Account


@pytest.fixture
def account(emulator: RunningEmulator, tmp_path: Path) -> Iterator[Account]:
    """Yield the account behind the emulator, which has to run first."""
    made = Account(tmp_path / "emulator")
    yield made
    made.close()
