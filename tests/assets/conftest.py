import aiohttp
import pytest

from stagedoor.emulator import RunningEmulator
from tests.support.clock import StoppedClock
from tests.support.emulator import SignedClient


@pytest.fixture
def clock() -> StoppedClock:
    """Return a clock that stands still: how old a look is must not depend on how fast the machine is."""
    return StoppedClock()


@pytest.fixture
def console(emulator: RunningEmulator, http: aiohttp.ClientSession) -> SignedClient:
    """Return somebody who works on the account behind the gateway's back."""
    return SignedClient(emulator, http)
