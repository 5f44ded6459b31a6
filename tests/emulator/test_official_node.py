"""The official Node SDK, unchanged but for its host, drives every action. It signs neither Host nor Content-Type."""

import asyncio
import fcntl
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stagedoor.emulator import RunningEmulator
from stagedoor.emulator.actions import ACTIONS
from tests.support.emulator import EmulatorControl

NODE_FOLDER = Path(__file__).parents[1] / "node"
pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(shutil.which("node") is None or shutil.which("npm") is None, reason="needs Node.js and npm"),
]


async def run(*command: str, stdin: bytes = b"", seconds: float = 100) -> bytes:
    """Run a program in the folder of the Node peer and return what it wrote."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=NODE_FOLDER,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(stdin), seconds)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, err.decode()
    return out


@pytest.fixture
async def installed() -> None:
    """Install the locked packages once; the folder npm writes its own lock file into shows that it is done."""
    done, locked = NODE_FOLDER / "node_modules" / ".package-lock.json", NODE_FOLDER / "package-lock.json"
    with locked.open() as lock:
        # Tests run in several processes.
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        if not done.exists() or done.stat().st_mtime < locked.stat().st_mtime:
            await run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")


async def drive(
    emulator: RunningEmulator, calls: list[tuple[str, dict[str, Any]]], session_token: str | None = None
) -> list[dict[str, Any]]:
    keys = emulator.sts if session_token else emulator
    order = {
        "host": emulator.url.removeprefix("http://"),
        "accessKeyId": keys.access_key,
        "secretKey": keys.secret_key,
        "sessionToken": session_token,
        "calls": calls,
    }
    out = await run("node", "drive.mjs", stdin=msgspec.json.encode(order))
    return msgspec.json.decode(out, type=list[dict[str, Any]])


@pytest.mark.usefixtures("installed")
async def test_the_node_sdk_drives_all_twelve_actions(
    emulator: RunningEmulator, control: EmulatorControl, pictures: str
) -> None:
    await control.settings(transition={"mode": "immediate"})
    (session,) = await drive(emulator, [("CreateVisualValidateSession", {"CallbackURL": "https://a.example/"})])
    byted_token = session["Result"]["BytedToken"]
    await control.complete(byted_token)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("GetVisualValidateResult", {"BytedToken": byted_token}),
        ("CreateAssetGroup", {"Name": "真人 a/b *", "GroupType": "AIGC"}),
        ("GetAssetGroup", {"Id": "$1.Id"}),
        ("UpdateAssetGroup", {"Id": "$1.Id", "Name": "m"}),
        ("ListAssetGroups", {"Filter": {"GroupType": "AIGC"}, "PageNumber": 1, "PageSize": 10}),
        ("CreateAsset", {"GroupId": "$0.GroupId", "URL": pictures + "a.jpg", "AssetType": "Image"}),
        ("GetAsset", {"Id": "$5.Id"}),
        ("UpdateAsset", {"Id": "$5.Id", "Name": "m"}),
        ("ListAssets", {"Filter": {"GroupType": "LivenessFace"}}),
        ("DeleteAsset", {"Id": "$5.Id"}),
        ("DeleteAssetGroup", {"Id": "$1.Id"}),
    ]
    answers = await drive(emulator, calls)
    errors = [answer["ResponseMetadata"].get("Error") for answer in answers]
    assert errors == [None] * len(calls)
    results = [answer["Result"] for answer in answers]
    assert results[2]["Name"] == "真人 a/b *"
    assert results[4]["TotalCount"] == 1
    assert results[6]["Status"] == "Active"
    assert results[8]["Items"][0]["Name"] == "m"
    assert {action for action, _ in calls} | {"CreateVisualValidateSession"} == set(ACTIONS)


@pytest.mark.usefixtures("installed")
async def test_the_node_sdk_signs_with_the_temporary_key(emulator: RunningEmulator) -> None:
    call = ("ListAssets", {"Filter": {"GroupType": "AIGC"}})
    (answer,) = await drive(emulator, [call], session_token=emulator.sts.session_token)
    assert answer["Result"] == {"Items": []}
