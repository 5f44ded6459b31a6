"""What others wrote for the official API works unchanged but for host and keys: SDKs and a command line drive all twelve Actions."""

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from volcenginesdkcore.rest import ApiException

from stagedoor.contract.operations import BY_ACTION
from tests.emulator.test_official_node import installed, run  # noqa: F401 - a fixture
from tests.emulator.test_official_node import pytestmark as needs_node
from tests.support import databases
from tests.support.action import ActionApi, action_api
from tests.support.emulator import EmulatorControl
from tests.support.gateway import RunningGateway
from tests.support.sdks import PythonSdk
from tests.support.story import AT_ONCE, DONE

LAUNCHER = Path(__file__).parents[1] / "support" / "sd2_on_loopback.py"


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Which database it is makes no difference to a client."""
    return databases.fresh_sqlite(sqlite_template, tmp_path)


@pytest.fixture
async def action(gateway: RunningGateway, control: EmulatorControl) -> ActionApi:
    await control.settings(transition=AT_ONCE)
    return await action_api(gateway)


async def come_back(action: ActionApi, control: EmulatorControl, byted_token: str) -> None:
    async with action.http.get(await control.complete(byted_token), allow_redirects=False) as response:
        assert response.status == 303


# The one of BytePlus comes with all its services, too much to ask of everybody: `make sdks` installs it, as CI does.
@pytest.mark.parametrize("core", ["volcenginesdkcore", "byteplussdkcore"])
async def test_the_official_python_sdks_drive_all_twelve_actions(
    action: ActionApi, control: EmulatorControl, pictures: str, core: str
) -> None:
    if importlib.util.find_spec(core) is None:
        databases.require_or_skip(f"there is no {core}: make sdks")
    sdk = PythonSdk(importlib.import_module(core), action.gateway.url, *action.pair)
    session = await sdk.call("CreateVisualValidateSession", CallbackURL=DONE)
    await come_back(action, control, session["BytedToken"])
    person = await sdk.call("GetVisualValidateResult", BytedToken=session["BytedToken"])
    group = await sdk.call("CreateAssetGroup", Name="真人 a/b", Description="d", GroupType="AIGC")
    assert (await sdk.call("GetAssetGroup", Id=group["Id"]))["Name"] == "真人 a/b"
    assert (await sdk.call("UpdateAssetGroup", Id=group["Id"], Name="m"))["Id"] == group["Id"]
    listed = await sdk.call("ListAssetGroups", Filter={"GroupType": "LivenessFace"}, PageNumber=1, PageSize=10)
    assert [item["Id"] for item in listed["Items"]] == [person["GroupId"]]
    asset = await sdk.call("CreateAsset", GroupId=person["GroupId"], URL=f"{pictures}a.jpg", AssetType="Image")
    assert (await sdk.call("GetAsset", Id=asset["Id"]))["GroupId"] == person["GroupId"]
    assert (await sdk.call("UpdateAsset", Id=asset["Id"], Name="m"))["Id"] == asset["Id"]
    assert (await sdk.call("ListAssets", Filter={"GroupType": "LivenessFace"}))["Items"][0]["Name"] == "m"
    assert await sdk.call("DeleteAsset", Id=asset["Id"]) == {}
    assert await sdk.call("DeleteAssetGroup", Id=group["Id"]) == {}
    assert sdk.called == set(BY_ACTION)
    sdk.close()


async def test_the_python_sdk_sees_a_refusal_with_its_number(action: ActionApi) -> None:
    sdk = PythonSdk(importlib.import_module("volcenginesdkcore"), action.gateway.url, action.pair.access_key, "wrong")
    with pytest.raises(ApiException) as refused:
        await sdk.call("ListAssets")
    assert refused.value.status == 401
    assert '"CodeN":100010' in refused.value.body
    sdk.close()


@needs_node[0]
@needs_node[1]
@pytest.mark.usefixtures("installed")
async def test_the_official_node_sdk_drives_all_twelve_actions(
    action: ActionApi, control: EmulatorControl, pictures: str
) -> None:
    async def drive(calls: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
        host = action.gateway.url.removeprefix("http://")
        keys = {"accessKeyId": action.pair.access_key, "secretKey": action.pair.secret_key}
        out = await run("node", "drive.mjs", stdin=msgspec.json.encode({"host": host, **keys, "calls": calls}))
        return msgspec.json.decode(out, type=list[dict[str, Any]])

    (session,) = await drive([("CreateVisualValidateSession", {"CallbackURL": DONE})])
    byted_token = session["Result"]["BytedToken"]
    await come_back(action, control, byted_token)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("GetVisualValidateResult", {"BytedToken": byted_token}),
        ("CreateAssetGroup", {"Name": "真人 a/b *", "GroupType": "AIGC"}),
        ("GetAssetGroup", {"Id": "$1.Id"}),
        ("UpdateAssetGroup", {"Id": "$1.Id", "Name": "m"}),
        ("ListAssetGroups", {"Filter": {"GroupType": "AIGC"}, "PageNumber": 1, "PageSize": 10}),
        ("CreateAsset", {"GroupId": "$0.GroupId", "URL": f"{pictures}a.jpg", "AssetType": "Image"}),
        ("GetAsset", {"Id": "$5.Id"}),
        ("UpdateAsset", {"Id": "$5.Id", "Name": "m"}),
        ("ListAssets", {"Filter": {"GroupType": "LivenessFace"}}),
        ("DeleteAsset", {"Id": "$5.Id"}),
        ("DeleteAssetGroup", {"Id": "$1.Id"}),
    ]
    answers = await drive(calls)
    assert [answer["ResponseMetadata"].get("Error") for answer in answers] == [None] * len(calls)
    results = [answer["Result"] for answer in answers]
    assert results[2]["Name"] == "真人 a/b *"
    assert results[4]["TotalCount"] == 1
    assert results[8]["Items"][0]["Name"] == "m"
    assert {action for action, _ in calls} | {"CreateVisualValidateSession"} == set(BY_ACTION)


async def test_a_third_partys_command_line_drives_all_twelve_actions(
    action: ActionApi, control: EmulatorControl, pictures: str
) -> None:
    host = action.gateway.url.removeprefix("http://")
    used = set()

    async def sd2(command: str, **options: str) -> dict[str, Any]:
        used.add(command)
        arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
        keys = ("--ak", action.pair.access_key, "--sk", action.pair.secret_key)
        out = await run(sys.executable, str(LAUNCHER), host, command, *arguments, *keys)
        answer = msgspec.json.decode(out, type=dict[str, Any])
        assert "Error" not in answer["ResponseMetadata"]
        return answer["Result"]  # type: ignore[no-any-return]  # JSON

    session = await sd2("create-visual-validate-session", callback_url=DONE)
    await come_back(action, control, session["BytedToken"])
    person = (await sd2("get-visual-validate-result", byted_token=session["BytedToken"]))["GroupId"]
    group = (await sd2("create-asset-group", name="hero"))["Id"]
    assert (await sd2("get-asset-group", group_id=group))["Name"] == "hero"
    await sd2("update-asset-group", group_id=group, name="heroine")
    assert (await sd2("list-asset-groups", group_type="AIGC"))["Items"][0]["Name"] == "heroine"
    asset = (await sd2("create-asset", group_id=person, url=f"{pictures}a.jpg", asset_type="Image"))["Id"]
    assert (await sd2("get-asset", asset_id=asset))["GroupId"] == person
    await sd2("update-asset", asset_id=asset, name="front")
    assert (await sd2("list-assets", group_type="LivenessFace"))["Items"][0]["Name"] == "front"
    assert await sd2("delete-asset", asset_id=asset) == {}
    assert await sd2("delete-asset-group", group_id=group) == {}
    assert len(used) == len(BY_ACTION)
