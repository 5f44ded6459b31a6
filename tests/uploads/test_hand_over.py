"""⑥ with ``upload://``: the asset library fetches the file from an address that is made at the call and good for a while."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from stagedoor.clock import MovableClock
from stagedoor.emulator import RunningEmulator
from stagedoor.uploads.hand_over import make_address
from stagedoor.uploads.store import find_linked_upload
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Answer, Api, RunningGateway, gateway_settings
from tests.support.media import image
from tests.support.stored import stored_bytes
from tests.support.story import AT_ONCE, ON_SQLITE, make_group, pass_face_check
from tests.support.validation import until
from tests.uploads.support import begun, send_file

FACE = image("jpeg", 600, 800)


async def hand_over(api: Api, group: str, upload_id: str, **fields: Any) -> Answer:
    return await api.call("CreateAsset", GroupId=group, URL=f"upload://{upload_id}", **{"AssetType": "Image", **fields})


async def link_to(gateway: RunningGateway, upload_id: str) -> str:
    """Return an address as it is handed to the upstream, whose ledger masks it, as this gateway's path and query."""
    upload = await gateway.read(lambda tx: find_linked_upload(tx, upload_id))
    assert upload is not None
    url = urlsplit(await make_address(gateway.rt, upload))
    return f"{url.path}?{url.query}"


async def test_an_uploaded_file_becomes_an_active_asset(
    api: Api, control: EmulatorControl, gateway: RunningGateway, database_url: str
) -> None:
    person = await pass_face_check(api, control)
    upload_id = await send_file(api, FACE)
    made = (await hand_over(api, person, upload_id, Name="portrait")).result
    assert made["Status"] == "Processing"

    async def active() -> bool:
        gateway.clock.advance(timedelta(seconds=2))
        return bool((await api.ok("GetAsset", Id=made["Id"]))["Status"] == "Active")

    await until(active)
    assert b"signature=" not in await stored_bytes(database_url)


async def test_the_same_content_is_not_sent_twice_within_a_group(api: Api, control: EmulatorControl) -> None:
    await control.settings(transition=AT_ONCE)
    group, other = await make_group(api), await make_group(api)
    first = (await hand_over(api, group, await send_file(api, FACE), Name="a")).result
    again = await hand_over(api, group, await send_file(api, FACE), Name="b")
    assert again.result["Id"] == first["Id"]
    assert again.headers["stagedoor-existing-asset"] == "true"
    assert await control.calls("CreateAsset") == 1
    await api.ok("GetAsset", Id=first["Id"])
    same = await send_file(api, FACE)
    assert (await hand_over(api, group, same)).result["Status"] == "Active"
    for where, fields in ((group, {"AllowDuplicate": True}), (other, {})):
        answer = await hand_over(api, where, same, **fields)
        assert answer.result["Id"] != first["Id"]
        assert "stagedoor-existing-asset" not in answer.headers
    assert "AllowDuplicate" not in (await control.ledger("CreateAsset"))[1]["body"]


async def test_what_has_failed_or_is_deleted_is_sent_again(api: Api, control: EmulatorControl) -> None:
    await control.settings(transition=AT_ONCE)
    person, upload_id = await pass_face_check(api, control), await send_file(api, FACE)
    failed = (await hand_over(api, person, upload_id, Name="mismatch")).result["Id"]
    assert (await api.ok("GetAsset", Id=failed))["Status"] == "Failed"
    good = (await hand_over(api, person, upload_id)).result["Id"]
    assert good != failed
    await api.ok("DeleteAsset", Id=good)
    assert (await hand_over(api, person, upload_id)).result["Id"] != good


async def test_an_upload_that_is_not_there_or_not_whole_or_anothers_is_not_handed_over(
    api: Api, other_api: Api, control: EmulatorControl
) -> None:
    group, unfinished = await make_group(api), (await begun(api, 10)).rpartition("/")[2]
    theirs = await send_file(other_api, FACE)
    assert (await hand_over(api, group, unfinished)).code == "UploadNotComplete"
    assert (await hand_over(api, group, theirs)).code == "NotFound.upload_id"
    assert (await hand_over(api, group, "up_nobody")).code == "NotFound.upload_id"
    assert await control.calls("CreateAsset") == 0


@ON_SQLITE
@pytest.mark.parametrize(
    "url",
    [
        "upload://",
        "upload://up_1@127.0.0.1/",
        "upload://up_1/../../etc/passwd",
        "upload://up_1?x",
        "upload://up_1#x",
        "UPLOAD://up_1",
        "upload://127.0.0.1:8080",
        "upload:///up_1",
        "upload://up_1\n",
        "upload://up_%31",
        "upload://" + "a" * 65,
    ],
)
async def test_nothing_but_an_id_stands_behind_upload(api: Api, control: EmulatorControl, url: str) -> None:
    answer = await api.call("CreateAsset", GroupId=await make_group(api), URL=url, AssetType="Image")
    assert (answer.status, answer.code) == (400, "InvalidParameter.URL")
    assert await control.calls("CreateAsset") == 0


