"""How often something is tried: so often that CI stays short, or, where `STAGEDOOR_TEST_LONG` says so, as often as it should be."""

import os

LONG = "STAGEDOOR_TEST_LONG" in os.environ


def times(in_ci: int, in_long: int) -> int:
    """Return the number that fits the run; `make test-long` is the long one."""
    return in_long if LONG else in_ci
