"""POST /v1/media/check: every rule that a file breaks, before a call is spent; and the same for what ⑥ is given as upload://."""

from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from tests.imports.conftest import Importer
from tests.support import media
from tests.support.emulator import EmulatorControl
from tests.support.gateway import MODEL, Answer, Api, RunningGateway
from tests.support.story import ON_SQLITE, make_group

PATH, UPLOADS = "/v1/media/check", "/v1/uploads"
SMALL = media.image("png", 200, 800)


async def send(api: Api, path: str, content: bytes, **fields: str) -> Answer:
    """Send a form with a file."""
    form = aiohttp.FormData(fields)
    form.add_field("file", content, filename="a.bin", content_type="application/octet-stream")
    headers = {"authorization": f"Bearer {api.key}"}
    async with api.http.post(api.url + path, data=form, headers=headers) as response:
        return Answer(response.status, {k.lower(): v for k, v in response.headers.items()}, await response.read())


async def check(api: Api, content: bytes, asset_type: str = "Image") -> dict[str, Any]:
    return (await send(api, PATH, content, AssetType=asset_type, model=MODEL)).result


def codes(report: dict[str, Any]) -> list[str]:
    return [found["Code"] for found in report["Problems"]]


@ON_SQLITE
async def test_every_rule_that_is_broken_is_named_with_what_to_change(api: Api, control: EmulatorControl) -> None:
    report = await check(api, SMALL)
    assert codes(report) == ["WidthTooSmall", "AspectRatioTooSmall"]
    assert report["Problems"][0] == {
        "Code": "WidthTooSmall",
        "Rule": "Width",
        "Found": "200",
        "Allowed": "more than 300 and less than 6000",
        "Message": "The width is 200 pixels; it must be more than 300 and less than 6000. Take a larger picture.",
        "MessageZh": "宽度为 200 像素，允许范围：大于 300 且小于 6000。请使用更大的画面。",
    }
    assert report["Media"] == {"Format": "png", "AssetType": "Image", "Size": len(SMALL), "Width": 200, "Height": 800}
    film = await check(api, media.video("mp4", 200, 600, 1, 10), "Video")
    assert codes(film) == [
        "WidthTooSmall",
        "AspectRatioTooSmall",
        "DurationTooShort",
        "PixelCountTooSmall",
        "FpsTooLow",
    ]
    assert (film["Media"]["Seconds"], film["Media"]["Fps"], film["Media"]["HasAudio"]) == (1, 10, False)
    good = await check(api, media.audio("wav", 3), "Audio")
    assert (good["Problems"], good["Unchecked"], good["Media"]["Seconds"]) == ([], [], 3)
    other = await check(api, SMALL, "Audio")
    assert (codes(other), other["Unchecked"]) == (["TypeMismatch"], ["Seconds"])
    assert await control.calls() == 0


@ON_SQLITE
async def test_the_rules_are_those_of_the_account(gateway: RunningGateway, api: Api) -> None:
    operator = await gateway.operator()
    rules = {"Image": {"Width": [100, 6000], "Formats": ["jpeg"]}}
    changed = await operator.send("PATCH", "/admin/v1/channels/emulator", body={"MediaRules": rules})
    assert changed.result["MediaRules"] == rules
    gateway.clock.advance(timedelta(seconds=1.5))  # a reading of the channels is good for a second
    assert codes(await check(api, SMALL)) == ["FormatUnsupported", "AspectRatioTooSmall"]
    bad: dict[str, Any]
    for bad in (
        {"Image": {"Fps": [1, 2]}},
        {"Image": {"Width": [2, 1]}},
        {"Image": {"Formats": ["mp4"]}},
        {"Image": {"Width": [0, 1]}},
        {"Text": {}},
    ):
        answer = await operator.send("PATCH", "/admin/v1/channels/emulator", body={"MediaRules": bad})
        assert (answer.status, answer.code.split(".")[0]) == (400, "InvalidParameter"), bad
    back = await operator.send("PATCH", "/admin/v1/channels/emulator", body={"MediaRules": {}})
    assert back.result["MediaRules"] == {}


