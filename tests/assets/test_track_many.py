"""Ten thousand assets in Processing at once stay under the account's limit, and none is looked at twice before all were once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from stagedoor.assets.store import TRACK, Asset
from stagedoor.channels.edit import NewChannel, create_channel
from stagedoor.db.database import Tx
from stagedoor.db.rows import columns
from stagedoor.events.store import Event
from stagedoor.jobs.store import add_job
from stagedoor.tenants.store import list_tenants
from tests.support.gateway import Api, RunningGateway
from tests.support.rawserver import enveloped
from tests.support.rows import add_rows, asset_row, group_row
from tests.support.story import ON_SQLITE
from tests.support.validation import until

pytestmark = pytest.mark.alone

ASSETS = 10_000
LOOKS_A_SECOND = 100
"""What the account allows; looking after assets takes half of it."""
SECONDS = 6.0
GROUP = "group-20260331145705-many0"


class CountingArk:
    """An Ark whose assets take for ever, until they are all done; it remembers who asked for which when."""

    def __init__(self) -> None:
        self.status = "Processing"
        self.looks: list[tuple[float, str]] = []

    async def answer(self, request: web.Request) -> web.Response:
        asset_id = (await request.json())["Id"]
        self.looks.append((asyncio.get_running_loop().time(), asset_id))
        return web.json_response(enveloped({"Id": asset_id, "GroupId": GROUP, "Status": self.status}))

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_post("/", self.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0][:2]
            yield f"http://{host}:{port}"
        finally:
            await runner.cleanup()


async def fill(gateway: RunningGateway, tenant_id: str, channel_id: str) -> None:
    """Record ten thousand assets that nobody has looked at yet, each with the job that ⑥ writes with it."""
    now = gateway.clock.now()
    await add_rows(gateway, [group_row(tenant_id, channel_id, GROUP)])
    assets = [
        asset_row(
            tenant_id, channel_id, f"asset-20260331145705-{number:05}", GROUP, status="Processing", created_at=now
        )
        for number in range(ASSETS)
    ]

    async def owe(tx: Tx, some: list[Asset]) -> None:
        for asset in some:
            await add_job(tx, tenant_id, TRACK, asset.id, now=now, due_at=now)

    for begin in range(0, ASSETS, 500):
        some = assets[begin : begin + 500]
        await add_rows(gateway, assets=some)
        await gateway.rt.db.write(lambda tx, some=some: owe(tx, some))  # type: ignore[misc]  # bound now


@ON_SQLITE
async def test_ten_thousand_assets_at_once_stay_under_the_limit_and_each_has_its_turn(
    gateway: RunningGateway, api: Api
) -> None:
    ark = CountingArk()
    async with ark.served() as url:
        limits = {"GetAsset": (LOOKS_A_SECOND, 1.0)}
        new = NewChannel(
            name="many", kind="ark", endpoint=url, models=["many"], access_key="A", secret_key="S", limits=limits
        )
        channel_id = (await create_channel(gateway.rt, new)).id
        [tenant] = await gateway.read(list_tenants)
        await fill(gateway, tenant.id, channel_id)
        begun = len(ark.looks)
        await asyncio.sleep(SECONDS)
        first_round = Counter(asset_id for _, asset_id in ark.looks)
        assert set(first_round.values()) == {1}, "one was looked at again before others had been once"
        assert len(ark.looks) - begun >= SECONDS * LOOKS_A_SECOND / 5
        moments = [moment for moment, _ in ark.looks]
        seconds = [later - earlier for earlier, later in zip(moments, moments[LOOKS_A_SECOND:], strict=False)]
        assert min(seconds) >= 1, "more than the account allows within a second"

        ark.status = "Active"
        seen = len(ark.looks)
        await until(lambda: len(ark.looks) >= seen + 100)
        done = {asset_id for _, asset_id in ark.looks[seen : seen + 100]}

        async def all_are_told() -> bool:
            told = Counter(event.object_id for event in await gateway.read(list_told))
            assert set(told.values()) <= {1}
            return done <= set(told)

        await until(all_are_told)


async def list_told(tx: Tx) -> list[Event]:
    return await tx.list(Event, f"SELECT {columns(Event)} FROM events WHERE type = 'asset.active'")
