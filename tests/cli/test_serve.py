"""`stagedoor serve`: what it refuses, and how it stops."""

import asyncio
import resource
import signal
import socket
from pathlib import Path

import aiohttp
import msgspec

from tests.cli.conftest import Stagedoor
from tests.cli.test_dev import two_free_ports
from tests.console.support import let_in
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway, free_port
from tests.support.serving import ServingProcess

IN_FLIGHT = 8
FEW = 200


def test_a_taken_port_is_said_in_one_line(stagedoor: Stagedoor) -> None:
    free = two_free_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free + 1))
        taken.listen()
        port = str(free + 1)
        assert f"Port {port} is taken" in stagedoor("serve", "--port", port).complaint
        assert f"Port {port} is taken" in stagedoor("emulator", "--port", port).complaint
        assert f"Port {port} is taken" in stagedoor("dev", "--port", port).complaint
        assert f"Port {port} is taken" in stagedoor("dev", "--port", str(free)).complaint


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


async def test_the_first_start_prints_a_link_for_the_first_operator_and_later_ones_none(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    settings = msgspec.structs.replace(gateway.settings, port=free_port())
    async with ServingProcess(settings, tmp_path / "first.log") as serving:
        line = msgspec.json.decode(serving.log.read_bytes().splitlines()[0])
        assert "no operator yet" in line["event"]
        assert line["link"].startswith(f"{settings.public_url}/console/set-up/")
        async with serving.http.get(serving.url + line["link"].removeprefix(settings.public_url)) as answer:
            assert answer.status == 200
    await let_in(gateway, "ada")
    async with ServingProcess(settings, tmp_path / "second.log") as serving:
        assert serving.log.read_bytes() == b""


async def test_it_takes_more_connections_than_a_process_may_open_at_first(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    settings = msgspec.structs.replace(gateway.settings, port=free_port())
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, hard))
    serving = ServingProcess(settings, tmp_path / "serve.log")
    try:
        await serving.__aenter__()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        connections = [await asyncio.open_connection("127.0.0.1", settings.port) for _ in range(2 * FEW)]
        assert (await serving.api("").send("GET", "/healthz")).status == 200
        for _, writer in connections:
            writer.close()
    finally:
        await serving.__aexit__(None, None, None)


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
