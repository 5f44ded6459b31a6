"""The account's limits per action, over a sliding window."""

import math
from collections import defaultdict, deque
from datetime import datetime, timedelta

from stagedoor.emulator.errors import gateway_error
from stagedoor.emulator.settings import QuotaLimit

TEN_A_SECOND = QuotaLimit(calls=10)
DEFAULT_LIMITS = {
    "CreateVisualValidateSession": QuotaLimit(calls=3),
    "GetVisualValidateResult": QuotaLimit(calls=3),
    "CreateAssetGroup": TEN_A_SECOND,
    "ListAssetGroups": TEN_A_SECOND,
    "GetAssetGroup": TEN_A_SECOND,
    "UpdateAssetGroup": TEN_A_SECOND,
    "ListAssets": TEN_A_SECOND,
    "UpdateAsset": TEN_A_SECOND,
    "DeleteAsset": TEN_A_SECOND,
    "DeleteAssetGroup": QuotaLimit(calls=5),
    "GetAsset": QuotaLimit(calls=100),
    "CreateAsset": QuotaLimit(calls=300, seconds=60),
}


class Quotas:
    """Counts calls and refuses the one too many."""

    def __init__(self) -> None:
        self._calls: defaultdict[str, deque[datetime]] = defaultdict(deque)

    def clear(self) -> None:
        self._calls.clear()

    def spend(self, action: str, limits: dict[str, QuotaLimit], now: datetime) -> None:
        """Count a call.

        Raises:
            ArkError: ``FlowLimitExceeded`` with ``Retry-After`` when the window is full.

        """
        limit = limits.get(action) or DEFAULT_LIMITS.get(action)
        if limit is None:
            return
        calls, window = self._calls[action], timedelta(seconds=limit.seconds)
        while calls and calls[0] <= now - window:
            calls.popleft()
        if len(calls) >= limit.calls:
            wait = calls[0] + window - now if calls else window
            raise gateway_error("FlowLimitExceeded", retry_after=max(1, math.ceil(wait.total_seconds())))
        calls.append(now)
