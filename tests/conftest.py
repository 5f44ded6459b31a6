"""Fixtures for everybody: databases, the emulator, the gateway in front of it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
import structlog

from stagedoor.clock import MovableClock
from stagedoor.emulator import EmulatorSettings, RunningEmulator, start_emulator
from tests.support import databases
from tests.support.emulator import EmulatorControl, file_server
from tests.support.gateway import Api, RunningGateway, gateway_settings
from tests.support.media import image


@pytest.fixture(scope="session", autouse=True)
def quiet_logs() -> None:
    structlog.configure(processors=[], logger_factory=structlog.ReturnLoggerFactory())


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return databases.sqlite_template(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_database() -> Iterator[str | None]:
    """Make a migrated PostgreSQL database for the run; None when there is no server."""
    server = databases.postgres_url()
    if server is None:
        yield None
        return
    url = databases.make_postgres_database(server)
    yield url
    databases.drop_postgres_database(server, url)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def database_url(
    request: pytest.FixtureRequest, sqlite_template: Path, postgres_database: str | None, tmp_path: Path
) -> str:
    """Return the URL of an empty, migrated database; the test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return databases.fresh_sqlite(sqlite_template, tmp_path)
    if postgres_database is None:
        databases.require_or_skip("there is no PostgreSQL server")
        raise AssertionError
    await databases.empty_postgres(postgres_database)
    return postgres_database


@pytest.fixture
async def emulator(tmp_path: Path) -> AsyncIterator[RunningEmulator]:
    running = await start_emulator(EmulatorSettings(data_dir=tmp_path / "emulator"))
    yield running
    await running.stop()


@pytest.fixture
async def control(emulator: RunningEmulator) -> AsyncIterator[EmulatorControl]:
    async with EmulatorControl(emulator.url) as made:
        yield made


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield session


@pytest.fixture
async def pictures() -> AsyncIterator[str]:
    """Yield the address of a server where every path is a good picture."""
    async with file_server(image("jpeg", 600, 800)) as url:
        yield url


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def gateway(database_url: str, emulator: RunningEmulator, clock: MovableClock) -> AsyncIterator[RunningGateway]:
    """Yield a gateway with one channel, to the emulator."""
    async with RunningGateway(gateway_settings(database_url), clock) as running:
        await running.connect(emulator)
        yield running


@pytest.fixture
async def second(gateway: RunningGateway, tmp_path: Path) -> AsyncIterator[EmulatorControl]:
    """Yield the control of a second account, which is chosen after the first."""
    running = await start_emulator(EmulatorSettings(data_dir=tmp_path / "second"))
    try:
        async with EmulatorControl(running.url) as made:
            await gateway.connect(running, name="second", priority=-1)
            yield made
    finally:
        await running.stop()


@pytest.fixture
async def api(gateway: RunningGateway) -> Api:
    """Return the client of a tenant."""
    return await gateway.client()


@pytest.fixture
async def other_api(gateway: RunningGateway) -> Api:
    """Return the client of another tenant."""
    return await gateway.client()
