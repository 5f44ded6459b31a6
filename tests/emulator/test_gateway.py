import asyncio
import re
from datetime import timedelta
from pathlib import Path

import pytest

from stagedoor.emulator import EmulatorSettings, RunningEmulator, start_emulator
from tests.support.emulator import EmulatorControl, SignedClient

LIST = {"Filter": {"GroupType": "AIGC"}}


async def send_body(ark: SignedClient, body: bytes) -> str:
    """Send a signed body and return the error code."""
    headers = ark.sign("CreateAssetGroup", body.decode())
    answer = await ark.send("/?Action=CreateAssetGroup&Version=2024-01-01", body=body, headers=headers)
    assert answer.status == 400
    return answer.code


@pytest.mark.parametrize("path", ["/", "/api/v3/"])
async def test_a_success_wears_the_whole_envelope(ark: SignedClient, path: str) -> None:
    answer = await ark.call_at(path, "ListAssetGroups", LIST)
    metadata = answer.document["ResponseMetadata"]
    assert answer.status == 200
    assert {key: value for key, value in metadata.items() if key != "RequestId"} == {
        "Action": "ListAssetGroups",
        "Version": "2024-01-01",
        "Service": "ark",
        "Region": "cn-beijing",
    }
    assert re.fullmatch(r"\d{14}[0-9A-F]{20}", metadata["RequestId"])
    assert answer.headers["X-Request-Id"] == metadata["RequestId"]
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


async def test_an_error_wears_the_envelope_of_the_call_it_answers(ark: SignedClient) -> None:
    answer = await ark.call("GetAssetGroup", Id="group-20260101000000-aaaaa")
    assert answer.status == 404
    assert answer.document["ResponseMetadata"]["Action"] == "GetAssetGroup"
    assert answer.error == {
        "Code": "NotFound.group_id",
        "Message": "The specified asset_group group-20260101000000-aaaaa is not found.",
    }
    assert "Result" not in answer.document


async def test_ampersands_are_escaped_as_the_cloud_escapes_them(ark: SignedClient) -> None:
    made = await ark.ok("CreateAssetGroup", Name="<Tom & Jerry>")
    answer = await ark.call("GetAssetGroup", **made)
    assert rb"\u003cTom \u0026 Jerry\u003e" in answer.body
    assert answer.result["Name"] == "<Tom & Jerry>"


@pytest.mark.parametrize(
    ("target", "status", "code", "code_n"),
    [
        ("/", 400, "MissingParameter", 100002),
        ("/?Version=2024-01-01", 400, "MissingParameter", 100002),
        ("/?Action=GetAsset", 400, "MissingParameter", 100002),
        ("/?Action=GetAssets&Version=2024-01-01", 404, "InvalidActionOrVersion", 100008),
        ("/?Action=GetAsset&Version=2024-01-02", 404, "InvalidActionOrVersion", 100008),
        ("/?Action=getasset&Version=2024-01-01", 404, "InvalidActionOrVersion", 100008),
        ("/?Action=GetAsset&Version=2024-01-01&" + "a=1&" * 200, 400, "MissingParameter", 100002),
        ("/?Action=%FF%FE&Version=%00", 404, "InvalidActionOrVersion", 100008),
    ],
)
async def test_an_unknown_call_is_refused_by_the_gateway(
    ark: SignedClient, target: str, status: int, code: str, code_n: int
) -> None:
    answer = await ark.send(target)
    assert (answer.status, answer.code, answer.error["CodeN"]) == (status, code, code_n)


