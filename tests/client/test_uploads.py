"""Files of this machine, through the client: sent in parts, gone on with, and made an asset."""

import io
from pathlib import Path
from typing import Any

import pytest

from stagedoor_client import NotFound, Retries
from stagedoor_client.uploads import PART_BYTES
from tests.client.faces import Face, open_face
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api
from tests.support.media import image
from tests.support.story import AT_ONCE, ON_SQLITE, make_group
from tests.support.validation import until
from tests.uploads.support import begun, breaking_proxy, go_on, sha256

CONTENT = bytes(range(256)) * (PART_BYTES * 2 // 256) + b"the end"


async def test_a_file_becomes_an_active_asset(face: Face, api: Api, control: EmulatorControl, tmp_path: Path) -> None:
    await control.settings(transition=AT_ONCE)
    path = tmp_path / "face.jpg"
    path.write_bytes(image("jpeg", 600, 800))
    group = await make_group(api)
    asset = await face.call("upload", path, group_id=group, name="portrait")
    assert (asset.asset_type, asset.name) == ("Image", "portrait")
    assert (await face.call("get_asset", asset.id)).is_active
    same = await face.call("upload", str(path), group_id=group)
    assert same.id == asset.id
    assert (await face.call("upload", path, group_id=group, allow_duplicate=True)).id != asset.id


@ON_SQLITE
@pytest.mark.parametrize("wrap", [bytes, io.BytesIO])
async def test_progress_is_told_and_the_upload_is_shown(face: Face, wrap: Any) -> None:
    told: list[tuple[int, int]] = []
    ids: list[str] = []
    upload = await face.call(
        "upload_file",
        wrap(CONTENT),
        filename="take.mp4",
        on_begin=ids.append,
        on_progress=lambda *progress: told.append(progress),
    )
    size = len(CONTENT)
    assert told == [(0, size), (PART_BYTES, size), (PART_BYTES * 2, size), (size, size)]
    assert (upload.id, upload.sha256, upload.asset_type, upload.is_complete) == (ids[0], sha256(CONTENT), "Video", True)
    assert upload.url == f"upload://{upload.id}"
    assert (
        [one.id for one in await face.call("list_uploads")] == [one.id for one in await face.all("iter_uploads")] == ids
    )
    await face.call("delete_upload", upload.id)
    with pytest.raises(NotFound):
        await face.call("get_upload", upload.id)


@ON_SQLITE
async def test_an_upload_is_gone_on_with_by_its_id(face: Face, api: Api) -> None:
    path = await begun(api, len(CONTENT))
    await go_on(api, path, 0, CONTENT[:1000])
    upload_id, told = path.rpartition("/")[2], []
    upload = await face.call(
        "upload_file", CONTENT, upload_id=upload_id, on_progress=lambda there, _: told.append(there)
    )
    assert told[0] == 1000
    assert (upload.id, upload.sha256) == (upload_id, sha256(CONTENT))
    again = await face.call("upload_file", CONTENT, upload_id=upload_id)
    assert again == upload
    with pytest.raises(ValueError, match="bytes"):
        await face.call("upload_file", b"other", upload_id=upload_id)
    with pytest.raises(ValueError, match="another file"):
        await face.call("upload_file", CONTENT[::-1], upload_id=upload_id)


@ON_SQLITE
async def test_broken_connections_cost_only_what_was_on_its_way(face_kind: str, api: Api) -> None:
    async with breaking_proxy(api.url, after=PART_BYTES // 2, times=2) as (url, broken):
        # On a busy machine the gateway is still writing what the broken connection has brought.
        patient = Retries(first_pause=0.1, most=5)
        async with open_face(face_kind, url, api.key, retries=patient) as face:
            upload = await face.call("upload_file", CONTENT)
        await until(lambda: len(broken) == 2)
    assert upload.sha256 == sha256(CONTENT)


@ON_SQLITE
async def test_a_file_that_cannot_be_sent_in_parts_is_refused_before_anything_is_sent(face: Face, api: Api) -> None:
    class Stream(io.BytesIO):
        def seekable(self) -> bool:
            return False

    with pytest.raises(ValueError, match="seek"):
        await face.call("upload_file", Stream(b"x"))
    with pytest.raises(OSError, match="nowhere"):
        await face.call("upload_file", "nowhere.jpg")
    assert (await api.send("GET", "/v1/uploads")).result["Items"] == []
