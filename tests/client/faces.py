"""The two clients behind one face, so that each test is written once and tried on both."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from stagedoor_client import AsyncClient, Client, Retries
from tests.support.gateway import MODEL

FACES = ("waits", "asyncio")
AT_ONCE = Retries(first_pause=0.01)


class Face:
    """Calls a client's methods by name; those of the client that waits in a thread."""

    def __init__(self, client: Client | AsyncClient) -> None:
        self.client = client

    async def call(self, method: str, *arguments: Any, **options: Any) -> Any:
        bound = getattr(self.client, method)
        if isinstance(self.client, AsyncClient):
            return await bound(*arguments, **options)
        return await asyncio.to_thread(bound, *arguments, **options)

    async def next(self, iterator: Any) -> Any:
        """Return what an iterator yields next."""
        if isinstance(self.client, AsyncClient):
            return await anext(iterator)
        return await asyncio.to_thread(next, iterator)

    async def close(self, iterator: Any) -> None:
        if isinstance(self.client, AsyncClient):
            await iterator.aclose()
        else:
            iterator.close()

    async def all(self, method: str, *arguments: Any, at_most: int | None = None, **options: Any) -> list[Any]:
        """Return what an iterator yields, or the first of it."""
        iterator = getattr(self.client, method)(*arguments, **options)
        if isinstance(self.client, AsyncClient):
            return await _take(iterator, at_most)
        return await asyncio.to_thread(_take_waiting, iterator, at_most)


async def _take(iterator: Any, at_most: int | None) -> list[Any]:
    taken: list[Any] = []
    try:
        async for item in iterator:
            taken.append(item)
            if len(taken) == at_most:
                break
    finally:
        await iterator.aclose()
    return taken


def _take_waiting(iterator: Any, at_most: int | None) -> list[Any]:
    taken: list[Any] = []
    for item in iterator:
        taken.append(item)
        if len(taken) == at_most:
            break
    iterator.close()
    return taken


@asynccontextmanager
async def open_face(kind: str, base_url: str, api_key: str = "sd_test_key", **options: Any) -> AsyncIterator[Face]:
    """Make a client of this kind and close it at the end."""
    given: dict[str, Any] = {"base_url": base_url, "api_key": api_key, "model": MODEL, "retries": AT_ONCE, **options}
    if kind == "asyncio":
        async with AsyncClient(**given) as client:
            yield Face(client)
    else:
        with Client(**given) as waiting:
            yield Face(waiting)
