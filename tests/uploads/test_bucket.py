"""Files in a bucket, before an S3 server that runs as a process of its own."""

import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from stagedoor.cli.examine_uploads import examine_uploads
from stagedoor.clock import MovableClock
from stagedoor.emulator import RunningEmulator
from stagedoor.files.open import open_files
from stagedoor.settings import Settings, SettingsError
from stagedoor.uploads.receive import PIECE_BYTES
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway, free_port, gateway_settings
from tests.support.media import image
from tests.support.story import AT_ONCE, ON_SQLITE, make_group
from tests.support.validation import until
from tests.uploads.support import begun, go_on, send_file, send_form, settled, sha256

FACE = image("jpeg", 600, 800)
KEYS = {"s3_access_key": "AKIASTUDIO", "s3_secret_key": "canary-of-the-bucket"}


class Bucket:
    """A bucket of the server, seen from outside."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self._http = http

    async def make(self) -> None:
        async with self._http.put(f"{self.url}/studio") as response:
            assert response.status == 200

    async def names(self) -> list[str]:
        async with self._http.get(f"{self.url}/studio?list-type=2") as response:
            text = await response.text()
        return sorted(part.partition("</Key>")[0] for part in text.split("<Key>")[1:])


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    known = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STAGEDOOR_"))}
    process = subprocess.Popen(command, env=known, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            assert process.poll() is None
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                continue
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
async def bucket(s3_server: str, http: aiohttp.ClientSession) -> Bucket:
    made = Bucket(s3_server, http)
    async with http.post(f"{s3_server}/moto-api/reset") as response:
        assert response.status == 200
    await made.make()
    return made


def options(bucket: Bucket, folder: Path) -> dict[str, Any]:
    return {"upload_store": "s3://studio/files", "s3_endpoint": bucket.url, "data_dir": str(folder), **KEYS}


@pytest.fixture
async def gateway(
    database_url: str, emulator: RunningEmulator, clock: MovableClock, bucket: Bucket, tmp_path: Path
) -> AsyncIterator[RunningGateway]:
    async with RunningGateway(gateway_settings(database_url, **options(bucket, tmp_path)), clock) as running:
        await running.connect(emulator)
        yield running


@ON_SQLITE
async def test_an_uploaded_file_becomes_an_active_asset_from_the_bucket(
    api: Api, control: EmulatorControl, bucket: Bucket, gateway: RunningGateway
) -> None:
    await control.settings(transition=AT_ONCE)
    upload_id = await send_file(api, FACE)
    assert await bucket.names() == [f"files/whole/{upload_id}"]
    made = await api.ok("CreateAsset", GroupId=await make_group(api), URL=f"upload://{upload_id}", AssetType="Image")
    assert (await api.ok("GetAsset", Id=made["Id"]))["Status"] == "Active"
    url = str((await control.ledger("CreateAsset"))[-1]["body"]["URL"])
    assert url.startswith(f"{bucket.url}/studio/files/whole/up_")
    assert "X-Amz-Signature" in url
    await api.send("DELETE", f"/v1/uploads/{upload_id}")
    await settled(gateway)
    assert await bucket.names() == []


async def test_an_address_of_a_file_is_signed_as_amazons_own_library_signs_it(tmp_path: Path) -> None:
    fields: dict[str, Any] = {"upload_store": "s3://studio/a b", "s3_endpoint": "https://s3.example", **KEYS}
    files = open_files(Settings(data_dir=str(tmp_path), **fields))
    url = await files.link("up_1", timedelta(minutes=5))
    assert url is not None
    unsigned, _, signature = url.partition("&X-Amz-Signature=")
    request = AWSRequest(method="GET", url=unsigned)
    request.context["timestamp"] = parse_qs(urlsplit(url).query)["X-Amz-Date"][0]
    signer = S3SigV4QueryAuth(Credentials(*KEYS.values()), "s3", "us-east-1", 300)
    assert signature == signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)


@ON_SQLITE
async def test_any_process_takes_the_next_part(
    gateway: RunningGateway, api: Api, bucket: Bucket, clock: MovableClock, tmp_path: Path
) -> None:
    content = b"0123456789abcdef" * (PIECE_BYTES // 10)
    path = await begun(api, len(content))
    assert (await go_on(api, path, 0, content[: PIECE_BYTES + 10])).status == 204
    assert all(name.startswith("files/pieces/") for name in await bucket.names())
    settings = gateway_settings(
        gateway.settings.database, secret_key=gateway.settings.secret_key, **options(bucket, tmp_path / "elsewhere")
    )
    async with RunningGateway(settings, clock) as other:
        assert (await go_on(other.api(api.key), path, PIECE_BYTES + 10, content[PIECE_BYTES + 10 :])).status == 204
        shown = (await api.send("GET", path)).result
        assert (shown["State"], shown["Sha256"]) == ("Complete", sha256(content))

        async def alone() -> bool:
            return await bucket.names() == [f"files/whole/{shown['UploadId']}"]

        await until(alone)


@ON_SQLITE
async def test_a_store_that_is_away_or_has_no_such_bucket_is_said_and_no_key_is_named(
    gateway: RunningGateway, api: Api, database_url: str, clock: MovableClock, bucket: Bucket, tmp_path: Path
) -> None:
    for changed in ({"upload_store": "s3://nowhere"}, {"s3_endpoint": f"http://127.0.0.1:{free_port()}"}):
        settings = gateway_settings(
            database_url, secret_key=gateway.settings.secret_key, **{**options(bucket, tmp_path), **changed}
        )
        async with RunningGateway(settings, clock) as other:
            answer = await send_form(other.api(api.key), FACE)
        assert (answer.status, answer.code) == (503, "FilesUnavailable")
        assert KEYS["s3_secret_key"].encode() not in answer.body


async def test_the_doctor_tries_the_place(bucket: Bucket, tmp_path: Path) -> None:
    told = options(bucket, tmp_path)
    for place, state in (
        ("s3://studio", "ok"),
        ("s3://nowhere", "fail"),
        (str(tmp_path / "f"), "ok"),
        ("ftp://x", "fail"),
    ):
        finding = await examine_uploads(Settings(**{**told, "upload_store": place}))
        assert (finding.state, KEYS["s3_secret_key"] in finding.subject) == (state, False)
        assert finding.remedy or state == "ok"
    assert await bucket.names() == []


def test_a_place_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="upload_store"):
        open_files(Settings(upload_store="ftp://somewhere"))
