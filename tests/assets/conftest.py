import pytest

from tests.support.clock import StoppedClock


@pytest.fixture
def clock() -> StoppedClock:
    """Return a clock that stands still: how old a look is must not depend on how fast the machine is."""
    return StoppedClock()
