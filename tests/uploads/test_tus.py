"""Files that come in parts, by the tus protocol."""

import asyncio
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from tusclient.client import TusClient

from stagedoor.uploads.receive import PIECE_BYTES
from tests.support.gateway import Api, RunningGateway
from tests.support.story import ON_SQLITE
from tests.support.validation import until
from tests.uploads.conftest import LIMIT
from tests.uploads.support import PART, TUS, begin, begun, files_in, go_on, offset_of, send_form, settled, sha256

CONTENT = bytes(range(256)) * 40


async def test_parts_make_a_file_with_the_hash_of_the_whole(api: Api, gateway: RunningGateway, store: Path) -> None:
    path = await begun(api, len(CONTENT), filename="take.mp4", filetype="video/mp4")
    assert (await api.send("GET", path)).result["State"] == "Uploading"
    for start in range(0, len(CONTENT), 3000):
        answer = await go_on(api, path, start, CONTENT[start : start + 3000])
        assert (answer.status, answer.headers["tus-resumable"]) == (204, "1.0.0")
        assert int(answer.headers["upload-offset"]) == min(start + 3000, len(CONTENT)) == await offset_of(api, path)
    shown = (await api.send("GET", path)).result
    assert (shown["State"], shown["Sha256"], shown["Size"]) == ("Complete", sha256(CONTENT), len(CONTENT))
    assert (shown["Name"], shown["ContentType"], shown["AssetType"]) == ("take.mp4", "video/mp4", "Video")
    await settled(gateway)
    assert files_in(store) == [f"whole/{shown['UploadId']}"]


@ON_SQLITE
async def test_a_tus_client_that_is_not_ours_uploads_and_resumes(api: Api, gateway: RunningGateway) -> None:
    client = TusClient(f"{api.url}/v1/uploads", headers={"authorization": f"Bearer {api.key}"})
    content = CONTENT * 100

    def first_half() -> str:
        uploader = client.uploader(file_stream=BytesIO(content), chunk_size=100_000, metadata={"filename": "a.mp4"})
        uploader.upload(stop_at=500_000)
        return str(uploader.url)

    def the_rest(url: str) -> int:
        uploader = client.uploader(file_stream=BytesIO(content), chunk_size=300_000, url=url)
        begun_at = int(uploader.offset)
        uploader.upload()
        return begun_at

    url = await asyncio.to_thread(first_half)
    assert await asyncio.to_thread(the_rest, url) == 500_000
    assert (await api.send("GET", url.removeprefix(api.url))).result["Sha256"] == sha256(content)


async def _is_at(api: Api, path: str, offset: int) -> bool:
    return await offset_of(api, path) == offset


@ON_SQLITE
async def test_what_came_before_the_connection_broke_is_kept(api: Api, gateway: RunningGateway) -> None:
    path = await begun(api, 1000)
    for sent in (400, 300):
        _, writer = await asyncio.open_connection("127.0.0.1", gateway.settings.port)
        offset = await offset_of(api, path)
        head = f"PATCH {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {api.key}\r\ntus-resumable: 1.0.0\r\n"
        head += f"upload-offset: {offset}\r\ncontent-type: application/offset+octet-stream\r\ncontent-length: {1000 - offset}\r\n\r\n"
        writer.write(head.encode() + b"x" * sent)
        await writer.drain()
        writer.close()
        await until(partial(_is_at, api, path, offset + sent))
    assert (await go_on(api, path, 700, b"x" * 300)).status == 204
    assert (await api.send("GET", path)).result["Sha256"] == sha256(b"x" * 1000)


async def test_two_who_send_the_same_part_make_no_mixture(api: Api, store: Path) -> None:
    size = PIECE_BYTES * 2
    path = await begun(api, size)
    answers = await asyncio.gather(*(go_on(api, path, 0, letter * size) for letter in (b"a", b"b")))
    assert sorted(answer.status for answer in answers) == [204, 409]
    assert (await api.send("GET", path)).result["Sha256"] in {sha256(letter * size) for letter in (b"a", b"b")}


@ON_SQLITE
async def test_a_part_that_does_not_fit_changes_nothing(api: Api) -> None:
    path = await begun(api, 100)
    assert (await go_on(api, path, 0, b"x" * 40)).status == 204
    for offset, content, status, code in (
        (0, b"x", 409, "UploadOffsetMismatch"),
        (41, b"x", 409, "UploadOffsetMismatch"),
        (40, b"x" * 61, 413, "RequestTooLarge"),
    ):
        answer = await go_on(api, path, offset, content)
        assert (answer.status, answer.code) == (status, code)
        assert answer.headers["tus-resumable"] == "1.0.0"
    assert await offset_of(api, path) == 40
    assert (await go_on(api, path, 40, b"")).headers["upload-offset"] == "40"


