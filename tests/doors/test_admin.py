"""The admin door: channels, tenants and keys, for operators only."""

from datetime import timedelta
from typing import Any

import pytest

from stagedoor.clock import to_iso
from stagedoor.doors.admin import ACTIONS
from stagedoor.emulator import RunningEmulator
from tests.support.clock import StoppedClock
from tests.support.gateway import FAST_MODEL, MODEL, Answer, Api, RunningGateway
from tests.support.story import ON_SQLITE

SECRETS = {"AccessKey": "AKLTcanary", "SecretKey": "SKcanary", "SessionToken": "STScanary", "ApiKey": "APIcanary"}
CHANNEL: dict[str, Any] = {
    "Name": "ark-cn",
    "Kind": "ark",
    "Endpoint": "https://ark.cn-beijing.volcengineapi.com",
    "Models": [MODEL, FAST_MODEL, MODEL],
    **SECRETS,
}


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def operator(gateway: RunningGateway) -> Api:
    return await gateway.operator()


async def do(operator: Api, method: str, path: str, **body: Any) -> dict[str, Any]:
    answer = await operator.send(method, f"/admin/v1/{path}", body=body if method in {"POST", "PATCH"} else None)
    assert b"canary" not in answer.body
    return answer.result


def paths(**names: str) -> list[tuple[str, str]]:
    return [(method, path.replace("{name}", names.get("name", "x"))) for path in ACTIONS for method in ACTIONS[path]]


async def test_a_tenants_key_and_no_key_open_nothing(api: Api) -> None:
    for method, path in paths():
        body: dict[str, Any] | None = {} if method in {"POST", "PATCH"} else None
        refused = await api.send(method, path, body=body)
        assert (refused.status, refused.code) == (403, "AccessDenied")
        unknown = await api.send(method, path, body=body, authorization="Bearer sd_admin_nonsense")
        assert (unknown.status, unknown.code) == (401, "AuthenticationError")
        nobody = await api.send(method, path, body=body, authorization="")
        assert (nobody.status, nobody.code) == (401, "MissingAuthenticationToken")


async def test_the_envelope_names_the_action_and_other_methods_are_refused(operator: Api) -> None:
    for path, actions in ACTIONS.items():
        for method in {"GET", "POST", "PATCH", "PUT", "DELETE"} - set(actions):
            answer = await operator.send(method, path.replace("{name}", "x"))
            assert (answer.status, answer.code) == (405, "MethodNotAllowed")
            assert set(answer.headers["allow"].split(", ")) == set(actions)
    assert (await operator.send("GET", "/admin/v1/tenants")).metadata["Action"] == "ListTenants"


async def test_a_channel_is_added_shown_and_changed_and_its_secrets_stay_inside(operator: Api) -> None:
    added = await do(operator, "POST", "channels", **CHANNEL, Limits={"CreateAsset": [120, 60]}, Priority=3)
    assert (
        added.items()
        >= {
            "Name": "ark-cn",
            "Kind": "ark",
            "Endpoint": CHANNEL["Endpoint"],
            "Region": "cn-beijing",
            "ProjectName": "default",
            "Models": [MODEL, FAST_MODEL],
            "Priority": 3,
            "Limits": {"CreateAsset": [120, 60.0]},
            "Disabled": False,
        }.items()
    )
    assert await do(operator, "GET", "channels/ark-cn") == added == await do(operator, "GET", f"channels/{added['Id']}")
    assert added in (await do(operator, "GET", "channels"))["Items"]
    changes: list[dict[str, Any]] = [
        {"Name": "renamed", "Region": "cn-shanghai", "ProjectName": "films", "Models": ["m"], "Priority": -1},
        {"Limits": {}, "Endpoint": "http://127.0.0.1:1/base"},
        {"Weight": 7, "Tenants": [(await do(operator, "POST", "tenants", Name="studio"))["Id"]]},
        {"State": "draining"},
        {"Disabled": True},
    ]
    expected = added
    for change in changes:
        expected = {**expected, **change}
        if "Disabled" in change:
            expected["State"] = "disabled"
        changed = await do(operator, "PATCH", f"channels/{expected['Id']}", **change)
        assert {**changed, "UpdateTime": added["UpdateTime"]} == expected
    await do(operator, "PATCH", "channels/renamed", Credentials={"AccessKey": "AKLTcanary2", "SecretKey": "SKcanary2"})
    enabled = await do(operator, "PATCH", "channels/renamed", Disabled=False, Tenants=None)
    assert (enabled["Disabled"], enabled["State"], "Tenants" in enabled) == (False, "enabled", False)


