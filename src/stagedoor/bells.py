"""Waking who waits: work was added, an event was written. A hint beside the poll, never the truth."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager


class Bells:
    """Named bells. What rings here is passed on to the other processes, where the database can do that."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Event]] = {}
        self.pass_on: Callable[[Iterable[str]], None] = lambda _: None

    @contextmanager
    def listen(self, name: str) -> Iterator[asyncio.Event]:
        """Yield an event that is set whenever the bell rings; who waits clears it."""
        event = asyncio.Event()
        self._listeners.setdefault(name, set()).add(event)
        try:
            yield event
        finally:
            listeners = self._listeners[name]
            listeners.discard(event)
            if not listeners:
                del self._listeners[name]

    def ring(self, names: Iterable[str]) -> None:
        """Ring here and everywhere; in the event loop's thread."""
        self.ring_here(names)
        self.pass_on(names)

    def ring_here(self, names: Iterable[str]) -> None:
        for name in names:
            for event in self._listeners.get(name, ()):
                event.set()
