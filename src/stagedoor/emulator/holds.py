"""Calls that are made to wait until somebody lets them go."""

import asyncio
from typing import Any

from msgspec import Struct


class HeldCall(Struct, kw_only=True):
    name: str
    action: str
    request_id: str
    released: asyncio.Event


class Holds:
    """The waiting calls, in the order they came."""

    def __init__(self) -> None:
        self._held: list[HeldCall] = []

    async def wait(self, *, name: str, action: str, request_id: str) -> None:
        """Wait until released by name or with all the others."""
        call = HeldCall(name=name, action=action, request_id=request_id, released=asyncio.Event())
        self._held.append(call)
        try:
            await call.released.wait()
        finally:
            if call in self._held:
                self._held.remove(call)

    def release(self, name: str | None = None) -> int:
        """Let the calls of one name go, or all of them; return how many."""
        going = [call for call in self._held if name is None or call.name == name]
        for call in going:
            self._held.remove(call)
            call.released.set()
        return len(going)

    def describe(self) -> list[dict[str, Any]]:
        return [{"name": call.name, "action": call.action, "request_id": call.request_id} for call in self._held]
