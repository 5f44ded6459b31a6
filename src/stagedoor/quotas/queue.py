"""Who waits, and whose turn it is: the tenants one after the other, and each tenant's calls in their order."""

import asyncio
from collections import OrderedDict, deque


class Place:
    """A place under a limit, taken by one call."""

    __slots__ = ("is_open", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.is_open = True


Turn = asyncio.Future[Place | None]


class FairQueue:
    """Calls that wait. A tenant with a thousand of them delays another one's first call by one place, not by a thousand."""

    def __init__(self) -> None:
        self._of_tenants: OrderedDict[str, deque[Turn]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._of_tenants.values()))

    def __bool__(self) -> bool:
        return bool(self._of_tenants)

    def add(self, tenant_id: str, turn: Turn) -> None:
        self._of_tenants.setdefault(tenant_id, deque()).append(turn)

    def remove(self, tenant_id: str, turn: Turn) -> None:
        """Forget a call that waits no longer; nothing happens when its turn has come already."""
        turns = self._of_tenants.get(tenant_id)
        if turns is not None and turn in turns:
            turns.remove(turn)
            if not turns:
                del self._of_tenants[tenant_id]

    def rank(self, tenant_id: str) -> int:
        """Return how many places will be dealt before a new call of this tenant has its turn, if nobody else comes."""
        mine = len(self._of_tenants.get(tenant_id, ()))
        ahead = sum(min(len(turns), mine + 1) for other, turns in self._of_tenants.items() if other != tenant_id)
        return ahead + mine

    def pop(self) -> Turn:
        """Return the call whose turn it is."""
        tenant_id, turns = self._of_tenants.popitem(last=False)
        turn = turns.popleft()
        if turns:
            self._of_tenants[tenant_id] = turns
        return turn

    def clear(self) -> list[Turn]:
        """Return everybody who waits, and forget them."""
        turns = [turn for queue in self._of_tenants.values() for turn in queue]
        self._of_tenants.clear()
        return turns
