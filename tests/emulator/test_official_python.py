"""The official Python SDK, unchanged but for its host, drives every action."""

import asyncio
from typing import Any

import pytest
import volcenginesdkcore
from volcenginesdkcore.rest import ApiException
from volcenginesdkcore.universal import UniversalApi, UniversalInfo

from stagedoor.emulator import RunningEmulator
from stagedoor.emulator.actions import ACTIONS
from tests.support.emulator import EmulatorControl


class Sdk:
    def __init__(self, emulator: RunningEmulator) -> None:
        configuration = volcenginesdkcore.Configuration()
        configuration.host = emulator.url.removeprefix("http://")
        configuration.scheme = "http"
        configuration.region = "cn-beijing"
        configuration.ak, configuration.sk = emulator.access_key, emulator.secret_key
        self.api = UniversalApi(volcenginesdkcore.ApiClient(configuration))
        self.called: set[str] = set()

    async def call(self, action: str, **body: Any) -> Any:
        self.called.add(action)
        info = UniversalInfo("POST", "ark", "2024-01-01", action, "application/json")
        return await asyncio.to_thread(self.api.do_call, info, body)

    def close(self) -> None:
        self.api.api_client.rest_client.pool_manager.clear()


async def test_the_python_sdk_drives_all_twelve_actions(
    emulator: RunningEmulator, control: EmulatorControl, pictures: str
) -> None:
    sdk = Sdk(emulator)
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
    sdk = Sdk(emulator)
    with pytest.raises(ApiException) as refused:
        await sdk.call("GetAsset", Id="asset-20260101000000-aaaaa")
    assert refused.value.status == 404
    assert "NotFound.asset_id" in refused.value.body
    sdk.close()


async def test_the_python_sdk_retries_what_it_is_told_to_retry(
    emulator: RunningEmulator, control: EmulatorControl
) -> None:
    sdk = Sdk(emulator)
    await control.fault("rate_limited", "CreateAssetGroup")
    assert (await sdk.call("CreateAssetGroup", Name="n"))["Id"]
    assert [call["status"] for call in await control.ledger("CreateAssetGroup")] == [429, 200]
    sdk.close()
