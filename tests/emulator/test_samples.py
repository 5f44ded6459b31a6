from pathlib import Path

from stagedoor.emulator.media import Facts, inspect
from stagedoor.emulator.samples import draw_portrait
from tests.support.emulator import EmulatorControl, SignedClient


async def test_the_sample_portrait_is_a_picture_that_passes_every_check(
    control: EmulatorControl, tmp_path: Path
) -> None:
    path = tmp_path / "portrait"
    async with control.http.get(f"{control.url}/_emulator/samples/portrait.jpg") as response:
        assert response.status == 200
        path.write_bytes(await response.read())
    assert path.read_bytes() == draw_portrait()
    assert isinstance(inspect(path, "Image"), Facts)


async def test_the_sample_can_be_uploaded_from_the_emulator_itself(ark: SignedClient, control: EmulatorControl) -> None:
    await control.settings(transition={"mode": "immediate"})
    group = await ark.ok("CreateAssetGroup", Name="people")
    url = f"{control.url}/_emulator/samples/portrait.jpg"
    made = await ark.ok("CreateAsset", GroupId=group["Id"], URL=url, AssetType="Image")
    assert (await ark.ok("GetAsset", Id=made["Id"]))["Status"] == "Active"