@ON_SQLITE
async def test_what_is_no_check_is_refused(gateway: RunningGateway, api: Api) -> None:
    for fields, code in (
        ({"model": MODEL}, "MissingParameter.AssetType"),
        ({"AssetType": "Image"}, "MissingParameter.model"),
        ({"AssetType": "image", "model": MODEL}, "InvalidParameter.AssetType"),
        ({"AssetType": "Image", "model": "unknown"}, "InvalidParameter.model"),
    ):
        assert (await send(api, PATH, SMALL, **fields)).code == code
    assert (await api.send("POST", PATH, data=b"x", content_type="text/plain")).code == "UnsupportedMediaType"
    good = {"model": MODEL, "URL": "upload://up_nobodys", "AssetType": "Image"}
    for changed, code in (
        ({"AssetType": "image"}, "InvalidParameter.AssetType"),
        ({"model": "unknown"}, "InvalidParameter.model"),
        ({"URL": "https://never.example/a.jpg"}, "InvalidParameter.URL"),
        ({"URL": "upload://a/b"}, "InvalidParameter.URL"),
        ({}, "NotFound.upload_id"),
        ({"GroupId": "group-20260601191715-zzzzz"}, "NotFound.group_id"),
    ):
        answer = await api.send("POST", PATH, body={**good, **changed})
        assert (answer.status // 100, answer.code) == (4, code)
    assert (await api.send("GET", PATH)).code == "MethodNotAllowed"
    reader = await gateway.client(scopes=["assets:read"])
    assert (await send(reader, PATH, SMALL, AssetType="Image", model=MODEL)).code == "AccessDenied"


async def test_an_upload_that_breaks_a_rule_says_so_and_costs_no_call(
    api: Api, other_api: Api, control: EmulatorControl
) -> None:
    sent = (await send(api, UPLOADS, SMALL, AssetType="Image")).result
    assert codes(sent) == ["WidthTooSmall", "AspectRatioTooSmall"]
    upload_id = sent["UploadId"]
    assert codes((await api.send("GET", f"{UPLOADS}/{upload_id}")).result) == codes(sent)
    group_id = await make_group(api)
    named = {"model": MODEL, "URL": f"upload://{upload_id}", "AssetType": "Image", "GroupId": group_id}
    looked_at = (await api.send("POST", PATH, body=named)).result
    assert looked_at["Problems"] == sent["Problems"]
    assert looked_at["Media"]["Width"] == 200
    theirs = [await other_api.send("POST", PATH, body={**named, "GroupId": group}) for group in (None, group_id)]
    assert [answer.code for answer in theirs] == ["NotFound.upload_id", "NotFound.group_id"]
    fields: dict[str, Any] = {"GroupId": group_id, "URL": f"upload://{upload_id}", "AssetType": "Image"}
    refused = await api.call("CreateAsset", **fields)
    assert (refused.status, refused.code) == (400, "InvalidParameter.WidthTooSmall")
    assert all(found["Message"] in refused.error["Message"] for found in sent["Problems"])
    assert (await api.call("CreateAsset", **{**fields, "AssetType": "Video"})).code == "InvalidParameter.TypeMismatch"
    good = (await send(api, UPLOADS, media.image("png", 400, 500), AssetType="Image")).result
    assert good["Problems"] == []
    assert (await api.call("CreateAsset", **{**fields, "URL": f"upload://{good['UploadId']}"})).status == 200
    assert await control.calls("CreateAsset") == 1


@pytest.mark.timeout(60)
@ON_SQLITE
async def test_an_import_takes_uploads_and_makes_one_asset_of_one_content(api: Api, control: EmulatorControl) -> None:
    await control.settings(transition={"mode": "immediate"})
    good = media.image("png", 400, 500)
    sent = [(await send(api, UPLOADS, content, AssetType="Image")).result for content in (good, good, SMALL)]
    items = [{"URL": f"upload://{one['UploadId']}", "AssetType": "Image"} for one in sent]
    body = {"model": MODEL, "GroupId": await make_group(api), "Items": items[:1]}
    first = (await api.send("POST", "/v1/imports", body=body)).result["Id"]
    states = await _ended(api, first)
    second = (await api.send("POST", "/v1/imports", body={**body, "Items": items[1:]})).result["Id"]
    again = await _ended(api, second)
    assert [item["State"] for item in states + again] == ["Active", "Active", "Failed"]
    assert again[0]["AssetId"] == states[0]["AssetId"]
    assert again[1]["Error"]["Code"] == "InvalidParameter.WidthTooSmall"
    assert await control.calls("CreateAsset") == 1


async def _ended(api: Api, import_id: str) -> list[dict[str, Any]]:
    await Importer(api, "").finish(import_id)
    return await Importer(api, "").items(import_id)