async def fetch(api: Api, link: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with api.http.request(method, f"{api.url}{link}", headers=sent) as response:
        return response.status, {k.lower(): v for k, v in response.headers.items()}, await response.read()


@pytest.fixture
async def link(api: Api, gateway: RunningGateway) -> str:
    return await link_to(gateway, await send_file(api, FACE))


@ON_SQLITE
async def test_the_address_gives_the_file_whole_and_in_parts(api: Api, link: str) -> None:
    status, headers, body = await fetch(api, link)
    assert (status, body, headers["content-type"]) == (200, FACE, "image/jpeg")
    assert headers["accept-ranges"] == "bytes"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    head = await fetch(api, link, "HEAD")
    assert (head[0], head[1]["content-length"], head[2]) == (200, str(len(FACE)), b"")
    size = len(FACE)
    for asked, start, end in (
        ("bytes=0-0", 0, 0),
        ("bytes=5-9", 5, 9),
        (f"bytes={size - 3}-", size - 3, size - 1),
        ("bytes=-4", size - 4, size - 1),
        (f"bytes=-{size * 9}", 0, size - 1),
        (f"bytes=2-{'9' * 18}", 2, size - 1),
    ):
        status, headers, body = await fetch(api, link, range=asked)
        assert (status, body) == (206, FACE[start : end + 1]), asked
        assert headers["content-range"] == f"bytes {start}-{end}/{size}"
    for asked in (f"bytes={size}-", "bytes=-0"):
        status, headers, body = await fetch(api, link, range=asked)
        assert (status, headers["content-range"], body) == (416, f"bytes */{size}", b"")
    for asked in ("bytes=9-5", "bytes=-", "bytes=0-1,3-4", "lines=0-1", "bytes=x-"):
        assert (await fetch(api, link, range=asked))[0] == 200, asked
    tag = headers["etag"]
    assert (await fetch(api, link, range="bytes=0-1", if_range=tag))[0] == 206
    assert (await fetch(api, link, range="bytes=0-1", if_range='"other"'))[0] == 200
    assert (await fetch(api, link, "POST"))[0] == 405


@ON_SQLITE
async def test_an_address_that_was_changed_or_is_old_or_of_a_deleted_file_is_none(
    api: Api, link: str, gateway: RunningGateway
) -> None:
    other = await send_file(api, b"other")
    expires = re.search(r"expires=(\d+)", link)
    assert expires is not None
    upload_id = link.split("/")[2]
    for forged in (
        link.replace(upload_id, other),
        link.replace(expires[1], str(int(expires[1]) + 1)),
        link[:-1],
        link[:-1] + ("A" if link[-1] != "A" else "B"),
        link.partition("?")[0],
        link.replace(expires[0], "expires=-1"),
        link.replace("signature=", "signature=%C3%A9"),
        f"/u/{upload_id}/file.jpg?expires={'9' * 12}&signature=",
    ):
        status, _, body = await fetch(api, forged)
        assert (status, b"NotFound.Path" in body) == (404, True), forged
    assert (await fetch(api, link))[0] == 200
    gateway.clock.advance(timedelta(seconds=gateway.settings.upload_link_seconds + 1))
    assert (await fetch(api, link))[0] == 404


@ON_SQLITE
async def test_the_address_of_a_deleted_file_is_none(api: Api, link: str) -> None:
    await api.send("DELETE", f"/v1/uploads/{link.split('/')[2]}")
    assert (await fetch(api, link))[0] == 404


@ON_SQLITE
async def test_what_is_no_picture_video_or_voice_is_given_out_as_bytes(api: Api, gateway: RunningGateway) -> None:
    for content_type in ("text/html", "image/svg+xml", "application/javascript"):
        upload_id = await send_file(
            api, b"<script>alert(1)</script>" + content_type.encode(), content_type=content_type
        )
        _, headers, _ = await fetch(api, await link_to(gateway, upload_id))
        assert headers["content-type"] == "application/octet-stream"
        assert headers["content-disposition"] == "attachment"


@ON_SQLITE
async def test_a_file_lives_as_long_as_its_address(api: Api, gateway: RunningGateway) -> None:
    upload_id = await send_file(api, FACE)
    gateway.clock.advance(timedelta(days=7, minutes=-1))
    await hand_over(api, await make_group(api), upload_id)
    link = await link_to(gateway, upload_id)
    gateway.clock.advance(timedelta(minutes=30))
    assert (await fetch(api, link))[0] == 200


@ON_SQLITE
@pytest.mark.parametrize("public_url", ["", "http://127.0.0.1:1"])
async def test_a_gateway_that_is_not_reached_from_outside_says_so(
    database_url: str, emulator: RunningEmulator, clock: MovableClock, control: EmulatorControl, public_url: str
) -> None:
    settings = gateway_settings(database_url, public_url=public_url)
    async with RunningGateway(settings, clock) as running:
        # With an account that is not on this machine.
        await running.connect(emulator, kind="ark" if public_url else "emulator")
        api = await running.client()
        group = await make_group(api)
        answer = await hand_over(api, group, await send_file(api, FACE))
    assert (answer.status, answer.code) == (503, "UploadsUnavailable")
    assert await control.calls("CreateAsset") == 0
