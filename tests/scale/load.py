"""Clients that go on whatever is restarted: every one keeps its connection, and nobody repeats a request."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp

from tests.support.emulator import EmulatorControl
from tests.support.gateway import Answer, Api
from tests.support.story import DONE, eventually

PAUSE_SECONDS = 0.02
GONE = (aiohttp.ClientError, ConnectionError)


class Load:
    """What came back: statuses and broken connections by what was asked, and the groups that face checks earned."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.failed: list[str] = []
        self.exchanged: list[str] = []
        self.created: set[str] = set()
        self.tokens: list[str] = []
        self._stopping = asyncio.Event()

    @asynccontextmanager
    async def on(
        self, url: str, key: str, control: EmulatorControl, *, clients: int, actors: int
    ) -> AsyncIterator[None]:
        """Keep clients at work for as long as the block runs, and let every one end what it has begun."""
        async with AsyncExitStack() as sessions, asyncio.TaskGroup() as group:
            for number in range(clients + actors):
                http = aiohttp.ClientSession(auto_decompress=False, connector=aiohttp.TCPConnector(limit=1))
                api = Api(url, key, await sessions.enter_async_context(http))
                work = self._work(api, number) if number < clients else self._act(api, control)
                group.create_task(work)
            try:
                yield
            finally:
                self._stopping.set()

    async def _work(self, api: Api, number: int) -> None:
        while not self._stopping.is_set():
            created = await self._call(api, "CreateAssetGroup", Name=f"g{number}")
            if created is not None:
                self.created.add(created.result["Id"])
                await self._call(api, "UpdateAssetGroup", Id=created.result["Id"], Name="renamed")
                await self._call(api, "GetAssetGroup", Id=created.result["Id"])
            await asyncio.sleep(PAUSE_SECONDS)

    async def _act(self, api: Api, control: EmulatorControl) -> None:
        while not self._stopping.is_set():
            started = await self._call(api, "CreateVisualValidateSession", CallbackURL=DONE)
            if started is None:
                continue
            token = started.result["BytedToken"]
            self.tokens.append(token)
            back = await control.complete(token)
            try:
                async with api.http.get(back, allow_redirects=False) as response:
                    self._count("callback", response.status, 303)
            except GONE as error:
                self.failed.append(f"callback {error!r}")
            exchanged = await self._call(api, "GetVisualValidateResult", BytedToken=token)
            if exchanged is not None:
                self.exchanged.append(exchanged.result["GroupId"])

    async def _call(self, api: Api, action: str, **fields: Any) -> Answer | None:
        try:
            answer = await api.call(action, **fields)
        except GONE as error:
            self.failed.append(f"{action} {error!r}")
            return None
        return answer if self._count(action, answer.status, 200, answer.body) else None

    def _count(self, what: str, status: int, wanted: int, body: bytes = b"") -> bool:
        self.seen[what] += 1
        if status != wanted:
            self.failed.append(f"{what} {status} {body.decode()}")
        return status == wanted

    async def goes_on(self, more: int) -> None:
        """Return when so many more answers have come."""
        target = self.seen.total() + more

        async def enough() -> bool:
            return self.seen.total() >= target or bool(self.failed)

        await eventually(enough, seconds=30)