async def test_the_message_of_an_unknown_action_names_it(ark: SignedClient) -> None:
    answer = await ark.send("/?Action=Nope&Version=2020-01-01")
    assert answer.error["Message"] == "Could not find operation Nope for version 2020-01-01."


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_only_post_finds_an_action(ark: SignedClient, method: str) -> None:
    answer = await ark.send("/?Action=ListAssetGroups&Version=2024-01-01", method=method)
    assert (answer.status, answer.code) == (404, "InvalidActionOrVersion")


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"7",
        b'"Name"',
        b"null",
        b"{",
        b"{}{}",
        b'{"Name": NaN}',
        b'{"Name": "\\ud800"}',
        b'{"a":' * 5000,
        b'{"Filter":' + b"[" * 300 + b"]" * 300 + b"}",
        b'{"Name":"n","x":' + b"[" * 40 + b"]" * 40 + b"}",
        b"[" * 200_000,
        b'{"PageNumber": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: body[:12].decode(),
)
async def test_a_body_that_is_no_json_object_is_refused(ark: SignedClient, body: bytes) -> None:
    assert await send_body(ark, body) == "InvalidParameter"


async def test_an_empty_body_has_no_fields(ark: SignedClient) -> None:
    assert await send_body(ark, b"") == "MissingParameter.Name"


async def test_a_body_over_a_mebibyte_is_refused_by_its_size(ark: SignedClient) -> None:
    answer = await ark.call("CreateAssetGroup", Name="x" * (1 << 20))
    assert (answer.status, answer.code) == (413, "InvalidParameter")


async def test_bytes_that_are_no_text_never_break_the_server(emulator: RunningEmulator) -> None:
    host, port = emulator.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /?Action=ListAssets&Version=2024-01-01&x=\xff\xfe HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
        b"X-Date: 20260101T000000Z\r\nConnection: close\r\n"
        b"Authorization: HMAC-SHA256 Credential=\xff/20260101/cn-beijing/ark/request, SignedHeaders=x-date, Signature=\xff\r\n\r\n{}"
    )
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert b" 500 " not in answer.splitlines()[0]
    assert b" 40" in answer.splitlines()[0]


@pytest.mark.parametrize(
    "line",
    [
        b"GET /h5/verify?bytedToken=\xff&lng=\xff",
        b"GET /h5/static/\xff",
        b"POST /h5/complete",
        b"GET /_media/1/\xff?X-Tos-Signature=\xff",
        b"GET /_emulator/ledger?action=\xff",
        b"POST /_emulator/sessions/\xff",
        b"GET /%00",
    ],
)
async def test_bytes_that_are_no_text_break_no_other_page_either(emulator: RunningEmulator, line: bytes) -> None:
    host, port = emulator.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    kind = b"multipart/form-data" if b"complete" in line else b"application/json"
    writer.write(
        line
        + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: "
        + kind
        + b"\r\nContent-Length: 2\r\n\r\n\xff\xfe"
    )
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert b" 500 " not in answer.splitlines()[0]


async def test_half_a_body_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    running = await start_emulator(EmulatorSettings(data_dir=tmp_path, body_timeout=timedelta(seconds=0.1)))
    host, port = running.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /?Action=ListAssets&Version=2024-01-01 HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{")
    assert b" 408 " in await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    await writer.wait_closed()
    await running.stop()


async def test_a_failure_inside_still_wears_the_envelope(
    ark: SignedClient, control: EmulatorControl, pictures: str, tmp_path: Path
) -> None:
    group = await ark.ok("CreateAssetGroup", Name="n")
    # With no folder to keep media in, the action itself fails.
    await asyncio.to_thread((tmp_path / "emulator" / "media").rmdir)
    answer = await ark.call("CreateAsset", GroupId=group["Id"], URL=pictures, AssetType="Image")
    assert (answer.status, answer.code, answer.error["CodeN"]) == (500, "InternalError", 100014)
    assert [call["status"] for call in await control.ledger("CreateAsset")] == [500]


@pytest.mark.parametrize("quotas", [False, True])
async def test_unknown_fields_are_ignored_and_null_means_absent(
    ark: SignedClient, control: EmulatorControl, quotas: bool
) -> None:
    await control.settings(quotas=quotas)
    await ark.ok("CreateAssetGroup", Name="n", Description=None, Unknown={"a": [1]}, ProjectName=None)