@ON_SQLITE
async def test_a_body_longer_than_it_says_is_cut_off_before_it_is_kept(api: Api) -> None:
    path = await begun(api, 10)

    async def chunks() -> object:
        for _ in range(5):
            yield b"x" * 4
            await asyncio.sleep(0)

    headers = {name.replace("_", "-"): value for name, value in PART.items()}
    sent = {**headers, "Upload-Offset": "0", "authorization": f"Bearer {api.key}"}
    async with api.http.patch(f"{api.url}{path}", data=chunks(), headers=sent) as response:
        assert response.status == 413
    assert await offset_of(api, path) == 0


@ON_SQLITE
@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "MissingParameter.Upload-Length"),
        ({"Upload_Length": "-1"}, "InvalidParameter.Upload-Length"),
        ({"Upload_Length": "x"}, "InvalidParameter.Upload-Length"),
        ({"Upload_Length": "9" * 30}, "InvalidParameter.Upload-Length"),
        ({"Upload_Length": "0"}, "InvalidParameter.file"),
        ({"Upload_Length": str(LIMIT + 1)}, "RequestTooLarge"),
        ({"Upload_Length": "1", "Upload_Metadata": "filename !!"}, "InvalidParameter.Upload-Metadata"),
        ({"Upload_Length": "1", "Upload_Metadata": "filename /w=="}, "InvalidParameter.Upload-Metadata"),
        ({"Upload_Length": "1", "Upload_Metadata": ",".join(["a"] * 21)}, "InvalidParameter.Upload-Metadata"),
        ({"Upload_Length": "1", "Upload_Metadata": "assettype Q2F0"}, "InvalidParameter.AssetType"),
        ({"Upload_Length": "1", "Tus_Resumable": "0.2.2"}, "UnsupportedTusVersion"),
    ],
)
async def test_a_beginning_that_makes_no_sense_is_refused(api: Api, headers: dict[str, str], code: str) -> None:
    answer = await api.send("POST", "/v1/uploads", **{**TUS, **headers})
    assert answer.code == code
    assert answer.headers["tus-resumable"] == "1.0.0"


@ON_SQLITE
async def test_a_part_needs_its_headers(api: Api) -> None:
    path = await begun(api, 10)
    assert (await api.send("PATCH", path, data=b"x", **TUS, Upload_Offset="0")).code == "UnsupportedMediaType"
    assert (await api.send("PATCH", path, data=b"x", **PART)).code == "MissingParameter.Upload-Offset"
    assert (
        await api.send("PATCH", path, data=b"x", **PART, Upload_Offset="-1")
    ).code == "InvalidParameter.Upload-Offset"
    untold = {name: value for name, value in PART.items() if name != "Tus_Resumable"}
    answer = await api.send("PATCH", path, data=b"x", **untold, Upload_Offset="0")
    assert (answer.status, answer.code, answer.headers["tus-version"]) == (412, "UnsupportedTusVersion", "1.0.0")
    assert (await api.send("POST", "/v1/uploads", data=b"x", **TUS, Upload_Length="1")).code == "InvalidParameter.Body"
    assert await offset_of(api, path) == 0


@ON_SQLITE
async def test_what_is_understood_is_told_without_a_key(api: Api) -> None:
    for path in ("/v1/uploads", "/v1/uploads/up_1"):
        async with api.http.options(f"{api.url}{path}") as response:
            assert response.status == 204
            assert response.headers["tus-version"] == "1.0.0"
            assert response.headers["tus-extension"] == "creation,expiration,termination"
            assert response.headers["tus-max-size"] == str(LIMIT)


@ON_SQLITE
async def test_an_upload_that_is_ended_is_gone(api: Api, gateway: RunningGateway, store: Path) -> None:
    path = await begun(api, 10)
    await go_on(api, path, 0, b"x" * 5)
    assert (await api.send("DELETE", path, **TUS)).status == 204
    assert (await api.send("HEAD", path, **TUS)).status == 404
    assert (await go_on(api, path, 5, b"x" * 5)).status == 404
    await settled(gateway)
    assert files_in(store) == []
    assert (await begin(api, 10)).status == 201
    assert (await send_form(api, b"x")).status == 200
