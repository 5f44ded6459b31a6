"""Calls an upstream account allows per action (official-api.md §4). A channel may set its own."""

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from stagedoor.contract.operations import BY_ACTION
from stagedoor.errors import InvalidParameter


class Limit(msgspec.Struct, frozen=True):
    """At most so many calls in any period of this length."""

    calls: int
    period: timedelta


LONGEST_PERIOD = 86_400
_SECOND = timedelta(seconds=1)

DEFAULT_LIMITS: Mapping[str, Limit] = {
    "CreateVisualValidateSession": Limit(3, _SECOND),
    "GetVisualValidateResult": Limit(3, _SECOND),
    "CreateAssetGroup": Limit(10, _SECOND),
    "ListAssetGroups": Limit(10, _SECOND),
    "GetAssetGroup": Limit(10, _SECOND),
    "UpdateAssetGroup": Limit(10, _SECOND),
    "DeleteAssetGroup": Limit(5, _SECOND),
    "CreateAsset": Limit(300, timedelta(minutes=1)),
    "ListAssets": Limit(10, _SECOND),
    "GetAsset": Limit(100, _SECOND),
    "UpdateAsset": Limit(10, _SECOND),
    "DeleteAsset": Limit(10, _SECOND),
}


def read_limits(limits: Mapping[str, tuple[int, float]]) -> dict[str, Limit]:
    """Return the defaults with some replaced.

    Args:
        limits: action to calls and seconds, ``{"CreateAsset": (120, 60)}``.

    Raises:
        InvalidParameter: an action does not exist or a number is not positive, or a time is longer than a day.

    """
    read = dict(DEFAULT_LIMITS)
    for action, (calls, seconds) in limits.items():
        if action not in BY_ACTION or calls < 1 or not 0 < seconds <= LONGEST_PERIOD:
            raise InvalidParameter(
                f"The limit of {action} must name one of the twelve actions, at least one call and a time of a day at most.",
                field="Limits",
            )
        read[action] = Limit(calls, timedelta(seconds=seconds))
    return read