@ON_SQLITE
async def test_what_makes_no_sense_is_refused_and_named(operator: Api, emulator: RunningEmulator) -> None:
    tenant = await do(operator, "POST", "tenants", Name="studio")
    keys = f"tenants/{tenant['Id']}/keys"
    wrong: list[tuple[str, str, dict[str, Any], int, str]] = [
        *[
            ("POST", "channels", {**CHANNEL, **change}, 400, f"InvalidParameter.{field}")
            for change, field in (
                ({"Kind": "other"}, "Kind"),
                ({"Name": ""}, "Name"),
                ({"Models": []}, "Models"),
                ({"Models": [""]}, "Models"),
                ({"Endpoint": "ftp://x"}, "Endpoint"),
                ({"Endpoint": "https://"}, "Endpoint"),
                ({"Endpoint": "https://[::1"}, "Endpoint"),
                ({"Endpoint": "https://host:port"}, "Endpoint"),
                ({"Endpoint": "https://host:99999"}, "Endpoint"),
                ({"Endpoint": "https://user:canary@host"}, "Endpoint"),
                ({"Endpoint": "https://host?x=1"}, "Endpoint"),
                ({"Endpoint": "https://host/a b"}, "Endpoint"),
                ({"Limits": {"NoAction": [1, 1]}}, "Limits"),
                ({"Weight": 0}, "Weight"),
                ({"State": "asleep"}, "State"),
                ({"Tenants": ["tn_nobody"]}, "Tenants"),
                ({"Limits": {"GetAsset": [0, 1]}}, "Limits"),
                ({"Limits": {"GetAsset": [1, 1e300]}}, "Limits"),
                ({"Limits": {"GetAsset": [1]}}, "Limits"),
                ({"Priority": 1001}, "Priority"),
                ({"SecretKey": ""}, "AccessKey"),
                ({"Kind": "dialect", "ApiKey": ""}, "ApiKey"),
                ({"Colour": "red"}, "Body"),
            )
        ],
        ("POST", "channels", {"Kind": "ark"}, 400, "MissingParameter.Name"),
        ("POST", "channels", {**CHANNEL, "Name": "emulator"}, 409, "Conflict.Name"),
        ("PATCH", "channels/none", {}, 404, "NotFound.channel"),
        ("PATCH", "channels/emulator", {"Kind": "ark"}, 400, "InvalidParameter.Body"),
        ("PATCH", "channels/emulator", {"Credentials": {"AccessKey": "only"}}, 400, "InvalidParameter.AccessKey"),
        ("PATCH", "channels/emulator", {"Credentials": {"Colour": "x"}}, 400, "InvalidParameter.Credentials"),
        ("PATCH", "channels/emulator", {"Endpoint": "nowhere"}, 400, "InvalidParameter.Endpoint"),
        ("POST", "tenants", {"Name": ""}, 400, "InvalidParameter.Name"),
        ("POST", "tenants", {"Name": "a" * 129}, 400, "InvalidParameter.Name"),
        ("POST", "tenants", {"Name": "a", "Colour": "red"}, 400, "InvalidParameter.Body"),
        ("POST", "tenants/tn_none/keys", {}, 404, "NotFound.tenant_id"),
        ("POST", keys, {"Kind": "admin"}, 400, "InvalidParameter.Kind"),
        ("POST", keys, {"Scopes": ["instance:admin"]}, 400, "InvalidParameter.Scopes"),
        ("POST", keys, {"ExpiresAt": "2027-01-01T00:00:00"}, 400, "InvalidParameter.ExpiresAt"),
        ("POST", keys, {"Secret": "sd_live_mine"}, 400, "InvalidParameter.Body"),
        ("GET", "tenants/tn_none/keys", {}, 404, "NotFound.tenant_id"),
        ("GET", "channels/none", {}, 404, "NotFound.channel"),
        ("DELETE", "keys/none", {}, 404, "NotFound.key_id"),
    ]
    for method, path, body, status, code in wrong:
        answer = await operator.send(method, f"/admin/v1/{path}", body=body if method in {"POST", "PATCH"} else None)
        assert (answer.status, answer.code) == (status, code), (path, body)
        assert b"canary" not in answer.body
    assert len((await do(operator, "GET", "channels"))["Items"]) == 1
    assert (await do(operator, "GET", keys))["Items"] == []


