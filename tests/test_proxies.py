"""nginx and Caddy as docs/how-to/behind-a-proxy.md configures them, before a real gateway."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from socket import AddressFamily

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from stagedoor.clock import MovableClock
from stagedoor.emulator import RunningEmulator
from tests.events.reader import stream
from tests.invitations.support import PURPOSES, Studio, Visitor
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway, free_port, gateway_settings
from tests.support.proxies import HOST, caddy, nginx
from tests.support.story import DONE, ON_SQLITE

Proxy = Callable[[Path, str, int, str], AbstractContextManager[None]]
both_proxies = pytest.mark.parametrize("proxy", [nginx, caddy])
ELSEWHERE, HERE = "10.0.0.0/8", "127.0.0.0/8"


class OneHost(AbstractResolver):
    """Knows the gateway's name, and that it is this machine."""

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_INET
    ) -> list[ResolveResult]:
        assert host == HOST
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        """There is nothing to close."""


@pytest.fixture
async def outside() -> AsyncIterator[aiohttp.ClientSession]:
    """Yield a client that reaches the gateway by its name and takes its certificate."""
    connector = aiohttp.TCPConnector(resolver=OneHost(), ssl=False, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


def written(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (folder / "log").iterdir()}


def check_none_is_in(logs: dict[str, str], canaries: list[str]) -> None:
    found = [(name, canary) for name, text in logs.items() for canary in canaries if canary in text]
    assert not found, logs


@both_proxies
@ON_SQLITE
async def test_what_opens_a_page_or_a_face_check_is_in_no_log(
    proxy: Proxy,
    database_url: str,
    emulator: RunningEmulator,
    control: EmulatorControl,
    clock: MovableClock,
    outside: aiohttp.ClientSession,
    tmp_path: Path,
) -> None:
    port = free_port()
    settings = gateway_settings(database_url, public_url=f"https://{HOST}:{port}")
    address = f"127.0.0.1:{settings.port}"
    with proxy(tmp_path, address, port, ELSEWHERE):
        async with RunningGateway(settings, clock) as gateway:
            await gateway.connect(emulator)
            api = Api(settings.public_url, (await gateway.client()).key, outside)
            started = await api.ok("CreateVisualValidateSession", CallbackURL=DONE)
            back = await control.complete(started["BytedToken"])
            state = back.partition("/cb/")[2].partition("?")[0]
            assert back.startswith(f"{settings.public_url}/cb/")
            for shown in (back, back.replace("/cb/", "/%63b/")):
                async with outside.get(shown, headers={"referer": back}, allow_redirects=False) as page:
                    assert page.status == 303
                    assert started["BytedToken"] in page.headers["location"]
            link = (await Studio(gateway, api).invite(Purposes=PURPOSES))["Link"]
            code = link.rpartition("/")[2]
            visitor = Visitor(api, link, referer=link)
            assert (await visitor.agree()).status == 303
            for path in (
                "/i/{}/qr.svg",
                "/r/{}",
                "/r/{}/state?lng=en",
                "/w/{}",
                "/%69/{}",
                "//r/{}",
                "/r/{}%2F",
                "/r/.?{}",
            ):
                await visitor.send("GET", settings.public_url + path.format(code))
        # The gateway is gone: now nginx and Caddy have an error to tell of.
        for address in (back, link, visitor.page("r"), visitor.page("w")):
            async with outside.get(address, headers={"referer": address}) as page:
                assert page.status == 502
    logs = written(tmp_path)
    assert "/cb/" in logs["stagedoor.log"]
    assert "/v1/real-avatar/invitations" in logs["stagedoor.log"]
    check_none_is_in(logs, ["bytedToken", started["BytedToken"], state, code])


@both_proxies
@ON_SQLITE
async def test_operators_paths_are_open_to_their_network_alone(
    proxy: Proxy, gateway: RunningGateway, outside: aiohttp.ClientSession, tmp_path: Path
) -> None:
    at_home = {
        "/admin/v1/channels": 401,
        "/metrics": 401,
        "/metrics?x=1": 401,
        "/console": 303,
        "/console/sign-in": 200,
        "/%61dmin/v1/channels": 401,
    }
    for name, operators, statuses in (("elsewhere", ELSEWHERE, dict.fromkeys(at_home, 403)), ("here", HERE, at_home)):
        folder, port = tmp_path / name, free_port()
        folder.mkdir()
        with proxy(folder, gateway.url.removeprefix("http://"), port, operators):
            for path, status in {**statuses, "/readyz": 200}.items():
                async with outside.get(f"https://{HOST}:{port}{path}", allow_redirects=False) as answer:
                    assert answer.status == status, path


@both_proxies
@ON_SQLITE
async def test_an_event_is_read_while_its_stream_is_open(
    proxy: Proxy, gateway: RunningGateway, api: Api, outside: aiohttp.ClientSession, tmp_path: Path
) -> None:
    port = free_port()
    with proxy(tmp_path, gateway.url.removeprefix("http://"), port, ELSEWHERE):
        async with stream(Api(f"https://{HOST}:{port}", api.key, outside)) as reader:
            for _ in range(2):
                await api.ok("CreateAssetGroup", Name="figures")
                [message] = await reader.events(1, seconds=5)
                assert message.event == "group.created"


@asynccontextmanager
async def echo() -> AsyncIterator[str]:
    """Yield the address of a server that answers who it was told has called."""

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(request.headers.getall("x-forwarded-for", []))

    port = free_port()
    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@both_proxies
async def test_the_clients_address_is_handed_on_whatever_the_client_says(
    proxy: Proxy, outside: aiohttp.ClientSession, tmp_path: Path
) -> None:
    port = free_port()
    async with echo() as address:
        with proxy(tmp_path, address, port, ELSEWHERE):
            forged = {"x-forwarded-for": "203.0.113.9"}
            async with outside.get(f"https://{HOST}:{port}/", headers=forged) as answer:
                assert await answer.json() == ["127.0.0.1"]
