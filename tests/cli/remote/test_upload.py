"""`stagedoor upload`: files become assets, what is refused is named, and an interrupted one goes on."""

import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from stagedoor.cli.remote.send import check_file
from stagedoor.clock import MovableClock
from stagedoor.emulator import RunningEmulator
from stagedoor_client import Client, NotFound, Upload
from tests.cli.remote.conftest import Begin, People
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway, gateway_settings
from tests.support.media import image
from tests.support.story import AT_ONCE, ON_SQLITE, make_group
from tests.support.validation import until

MIB = 1 << 20


@pytest.fixture
async def gateway(
    database_url: str, emulator: RunningEmulator, clock: MovableClock, tmp_path: Path
) -> AsyncIterator[RunningGateway]:
    """Yield a gateway that the emulator can fetch uploads from."""
    settings = gateway_settings(database_url, upload_store=str(tmp_path / "files"))
    async with RunningGateway(settings, clock) as running:
        await running.connect(emulator)
        yield running


@ON_SQLITE
async def test_files_and_folders_become_assets_and_what_is_refused_is_named(
    people: People, api: Api, control: EmulatorControl, home: Path
) -> None:
    await control.settings(transition=AT_ONCE)
    group_id = await make_group(api)
    (home / "takes").mkdir()
    (home / "a.jpg").write_bytes(image("jpeg", 600, 800))
    (home / "takes" / "b.png").write_bytes(image("png", 700, 800))
    (home / "takes" / "notes.txt").write_text("not an asset")
    (home / "small.jpg").write_bytes(image("jpeg", 20, 20))
    ended = await people("upload", "a.jpg", "takes", "small.jpg", "--group", group_id)
    lines = [line.split("\t") for line in ended.out.splitlines()]
    assert [path for _, path in lines] == ["a.jpg", "takes/b.png"]
    for reference, _ in lines:
        assert (await api.ok("GetAsset", Id=reference.removeprefix("asset://")))["Status"] == "Active"
    assert ended.code == 3
    assert [line.split(": ")[:3] for line in ended.err.splitlines()] == [
        ["stagedoor", "small.jpg", "WidthTooSmall"],
        ["stagedoor", "small.jpg", "HeightTooSmall"],
    ]
    told = await people("upload", "small.jpg", "--group", group_id, "--json", STAGEDOOR_LANG="zh")
    refused = json.loads(told.out)
    assert (refused["file"], refused["error"]["code"]) == ("small.jpg", "WidthTooSmall")
    assert refused["error"]["message"] == refused["problems"][0]["MessageZh"]
    assert await control.calls("CreateAsset") == 2
    # The same content is in the group already, so nothing is sent twice.
    again = await people("upload", "a.jpg", "--group", group_id, "--json")
    assert json.loads(again.out)["asset"] == lines[0][0].removeprefix("asset://")
    assert (await people("upload", "none.jpg", "--group", group_id)).code == 2


@ON_SQLITE
async def test_an_interrupted_upload_goes_on_where_it_was(people: People, begin: Begin, api: Api, home: Path) -> None:
    group_id = await make_group(api)
    film = home / "film.jpg"
    film.write_bytes(image("jpeg", 600, 800) + bytes(24 * MIB))
    async with begin("upload", "film.jpg", "--group", group_id, "--no-wait") as running:
        kept = home / "stagedoor" / "uploads.json"
        await until(kept.exists)
        await running.end(signal.SIGKILL)
    [upload_id] = json.loads(kept.read_text()).values()
    ended = await people("upload", "film.jpg", "--group", group_id, "--no-wait")
    assert (ended.code, ended.out.startswith("asset://")) == (0, True), ended
    uploads = (await api.send("GET", "/v1/uploads")).result["Items"]
    assert [(one["UploadId"], one["State"]) for one in uploads] == [(upload_id, "Complete")]
    assert json.loads(kept.read_text()) == {}


def test_a_gateway_of_an_earlier_version_that_cannot_check_is_no_obstacle() -> None:
    class Earlier:
        code = "NotFound.Path"

        def check_upload(self, *_: object, **__: object) -> None:
            raise NotFound("There is nothing at this path.", code=self.code)

    client = Earlier()
    check_file(cast("Client", client), Upload(id="up"), "Image", "group")
    client.code = "NotFound.group_id"
    with pytest.raises(NotFound):
        check_file(cast("Client", client), Upload(id="up"), "Image", "group")
