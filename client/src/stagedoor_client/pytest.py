"""Fixtures for pytest: a sandbox for the whole run, and a client of it. They are there once the package is installed."""

from collections.abc import Iterator

import pytest

from stagedoor_client._sync.client import Client
from stagedoor_client.sandbox import Sandbox, open_sandbox


@pytest.fixture(scope="session")
def stagedoor_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Run a gateway and an emulator, one pair for each test process."""
    with open_sandbox(tmp_path_factory.mktemp("stagedoor")) as sandbox:
        yield sandbox


@pytest.fixture
def stagedoor_client(stagedoor_sandbox: Sandbox) -> Iterator[Client]:
    """Return a client of the sandbox's tenant."""
    with stagedoor_sandbox.client() as client:
        yield client
