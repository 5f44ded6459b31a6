"""The official Python SDK, unchanged but for its host, drives every action."""

import pytest
import volcenginesdkcore
from volcenginesdkcore.rest import ApiException

from stagedoor.emulator import RunningEmulator
from stagedoor.emulator.actions import ACTIONS
from tests.support.emulator import EmulatorControl
from tests.support.sdks import PythonSdk


def sdk_of(emulator: RunningEmulator) -> PythonSdk:
    return PythonSdk(volcenginesdkcore, emulator.url, emulator.access_key, emulator.secret_key)


async def test_the_python_sdk_drives_all_twelve_actions(
    emulator: RunningEmulator, control: EmulatorControl, pictures: str
) -> None:
    sdk = sdk_of(emulator)
    await control.settings(transition={"mode": "immediate"})
    session = await sdk.call("CreateVisualValidateSession", CallbackURL="https://a.example/")
    await control.complete(session["BytedToken"])
    person = await sdk.call("GetVisualValidateResult", BytedToken=session["BytedToken"])
    group = await sdk.call("CreateAssetGroup", Name="真人 a/b", Description="d", GroupType="AIGC")
    assert (await sdk.call("GetAssetGroup", Id=group["Id"]))["Name"] == "真人 a/b"
    assert await sdk.call("UpdateAssetGroup", Id=group["Id"], Name="m") == group
    listed = await sdk.call("ListAssetGroups", Filter={"GroupType": "LivenessFace"}, PageNumber=1, PageSize=10)
    assert [item["Id"] for item in listed["Items"]] == [person["GroupId"]]
    asset = await sdk.call("CreateAsset", GroupId=person["GroupId"], URL=pictures + "a.jpg", AssetType="Image")
    assert (await sdk.call("GetAsset", Id=asset["Id"]))["Status"] == "Active"
    assert await sdk.call("UpdateAsset", Id=asset["Id"], Name="m") == asset
    assert (await sdk.call("ListAssets", Filter={"GroupType": "LivenessFace"}))["Items"][0]["Name"] == "m"
    assert await sdk.call("DeleteAsset", Id=asset["Id"]) == {}
    assert await sdk.call("DeleteAssetGroup", Id=group["Id"]) == {}
    assert sdk.called == set(ACTIONS)
    sdk.close()


async def test_the_python_sdk_sees_a_refusal_as_its_own_exception(emulator: RunningEmulator) -> None:
    sdk = sdk_of(emulator)
    with pytest.raises(ApiException) as refused:
        await sdk.call("GetAsset", Id="asset-20260101000000-aaaaa")
    assert refused.value.status == 404
    assert "NotFound.asset_id" in refused.value.body
    sdk.close()


async def test_the_python_sdk_retries_what_it_is_told_to_retry(
    emulator: RunningEmulator, control: EmulatorControl
) -> None:
    sdk = sdk_of(emulator)
    await control.fault("rate_limited", "CreateAssetGroup")
    assert (await sdk.call("CreateAssetGroup", Name="n"))["Id"]
    assert [call["status"] for call in await control.ledger("CreateAssetGroup")] == [429, 200]
    sdk.close()
