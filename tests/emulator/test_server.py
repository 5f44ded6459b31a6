import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from stagedoor.emulator import EmulatorSettings, RefusedToBind, Rules, RunningEmulator, start_emulator
from tests.support.emulator import EmulatorControl, SignedClient

PROGRAM = """
import sys
from pathlib import Path
from stagedoor.emulator import EmulatorSettings, run_emulator
run_emulator(EmulatorSettings(data_dir=Path(sys.argv[1])), lambda running: print("ready", running.url, flush=True))
print("stopped", flush=True)
"""


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
async def test_an_address_others_can_reach_is_refused_unless_meant(tmp_path: Path, host: str) -> None:
    with pytest.raises(RefusedToBind):
        await start_emulator(EmulatorSettings(data_dir=tmp_path, host=host))
    assert names_in(tmp_path) == []
    running = await start_emulator(EmulatorSettings(data_dir=tmp_path, host="0.0.0.0", allow_remote=True))
    await running.stop()


async def test_every_answer_announces_the_simulation(emulator: RunningEmulator, http: aiohttp.ClientSession) -> None:
    for path in ("/", "/_emulator/", "/h5/verify", "/h5/static/page.css", "/_media/1/x", "/nowhere"):
        async with http.get(emulator.url + path) as response:
            assert response.headers["X-Stagedoor-Emulator"] == "simulation", path
            assert response.headers["Server"] == "stagedoor-emulator", path


async def test_everything_survives_a_restart(tmp_path: Path, pictures: str) -> None:
    settings = EmulatorSettings(data_dir=tmp_path)
    first = await start_emulator(settings)
    async with aiohttp.ClientSession() as http, EmulatorControl(first.url) as control:
        ark = SignedClient(first, http)
        group = await ark.ok("CreateAssetGroup", Name="n")
        asset = await ark.ok("CreateAsset", GroupId=group["Id"], URL=pictures, AssetType="Image")
        session = await ark.ok("CreateVisualValidateSession", CallbackURL="https://a.example/")
        await control.complete(session["BytedToken"])
        await control.settings(pending="empty")
        await control.advance(1000)
        await control.fault("error", "GetAssetGroup")
        ledger = await control.ledger()
    await first.stop()

    second = await start_emulator(settings)
    assert (second.access_key, second.secret_key) == (first.access_key, first.secret_key)
    async with aiohttp.ClientSession() as http, EmulatorControl(second.url) as control:
        ark = SignedClient(second, http)
        assert await control.ledger() == ledger
        assert (await control.ask("GET", "settings"))["pending"] == "empty"
        assert (await control.ask("POST", "clock", {}))["shift_seconds"] == 1000
        assert (await ark.call("GetAssetGroup", **group)).status == 500, "the fault is still there"
        assert (await ark.ok("GetAssetGroup", **group))["Name"] == "n"
        shown = await ark.ok("GetAsset", **asset)
        assert shown["Status"] == "Active"
        assert (await ark.send(shown["URL"].removeprefix(ark.url), method="GET")).status == 200
        assert (await ark.ok("GetVisualValidateResult", BytedToken=session["BytedToken"]))["GroupId"]
    await second.stop()


async def test_given_keys_are_the_ones_that_count(tmp_path: Path) -> None:
    settings = EmulatorSettings(data_dir=tmp_path, access_key="AKLTmine", secret_key="mine", region="ap-southeast-1")
    running = await start_emulator(settings)
    async with aiohttp.ClientSession() as http:
        ark = SignedClient(running, http)
        assert (ark.access_key, ark.secret_key) == ("AKLTmine", "mine")
        assert (await ark.call("ListAssets")).code == "InvalidCredential", "another region"
        ark.region = "ap-southeast-1"
        answer = await ark.call("ListAssets", Filter={"GroupType": "AIGC"})
        assert answer.document["ResponseMetadata"]["Region"] == "ap-southeast-1"
    await running.stop()


async def test_the_public_address_stands_in_every_link(tmp_path: Path) -> None:
    settings = EmulatorSettings(
        data_dir=tmp_path, public_url="https://sandbox.example/", rules=Rules(token_policy="used_up_by_success")
    )
    running = await start_emulator(settings)
    assert running.url == "https://sandbox.example"
    await running.stop()


async def test_stopping_waits_for_nobody_who_is_held(tmp_path: Path) -> None:
    running = await start_emulator(EmulatorSettings(data_dir=tmp_path))
    async with aiohttp.ClientSession() as http, EmulatorControl(running.url) as control:
        hold = await control.hold("CreateAssetGroup")
        call = asyncio.create_task(SignedClient(running, http).call("CreateAssetGroup", Name="n"))
        await hold.wait()
        async with asyncio.timeout(5):
            await running.stop()
        await asyncio.gather(call, return_exceptions=True)
    await running.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_program_announces_the_simulation_and_stops_cleanly_when_told_to(
    tmp_path: Path, number: signal.Signals
) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ.copy()) as program:
        assert program.stdout is not None
        try:
            banner, ready = program.stdout.readline(), program.stdout.readline()
            assert "SIMULATION" in banner
            assert ready.startswith("ready http://127.0.0.1:")
            program.send_signal(number)
            assert program.wait(10) == 0
            assert program.stdout.read() == "stopped\n"
        finally:
            program.kill()
