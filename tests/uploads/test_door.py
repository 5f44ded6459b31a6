"""`/v1/uploads`: a file in one request, what becomes of it, and who sees it."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from stagedoor.contract.operations import SCOPES
from tests.support.gateway import Api, RunningGateway
from tests.support.media import image
from tests.support.story import ON_SQLITE
from tests.support.validation import until
from tests.uploads.conftest import LIMIT, TENANT_LIMIT
from tests.uploads.support import begun, files_in, go_on, send_file, send_form, settled, sha256

FACE = image("jpeg", 600, 800)


async def test_a_file_in_a_form_is_kept_under_its_hash_and_shown(api: Api, store: Path) -> None:
    answer = await send_form(api, FACE)
    shown = answer.result
    assert answer.metadata["Action"] == "CreateUpload"
    assert shown == (await api.send("GET", f"/v1/uploads/{shown['UploadId']}")).result
    assert {
        name: shown[name] for name in ("Name", "Size", "Received", "ContentType", "AssetType", "State", "Sha256")
    } == {
        "Name": "face.jpg",
        "Size": len(FACE),
        "Received": len(FACE),
        "ContentType": "image/jpeg",
        "AssetType": "Image",
        "State": "Complete",
        "Sha256": sha256(FACE),
    }
    assert files_in(store) == [f"whole/{shown['UploadId']}"]


async def test_the_same_content_is_stored_once_until_its_last_upload_is_gone(
    api: Api, gateway: RunningGateway, store: Path
) -> None:
    first, second = await send_file(api, FACE), await send_file(api, FACE, filename="again.jpg")
    path = await begun(api, len(FACE))
    await go_on(api, path, 0, FACE)
    await settled(gateway)
    assert files_in(store) == [f"whole/{first}"]
    for upload_id in (first, path.rpartition("/")[2]):
        assert (await api.send("DELETE", f"/v1/uploads/{upload_id}")).result == {}
        await settled(gateway)
        assert files_in(store) == [f"whole/{first}"]
    await api.send("DELETE", f"/v1/uploads/{second}")
    await settled(gateway)
    assert files_in(store) == []


async def test_another_tenants_upload_is_like_none_and_the_same_content_tells_nothing(
    api: Api, other_api: Api, store: Path
) -> None:
    theirs = await send_file(other_api, FACE)
    for method in ("GET", "DELETE", "HEAD", "PATCH"):
        tus = {"Tus_Resumable": "1.0.0", "Upload_Offset": "0", "content_type": "application/offset+octet-stream"}
        headers = tus if method in {"HEAD", "PATCH"} else {}
        found = [await api.send(method, f"/v1/uploads/{one}", **headers) for one in (theirs, "up_nobody")]  # type: ignore[arg-type]  # headers alone
        assert [answer.status for answer in found] == [404, 404]
        if method != "HEAD":
            assert {answer.code for answer in found} == {"NotFound.upload_id"}
    mine = (await send_form(api, FACE)).result
    assert len(files_in(store)) == 2
    assert [item["UploadId"] for item in (await api.send("GET", "/v1/uploads")).result["Items"]] == [mine["UploadId"]]


async def test_uploads_are_listed_page_by_page_the_newest_first(api: Api, gateway: RunningGateway) -> None:
    made = []
    for number in range(5):
        made.append(await send_file(api, b"x" * (number + 1)))
        gateway.clock.advance(timedelta(seconds=1))
    seen: list[str] = []
    token = ""
    while True:
        page = (await api.send("GET", f"/v1/uploads?MaxResults=2&NextToken={token}")).result
        seen += [item["UploadId"] for item in page["Items"]]
        token = page.get("NextToken", "")
        if not token:
            break
    assert seen == made[::-1]


@ON_SQLITE
@pytest.mark.parametrize("query", ["MaxResults=0", "MaxResults=101", "MaxResults=x", "MaxResults=1&MaxResults=2"])
async def test_a_page_that_makes_no_sense_is_refused(api: Api, query: str) -> None:
    assert (await api.send("GET", f"/v1/uploads?{query}")).code == "InvalidParameter.MaxResults"
    assert (await api.send("GET", "/v1/uploads?NextToken=nonsense")).code == "InvalidParameter.NextToken"


async def test_all_uploads_of_a_tenant_together_are_limited_and_deleting_makes_room(
    api: Api, other_api: Api, gateway: RunningGateway
) -> None:
    path = await begun(api, LIMIT)
    refused = await send_form(api, bytes(TENANT_LIMIT - LIMIT + 1))
    assert (refused.status, refused.code) == (429, "QuotaExceeded.Uploads")
    assert (await begun(other_api, LIMIT)) != path
    assert (await api.send("DELETE", path)).status == 200
    assert (await send_form(api, bytes(TENANT_LIMIT - LIMIT + 1))).status == 200
    await settled(gateway)


async def test_an_upload_expires_and_one_that_is_not_complete_sooner(
    api: Api, gateway: RunningGateway, store: Path
) -> None:
    whole, unfinished = await send_file(api, FACE), await begun(api, 100)
    await go_on(api, unfinished, 0, b"x" * 50)
    assert len(files_in(store)) == 2
    gateway.clock.advance(timedelta(hours=24, seconds=1))
    await _gone(api, unfinished)
    await settled(gateway)
    assert files_in(store) == [f"whole/{whole}"]
    gateway.clock.advance(timedelta(days=6, seconds=1))
    await _gone(api, f"/v1/uploads/{whole}")
    await settled(gateway)
    assert files_in(store) == []


async def _gone(api: Api, path: str) -> None:
    async def gone() -> bool:
        return (await api.send("GET", path)).status == 404

    await until(gone)


@ON_SQLITE
@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\face.png", "face.png"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("..", ".."),
        ("面孔.jpg", "面孔.jpg"),
        ("x" * 300, "x" * 255),
        ("<script>.jpg", "<script>.jpg"),
    ],
)
async def test_a_name_is_only_ever_a_name(api: Api, store: Path, given: str, shown: str) -> None:
    upload = (await send_form(api, FACE, Name=given)).result
    assert upload["Name"] == shown
    assert files_in(store) == [f"whole/{upload['UploadId']}"]


@ON_SQLITE
async def test_what_kind_of_file_it_is_is_said_or_seen_by_its_name(api: Api) -> None:
    for filename, content_type, said, kinds in (
        ("a.mp4", "application/octet-stream", "", ("video/mp4", "Video")),
        ("a.heic", "", "", ("image/heic", "Image")),
        ("voice", "audio/wav", "", ("audio/wav", "Audio")),
        ("a.bin", "no type at all", "Video", ("application/octet-stream", "Video")),
        ("a", "text/html; charset=x", "", ("text/html", None)),
    ):
        upload = (await send_form(api, b"x", filename=filename, content_type=content_type, AssetType=said)).result
        assert (upload["ContentType"], upload.get("AssetType")) == kinds
    assert (await send_form(api, b"x", AssetType="Cat")).code == "InvalidParameter.AssetType"


BOUNDARY = "multipart/form-data; boundary=b"
HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'


@ON_SQLITE
@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("application/json", b"{}", "UnsupportedMediaType"),
        ("multipart/form-data", b"", "UnsupportedMediaType"),
        (f"multipart/form-data; boundary={'b' * 71}", b"", "UnsupportedMediaType"),
        ('multipart/form-data; boundary="b\xe9"', b"", "UnsupportedMediaType"),
        (BOUNDARY, b"", "InvalidParameter.Body"),
        (BOUNDARY, b"nonsense", "InvalidParameter.Body"),
        (BOUNDARY, HEAD + b"x", "InvalidParameter.Body"),
        (BOUNDARY, HEAD + b"\r\n--b--\r\n", "InvalidParameter.file"),
        (BOUNDARY, b"--b--\r\n", "MissingParameter.file"),
        (BOUNDARY, HEAD + b"x\r\n" + HEAD + b"y\r\n--b--\r\n", "InvalidParameter.file"),
        (
            BOUNDARY,
            b'--b\r\nContent-Disposition: form-data; name="n"\r\n\r\n' + bytes(2000) + b"\r\n--b--\r\n",
            "InvalidParameter.Body",
        ),
        (
            BOUNDARY,
            (b'--b\r\nContent-Disposition: form-data; name="n"\r\n\r\nx\r\n') * 11 + b"--b--\r\n",
            "InvalidParameter.Body",
        ),
        (
            BOUNDARY,
            b'--b\r\nContent-Disposition: form-data; name="n' + b"n" * 9000 + b'"\r\n\r\nx\r\n--b--',
            "InvalidParameter.Body",
        ),
        (
            BOUNDARY,
            b'--b\r\nContent-Disposition: form-data; name="\xff\xfe"\r\n\r\nx\r\n--b--\r\n',
            "InvalidParameter.Body",
        ),
    ],
)
async def test_a_form_that_is_none_is_refused_and_leaves_nothing(
    api: Api, store: Path, content_type: str, body: bytes, code: str
) -> None:
    answer = await api.send("POST", "/v1/uploads", data=body, content_type=content_type)
    assert answer.code == code
    assert files_in(store) == []
    assert (await api.send("GET", "/v1/uploads")).result["Items"] == []


@ON_SQLITE
async def test_a_file_that_is_too_large_is_refused_on_the_way(api: Api, store: Path) -> None:
    answer = await send_form(api, bytes(LIMIT + 1))
    assert (answer.status, answer.code) == (413, "RequestTooLarge")
    assert files_in(store) == []
    assert (await send_form(api, bytes(LIMIT))).status == 200


@ON_SQLITE
async def test_a_body_that_stops_or_ends_early_leaves_nothing(api: Api, store: Path, gateway: RunningGateway) -> None:
    head = (
        f"POST /v1/uploads HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {api.key}\r\ncontent-length: 1000\r\n"
        f"content-type: {BOUNDARY}\r\n\r\n"
    ).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.settings.port)
    writer.write(head + HEAD + b"x")
    assert b"408" in await reader.readline()
    writer.close()
    _, writer = await asyncio.open_connection("127.0.0.1", gateway.settings.port)
    writer.write(head + HEAD + b"x")
    await writer.drain()
    writer.close()
    await until(lambda: not files_in(store))


@ON_SQLITE
async def test_uploads_need_their_own_scope(gateway: RunningGateway) -> None:
    without = await gateway.client(scopes=[scope for scope in SCOPES if scope != "uploads:write"])
    assert (await send_form(without, FACE)).code == "AccessDenied"
    assert (await without.send("GET", "/v1/uploads")).code == "AccessDenied"
    assert (await without.send("PUT", "/v1/uploads")).code == "MethodNotAllowed"
    assert (await without.send("POST", "/v1/uploads/up_1")).code == "MethodNotAllowed"


@ON_SQLITE
async def test_where_no_folder_can_be_made_it_is_said_and_nothing_else_suffers(api: Api, store: Path) -> None:
    store.touch()  # noqa: ASYNC240 - a moment
    answer = await send_form(api, FACE)
    assert (answer.status, answer.code) == (503, "FilesUnavailable")
    assert (await api.send("GET", "/v1/uploads")).result["Items"] == []
