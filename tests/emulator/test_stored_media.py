from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.emulator import EmulatorControl, SignedClient
from tests.support.media import image


@pytest.fixture
async def url(ark: SignedClient, pictures: str) -> str:
    """Return the presigned address of a stored picture, without the server's part."""
    group = await ark.ok("CreateAssetGroup", Name="n")
    asset = await ark.ok("CreateAsset", GroupId=group["Id"], URL=pictures, AssetType="Image")
    return str((await ark.ok("GetAsset", **asset))["URL"]).removeprefix(ark.url)


async def test_an_address_is_presigned_for_twelve_hours(url: str) -> None:
    fields = parse_qs(urlsplit(url).query)
    assert fields["X-Tos-Expires"] == ["43200"]
    assert len(fields["X-Tos-Signature"][0]) == 64


async def test_the_stored_file_is_the_one_that_was_uploaded(ark: SignedClient, url: str) -> None:
    answer = await ark.send(url, method="GET")
    assert answer.status == 200
    assert answer.body == image("jpeg", 600, 800)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_a_part_of_the_file_can_be_asked_for(ark: SignedClient, url: str) -> None:
    answer = await ark.send(url, method="GET", headers={"Range": "bytes=0-1"})
    assert (answer.status, answer.body) == (206, b"\xff\xd8")


async def test_an_address_expires_by_the_emulators_clock(ark: SignedClient, control: EmulatorControl, url: str) -> None:
    await control.advance(43_100)
    assert (await ark.send(url, method="GET")).status == 200
    await control.advance(200)
    answer = await ark.send(url, method="GET")
    assert (answer.status, answer.document["Code"]) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Expires=43200", "Expires=432000"),
        ("X-Tos-Date=2", "X-Tos-Date=3"),
        ("Signature=", "Signature=0"),
        ("X-Tos-Signature=", "X="),
        (".jpg", ".png"),
        ("X-Tos-Expires=43200", "X-Tos-Expires=%00"),
    ],
)
async def test_an_address_that_was_touched_opens_nothing(ark: SignedClient, url: str, old: str, new: str) -> None:
    assert (await ark.send(url.replace(old, new, 1), method="GET")).status == 403


async def test_an_address_without_a_signature_opens_nothing(ark: SignedClient, url: str) -> None:
    assert (await ark.send(url.partition("?")[0], method="GET")).status == 403
    assert (await ark.send("/_media/1/..%2Femulator.sqlite3", method="GET")).status in {403, 404}


async def test_each_look_signs_anew(ark: SignedClient, control: EmulatorControl, url: str) -> None:
    await control.advance(43_000)
    item = (await ark.ok("ListAssets", Filter={"GroupType": "AIGC"}))["Items"][0]
    await control.advance(43_000)
    assert (await ark.send(url, method="GET")).status == 403
    assert (await ark.send(item["URL"].removeprefix(ark.url), method="GET")).status == 200


async def test_a_deleted_assets_file_is_removed(ark: SignedClient, url: str, tmp_path: Path) -> None:
    media = tmp_path / "emulator" / "media"
    assert len(list(media.iterdir())) == 1
    item = (await ark.ok("ListAssets", Filter={"GroupType": "AIGC"}))["Items"][0]
    await ark.ok("DeleteAsset", Id=item["Id"])
    assert list(media.iterdir()) == []
    assert (await ark.send(url, method="GET")).status == 404
