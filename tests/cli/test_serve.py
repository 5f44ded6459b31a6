"""`stagedoor serve`: what it refuses, and how it stops."""

import asyncio
import signal
import socket
from pathlib import Path

import aiohttp
import msgspec

from tests.cli.conftest import Stagedoor
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway, free_port
from tests.support.serving import ServingProcess

IN_FLIGHT = 8


def test_a_taken_port_is_said_in_one_line(stagedoor: Stagedoor) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"Port {port} is taken" in stagedoor("serve", "--port", port).complaint
        assert f"Port {port} is taken" in stagedoor("emulator", "--port", port).complaint
        assert f"Port {port} is taken" in stagedoor("dev", "--port", port).complaint
        if int(port) > 1024:
            assert f"Port {port} is taken" in stagedoor("dev", "--port", str(int(port) - 1)).complaint


def test_an_address_that_is_not_ours_is_said_in_one_line(stagedoor: Stagedoor) -> None:
    assert "Cannot listen on 192.0.2.1" in stagedoor("serve", "--host", "192.0.2.1").complaint


def test_sqlite_serves_one_process_only(stagedoor: Stagedoor) -> None:
    line = stagedoor("serve", "--workers", "2", "--port", str(free_port())).complaint
    assert "STAGEDOOR_DATABASE_URL to PostgreSQL" in line


async def test_a_stop_answers_what_is_in_flight_and_takes_nothing_new(
    gateway: RunningGateway, api: Api, control: EmulatorControl, tmp_path: Path
) -> None:
    # One process on SQLite, two on PostgreSQL.
    workers = 1 if gateway.settings.database.startswith("sqlite") else 2
    settings = msgspec.structs.replace(gateway.settings, port=free_port(), workers=workers, log_level="info")
    async with ServingProcess(settings, tmp_path / "serve.log") as serving:
        hold = await control.hold("CreateAssetGroup")
        calls = [
            asyncio.create_task(serving.api(api.key).call("CreateAssetGroup", Name=f"g{number}"))
            for number in range(IN_FLIGHT)
        ]
        await hold.wait(IN_FLIGHT)
        serving.process.send_signal(signal.SIGTERM)
        await nobody_listens(serving)
        assert serving.process.poll() is None
        await hold.release()
        answers = await asyncio.gather(*calls)
        assert [answer.status for answer in answers] == [200] * IN_FLIGHT
        assert await asyncio.to_thread(serving.process.wait, 10) == 0
    assert len((await api.ok("ListAssetGroups"))["Items"]) == IN_FLIGHT
    check_log(serving.log)


async def nobody_listens(serving: ServingProcess) -> None:
    """Return when new connections are refused; fail when that takes long."""
    async with asyncio.timeout(5), aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(f"{serving.url}/readyz"):
                    await asyncio.sleep(0.02)
            except aiohttp.ClientConnectionError:
                return


def check_log(log: Path) -> None:
    """Every line a stop leaves in the log is one of ours, and none is a complaint."""
    for line in log.read_bytes().splitlines():
        assert msgspec.json.decode(line)["level"] == "info", line
