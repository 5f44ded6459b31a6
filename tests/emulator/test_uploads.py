import pytest

from stagedoor.emulator.failures import FAILURE_MESSAGES
from tests.support.emulator import EmulatorControl, SignedClient, file_server
from tests.support.media import image


@pytest.fixture
async def aigc(ark: SignedClient, control: EmulatorControl) -> str:
    await control.settings(transition={"mode": "immediate"})
    return str((await ark.ok("CreateAssetGroup", Name="n"))["Id"])


@pytest.fixture
async def liveness(ark: SignedClient, control: EmulatorControl) -> str:
    await control.settings(transition={"mode": "immediate"})
    session = await ark.ok("CreateVisualValidateSession", CallbackURL="https://a.example/")
    await control.complete(session["BytedToken"])
    return str((await ark.ok("GetVisualValidateResult", BytedToken=session["BytedToken"]))["GroupId"])


async def end_of(ark: SignedClient, group_id: str, url: str, name: str = "") -> tuple[str, object]:
    made = await ark.ok("CreateAsset", GroupId=group_id, URL=url, AssetType="Image", Name=name)
    asset = await ark.ok("GetAsset", **made)
    return asset["Status"], asset.get("Error")


MISMATCH = ("Failed", {"Code": "FaceMismatch", "Message": "Face consistency verification failed."})


async def test_the_word_mismatch_in_path_or_name_fails_a_real_persons_upload(
    ark: SignedClient, liveness: str, pictures: str
) -> None:
    assert await end_of(ark, liveness, pictures + "a.jpg") == ("Active", None)
    assert await end_of(ark, liveness, pictures + "my-Mismatch.jpg") == MISMATCH
    assert await end_of(ark, liveness, pictures + "a.jpg", "a MISMATCH") == MISMATCH
    assert await end_of(ark, liveness, pictures + "a.jpg?mismatch=1") == ("Active", None)


async def test_the_word_mismatch_needs_no_reachable_file(ark: SignedClient, liveness: str) -> None:
    assert await end_of(ark, liveness, "http://127.0.0.1:9/mismatch.jpg") == MISMATCH


async def test_the_word_mismatch_means_nothing_in_an_aigc_group(ark: SignedClient, aigc: str, pictures: str) -> None:
    assert await end_of(ark, aigc, pictures + "mismatch.jpg") == ("Active", None)


@pytest.mark.parametrize("code", [*FAILURE_MESSAGES, "SomethingNew.NeverSeen"])
async def test_every_failure_code_can_be_ordered_by_name(ark: SignedClient, aigc: str, code: str) -> None:
    status, error = await end_of(ark, aigc, "http://127.0.0.1:9/a.jpg", f"fail:{code}")
    assert status == "Failed"
    assert isinstance(error, dict)
    assert error["Code"] == code
    assert error["Message"]


async def test_a_file_that_cannot_be_fetched_fails_later_or_at_once_as_the_setting_says(
    ark: SignedClient, control: EmulatorControl, aigc: str
) -> None:
    status, error = await end_of(ark, aigc, "http://127.0.0.1:9/a.jpg")
    assert (status, error) == ("Failed", {"Code": "DownloadFailed", "Message": FAILURE_MESSAGES["DownloadFailed"]})
    await control.settings(download_failure="synchronous")
    answer = await ark.call("CreateAsset", GroupId=aigc, URL="http://127.0.0.1:9/a.jpg", AssetType="Image")
    assert (answer.status, answer.code) == (400, "InvalidParameter.DownloadFailed")


async def test_a_picture_that_is_too_small_is_refused_at_once(ark: SignedClient, aigc: str) -> None:
    async with file_server(image("jpeg", 200, 200)) as url:
        answer = await ark.call("CreateAsset", GroupId=aigc, URL=url, AssetType="Image")
    assert (answer.status, answer.code) == (400, "InvalidParameter.WidthTooSmall")
    assert answer.error["Message"] == "Width must be between 300px and 6000px."


async def test_a_file_that_is_no_picture_fails_later(ark: SignedClient, aigc: str) -> None:
    async with file_server(b"not a picture at all") as url:
        status, error = await end_of(ark, aigc, url)
    assert status == "Failed"
    assert isinstance(error, dict)
    assert error["Code"] in FAILURE_MESSAGES
