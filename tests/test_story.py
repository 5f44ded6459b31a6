"""The whole story, as the README tells it."""

import asyncio

from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api


async def test_from_session_to_active_asset(api: Api, control: EmulatorControl, pictures: str) -> None:
    started = await api.ok("CreateVisualValidateSession", CallbackURL="https://studio.example/done", Lng="en")
    assert "lng=en" in started["H5Link"]

    came_back = await control.complete(started["BytedToken"])
    async with api.http.get(came_back, allow_redirects=False) as response:
        assert response.status == 303
        assert response.headers["location"].startswith("https://studio.example/done?bytedToken=")

    exchanged = await api.ok("GetVisualValidateResult", BytedToken=started["BytedToken"])
    created = await api.ok("CreateAsset", GroupId=exchanged["GroupId"], URL=f"{pictures}face.jpg", AssetType="Image")
    for _ in range(40):
        asset = await api.ok("GetAsset", Id=created["Id"])
        if asset["Status"] != "Processing":
            break
        await asyncio.sleep(0.1)
    assert asset["Status"] == "Active"
    async with api.http.get(asset["URL"]) as response:
        assert response.status == 200
    listed = await api.ok("ListAssets", Filter={"GroupIds": [exchanged["GroupId"]]})
    assert [item["Id"] for item in listed["Items"]] == [created["Id"]]
    assert listed["TotalCount"] == 1
