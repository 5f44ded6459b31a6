"""Checks of files, and many uploads at once, by the client."""

from pathlib import Path

import pytest

from stagedoor_client import BadRequest, Conflict, NewItem, NotFound, WaitTimedOut
from tests.client.faces import Face
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api
from tests.support.media import image
from tests.support.story import AT_ONCE, ON_SQLITE, make_group

pytestmark = ON_SQLITE


async def test_a_file_is_looked_at_before_and_after_it_is_uploaded(
    face: Face, api: Api, control: EmulatorControl, tmp_path: Path
) -> None:
    path, group_id = tmp_path / "small.png", await make_group(api)
    path.write_bytes(image("png", 200, 800))
    report = await face.call("check_media", path, group_id=group_id)
    assert [broken.code for broken in report.problems] == ["WidthTooSmall", "AspectRatioTooSmall"]
    assert report.problems[0].message.startswith("The width is 200 pixels")
    assert report.problems[0].message_zh
    assert (report.media.format, report.media.width, report.media.seconds, report.unchecked) == ("png", 200, None, ())
    uploaded = await face.call("upload_file", path)
    assert [broken.code for broken in uploaded.problems] == ["WidthTooSmall", "AspectRatioTooSmall"]
    for named in (uploaded, uploaded.id):
        assert (await face.call("check_upload", named, "Image", group_id=group_id)).problems == report.problems
    other = await face.call("check_media", image("jpeg", 600, 800), filename="a.heic")
    assert (other.problems, other.media.format) == ((), "jpeg")
    with pytest.raises(ValueError, match="asset_type"):
        await face.call("check_media", b"x", filename="a.bin")
    with pytest.raises(BadRequest):
        await face.call("check_media", b"x", asset_type="Text")
    assert await control.calls("CreateAsset") == 0


async def test_an_import_is_begun_waited_for_and_read(
    face: Face, api: Api, control: EmulatorControl, pictures: str
) -> None:
    await control.settings(transition=AT_ONCE)
    group_id = await make_group(api)
    items: list[NewItem] = [
        {"url": f"{pictures}a.jpg", "asset_type": "Image", "name": "front"},
        {"url": "ftp://files.example/a.jpg", "asset_type": "Image"},
        {"url": f"{pictures}b.jpg", "asset_type": "Image", "group_id": "group-20260601191715-zzzzz"},
    ]
    begun = await face.call("create_import", items, group_id=group_id, idempotency_key="monday")
    assert (begun.total, begun.is_finished) == (3, False)
    assert (await face.call("create_import", items, group_id=group_id, idempotency_key="monday")).id == begun.id
    seen: list[str] = []
    ended = await face.call("wait_until_imported", begun, within=30, on_update=lambda one: seen.append(one.state))
    assert (ended.state, ended.counts["Active"], ended.counts["Failed"], seen[-1]) == ("Completed", 1, 2, "Completed")
    shown = await face.all("iter_import_items", begun.id)
    assert [(item.number, item.state) for item in shown] == [(1, "Active"), (2, "Failed"), (3, "Failed")]
    assert shown[0].reference == f"asset://{shown[0].asset_id}"
    assert [item.error and item.error.code for item in shown] == [None, "InvalidParameter.URL", "NotFound.group_id"]
    page = await face.call("list_import_items", begun.id, limit=1, state="Failed")
    assert (len(page), page.next_cursor, page.has_more) == (1, "2", True)
    second = await face.call("create_import", items[:1], group_id=group_id)
    assert [one.id for one in await face.all("iter_imports")] == [second.id, begun.id]
    [newest] = await face.call("list_imports", max_results=1)
    assert newest.id == second.id
    with pytest.raises(Conflict):
        await face.call("cancel_import", begun.id)
    with pytest.raises(NotFound):
        await face.call("get_import", f"{begun.id}x")


async def test_an_import_that_takes_too_long_goes_on_and_is_stopped(
    face: Face, api: Api, control: EmulatorControl, pictures: str
) -> None:
    await control.settings(transition={"mode": "after", "seconds": 3600})
    items = [{"url": f"{pictures}a.jpg", "asset_type": "Image"}]
    begun = await face.call("create_import", items, group_id=await make_group(api))
    with pytest.raises(WaitTimedOut):
        await face.call("wait_until_imported", begun.id, within=0.3, poll=0.1)
    assert (await face.call("cancel_import", begun.id)).state == "Cancelling"