async def test_the_name_of_a_channel_stays_its_own(operator: Api) -> None:
    await do(operator, "POST", "channels", **CHANNEL)
    for method, path, body in (("POST", "channels", CHANNEL), ("PATCH", "channels/emulator", {"Name": "ark-cn"})):
        answer = await operator.send(method, f"/admin/v1/{path}", body=body)
        assert (answer.status, answer.code) == (409, "Conflict.Name")


async def test_a_tenant_gets_keys_whose_secret_is_shown_once(
    operator: Api, gateway: RunningGateway, clock: StoppedClock
) -> None:
    tenant = await do(operator, "POST", "tenants", Name="工作室", ProjectName="films")
    assert tenant.items() >= {"Name": "工作室", "ProjectName": "films", "CreateTime": to_iso(clock.now())}.items()
    plain = await do(operator, "POST", "tenants", Name="plain")
    assert "ProjectName" not in plain
    assert [item for item in (await do(operator, "GET", "tenants"))["Items"] if item["Id"] == tenant["Id"]] == [tenant]
    keys = f"tenants/{tenant['Id']}/keys"
    ends = clock.now() + timedelta(days=1)
    full = await do(operator, "POST", keys)
    small = await do(
        operator,
        "POST",
        keys,
        Name="ci",
        Kind="test",
        Scopes=["groups:read"],
        Models=[MODEL],
        ExpiresAt=ends.isoformat(),
    )
    assert full["Secret"].startswith("sd_live_")
    assert small["Secret"].startswith("sd_test_")
    assert (
        small.items()
        >= {
            "Name": "ci",
            "Kind": "test",
            "Hint": small["Secret"][-4:],
            "Scopes": ["groups:read"],
            "Models": [MODEL],
            "ExpireTime": to_iso(ends),
        }.items()
    )
    made = await gateway.api(full["Secret"]).ok("CreateAssetGroup", Name="a")
    assert made["ProjectName"] == "films"
    assert (await gateway.api(small["Secret"]).ok("ListAssetGroups"))["TotalCount"] == 1
    listed = await operator.send("GET", f"/admin/v1/{keys}")
    for key in (full, small):
        assert key["Secret"].encode() not in listed.body
    shown = [{name: value for name, value in key.items() if name != "Secret"} for key in (full, small)]
    assert sorted(listed.result["Items"], key=lambda key: key["Id"]) == sorted(shown, key=lambda key: key["Id"])
    assert await do(operator, "DELETE", f"keys/{small['Id']}") == {}
    revoked = {item["Id"]: item for item in (await do(operator, "GET", keys))["Items"]}
    assert revoked[small["Id"]]["RevokeTime"] == to_iso(clock.now())
    assert "RevokeTime" not in revoked[full["Id"]]


async def test_names_in_paths_may_be_anything_and_are_only_looked_up(operator: Api) -> None:
    odd: list[Answer] = [
        await operator.send("GET", f"/admin/v1/channels/{name}")
        for name in ("%00", "%ff", "a%2Fb", "%F0%9F%8E%AD", "'; DROP TABLE channels; --", "x" * 4000)
    ]
    assert {answer.status for answer in odd} <= {400, 404}
    for answer in odd:
        assert answer.code.startswith(("NotFound", "InvalidParameter"))
