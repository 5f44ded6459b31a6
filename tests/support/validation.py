"""What the tests of the face check share: the browser's way back, sessions as they are on record, who waits for what."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from stagedoor.channels.edit import NewChannel
from stagedoor.clock import MovableClock
from stagedoor.db.rows import columns
from stagedoor.validation.store import ValidationSession
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Answer, Api, RunningGateway, free_port
from tests.support.rawserver import Play, RawServer, enveloped, http, raw_server, say

PAGE = "https://studio.example/done"
EXCHANGE = "GetVisualValidateResult"
START = "CreateVisualValidateSession"

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgres = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


class Check(msgspec.Struct, frozen=True):
    """A face check that somebody has started."""

    byted_token: str
    h5_link: str


async def start(api: Api, callback_url: str = PAGE, **fields: Any) -> Check:
    result = await api.ok(START, CallbackURL=callback_url, **fields)
    return Check(result["BytedToken"], result["H5Link"])


async def exchange(api: Api, check: Check) -> Answer:
    return await api.call(EXCHANGE, BytedToken=check.byted_token)


async def browse(api: Api, url: str, method: str = "GET", **headers: str) -> Answer:
    """Open an address as a browser does, without a key, and return what comes before any redirect."""
    async with api.http.request(method, url, headers=headers, allow_redirects=False) as response:
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, names, await response.read())


async def come_back(api: Api, control: EmulatorControl, check: Check, outcome: str = "pass") -> Answer:
    """Play the person on the phone to the end: the check, and the browser's way back."""
    return await browse(api, await control.complete(check.byted_token, outcome))


class RawArk:
    """A channel whose upstream is a script: it starts sessions with given tokens and says of them what it is told."""

    def __init__(self, raw: RawServer, model: str) -> None:
        self.raw = raw
        self.model = model

    async def start(self, api: Api, byted_token: str, callback_url: str = PAGE) -> Check:
        link = {"BytedToken": byted_token, "H5Link": "https://h5.example/?x=1", "CallbackURL": callback_url}
        self.plays(say(http(enveloped(link))))
        return await start(api, callback_url, model=self.model)

    def plays(self, play: Play) -> None:
        """Answer everything that is asked from now on in this way."""
        self.raw.script[:] = [play]

    def gives(self, group_id: str) -> None:
        self.plays(say(http(enveloped({"GroupId": group_id}))))

    def callback_of(self, number: int) -> str:
        """Return the CallbackURL that the request with this number carried."""
        body = self.raw.requests[number].partition(b"\r\n\r\n")[2]
        return str(msgspec.json.decode(body)["CallbackURL"])


@asynccontextmanager
async def raw_ark(gateway: RunningGateway, model: str = "raw") -> AsyncIterator[RawArk]:
    """Run a scripted upstream and connect it as the channel of one model."""
    async with raw_server() as raw:
        new = NewChannel(name=model, kind="ark", endpoint=raw.url, models=[model], access_key="AK", secret_key="SK")
        await gateway.add_channel(new)
        yield RawArk(raw, model)


def with_query(url: str, **fields: str) -> str:
    """Return the address with another query."""
    return f"{url.partition('?')[0]}?{urlencode(fields)}" if fields else url.partition("?")[0]


async def session_of(gateway: RunningGateway, check: Check) -> ValidationSession:
    """Return the session as it is on record."""
    token_hash = gateway.rt.vault.hash("byted_token", check.byted_token)
    sql = f"SELECT {columns(ValidationSession)} FROM validation_sessions WHERE token_hash = :token_hash"
    session = await gateway.read(lambda tx: tx.find(ValidationSession, sql, token_hash=token_hash))
    assert session is not None
    return session


def waiting_callers() -> int:
    """Return how many callers wait for an exchange that a gateway in this process has in hand.

    Each of them is a callback on the one task of its gateway; the task's first callback is the gateway's own.
    """
    exchanges = [task for task in asyncio.all_tasks() if task.get_name().startswith("exchange:")]
    return sum(len(getattr(task, "_callbacks", None) or ()) - 1 for task in exchanges)


async def until(holds: Callable[[], bool | Awaitable[bool]], *, seconds: float = 40) -> None:
    """Return when the condition holds; fail the test when that takes longer than ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        answer = holds()
        if answer if isinstance(answer, bool) else await answer:
            return
        assert time.monotonic() < deadline, f"this did not come true within {seconds} s"
        await asyncio.sleep(0.005)


async def exchanges_done(gateway: RunningGateway) -> None:
    """Return when the gateway has no exchange in hand, and none that is due."""

    async def idle() -> bool:
        if any(task.get_name().startswith("exchange:") for task in asyncio.all_tasks()):
            return False
        sql = "SELECT count(*) FROM jobs WHERE kind = 'exchange' AND (started_at IS NOT NULL OR due_at <= :now)"
        return not await gateway.read(lambda tx: tx.number(sql, now=gateway.clock.now()))

    await until(idle)


@asynccontextmanager
async def another(gateway: RunningGateway, **changes: Any) -> AsyncIterator[RunningGateway]:
    """Run a second gateway on the same database, with the same secret key and clock."""
    settings = msgspec.structs.replace(gateway.settings, port=free_port(), **changes)
    async with RunningGateway(settings, gateway.clock) as running:
        yield running


def advance(clock: MovableClock, **duration: float) -> None:
    clock.advance(timedelta(**duration))
