"""API keys: their form, what refuses them, and how fast a revoked one stops working."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from stagedoor.contract.operations import OPERATIONS, SCOPES
from stagedoor.crypto import is_api_key, new_api_key
from stagedoor.errors import InvalidParameter, NotFound
from stagedoor.keys.authenticate import REMEMBER
from stagedoor.keys.issue import issue_key, revoke_key
from tests.support.emulator import EmulatorControl
from tests.support.gateway import FAST_MODEL, MODEL, Api, RunningGateway
from tests.support.stored import stored_bytes
from tests.support.story import ON_SQLITE, make_group, second_gateway


@pytest.mark.parametrize("kind", ["live", "test", "admin"])
def test_a_key_has_a_form_and_a_checksum_that_can_be_checked_offline(kind: str) -> None:
    key = new_api_key(kind)
    assert re.fullmatch(rf"sd_{kind}_[0-9A-Za-z]{{36}}", key)
    assert is_api_key(key)
    assert key != new_api_key(kind)
    for at in range(len(key)):
        assert not is_api_key(key[:at] + ("0" if key[at] != "0" else "1") + key[at + 1 :])
    for wrong in ("", "sd_", key[:-1], key[1:], f"{key}0", key.swapcase(), "sd_live_\udcff"):
        assert not is_api_key(wrong)


async def test_what_is_no_valid_key_is_refused_in_one_way(gateway: RunningGateway, api: Api) -> None:
    tenant = await gateway.tenant()
    soon = gateway.clock.now() + timedelta(seconds=60)
    key, revoked = await issue_key(gateway.rt, tenant.id)
    await revoke_key(gateway.rt, key.id)
    _, expiring = await issue_key(gateway.rt, tenant.id, expires_at=soon)
    assert (await gateway.api(expiring).call("ListAssetGroups")).status == 200
    gateway.clock.advance(timedelta(seconds=61))
    bodies = set()
    for secret in (new_api_key("live"), "sd_live_nonsense", "x", revoked, expiring, "ключ"):
        answer = await gateway.api(secret).send("GET", "/v1/private-avatar/groups/g?model=m", x_request_id="same")
        assert (answer.status, answer.code) == (401, "AuthenticationError")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        bodies.add(answer.body)
    assert len(bodies) == 1
    for header in ("", "Basic dXNlcjpwYXNz", "Bearer", "Bearer ", api.key):
        answer = await api.send("GET", "/v1/private-avatar/groups/g?model=m", authorization=header)
        assert (answer.status, answer.code) == (401, "MissingAuthenticationToken")
    lower = await api.send(
        "POST", "/v1/private-avatar/groups/list", body={"model": MODEL}, authorization=f"bearer {api.key}"
    )
    assert lower.status == 200


@ON_SQLITE
async def test_each_operation_asks_for_its_own_scope(gateway: RunningGateway) -> None:
    tenant = await gateway.tenant()
    for scope in SCOPES:
        limited = await gateway.client(tenant, scopes=[scope])
        for operation in OPERATIONS:
            answer = await limited.call(operation.action, Id="none", Name="")
            if operation.scope == scope:
                assert answer.status in {200, 400, 404}, operation.action
            else:
                assert (answer.status, answer.code) == (403, "AccessDenied"), operation.action
                assert operation.scope in answer.error["Message"]
    nothing = await gateway.client(tenant, scopes=[])
    assert (await nothing.call("ListAssets")).code == "AccessDenied"


async def test_a_key_is_made_only_with_scopes_that_exist_and_for_a_tenant_that_exists(gateway: RunningGateway) -> None:
    tenant = await gateway.tenant()
    with pytest.raises(InvalidParameter, match="instance:admin"):
        await issue_key(gateway.rt, tenant.id, scopes=["instance:admin"])
    with pytest.raises(NotFound):
        await issue_key(gateway.rt, "tn_none")
    with pytest.raises(NotFound):
        await revoke_key(gateway.rt, "key_none")


async def test_operators_keys_and_tenants_keys_do_not_open_each_others_doors(gateway: RunningGateway, api: Api) -> None:
    operator = await gateway.operator()
    for operation in OPERATIONS:
        answer = await operator.call(operation.action, Id="none")
        assert (answer.status, answer.code) == (403, "AccessDenied")
    assert (await api.send("GET", "/admin/v1/tenants")).code == "AccessDenied"


async def test_a_key_with_a_model_list_opens_those_models_only(
    gateway: RunningGateway, control: EmulatorControl
) -> None:
    tenant = await gateway.tenant()
    anything, limited = await gateway.client(tenant), await gateway.client(tenant, models=[FAST_MODEL])
    group_id = await make_group(anything)
    for action, fields in (
        ("CreateAssetGroup", {"Name": "a"}),
        ("ListAssetGroups", {}),
        ("GetAssetGroup", {"Id": group_id}),
        ("UpdateAssetGroup", {"Id": group_id, "Name": "b"}),
        ("DeleteAssetGroup", {"Id": group_id}),
        ("CreateVisualValidateSession", {"CallbackURL": "https://studio.example/"}),
        ("GetVisualValidateResult", {"BytedToken": "x"}),
    ):
        for model in (MODEL, "no-such-model"):
            answer = await limited.call(action, model=model, headers=None, **fields)
            assert (answer.status, answer.code) == (403, "AccessDenied"), action
            assert MODEL not in answer.error["Message"]
    assert await control.calls() == 1
    # What the tenant owns is open to the key, whatever model made it.
    assert (await limited.ok("GetAssetGroup", Id=group_id, model=FAST_MODEL))["Id"] == group_id


@pytest.fixture
async def second(gateway: RunningGateway) -> AsyncIterator[RunningGateway]:
    async with second_gateway(gateway) as running:
        yield running


@pytest.mark.parametrize("later", [timedelta(seconds=2), -timedelta(hours=1)], ids=["later", "clock set back"])
async def test_a_revoked_key_is_refused_within_two_seconds_in_every_gateway(
    gateway: RunningGateway, second: RunningGateway, later: timedelta
) -> None:
    key, secret = await issue_key(gateway.rt, (await gateway.tenant()).id)
    apis = [gateway.api(secret), second.api(secret)]
    for api in apis:
        await api.ok("ListAssetGroups")
    operator = await gateway.operator()
    assert (await operator.send("DELETE", f"/admin/v1/keys/{key.id}")).status == 200
    assert timedelta(seconds=2) > REMEMBER
    gateway.clock.advance(later)
    for api in apis:
        assert (await api.call("ListAssetGroups")).code == "AuthenticationError"
    again = await operator.send("DELETE", f"/admin/v1/keys/{key.id}")
    assert (again.status, again.code) == (404, "NotFound.key_id")


async def test_an_expiring_key_is_not_remembered_beyond_its_time(gateway: RunningGateway) -> None:
    ends = gateway.clock.now() + timedelta(seconds=30)
    _, secret = await issue_key(gateway.rt, (await gateway.tenant()).id, expires_at=ends)
    await gateway.api(secret).ok("ListAssetGroups")
    gateway.clock.advance(ends - gateway.clock.now())
    assert (await gateway.api(secret).call("ListAssetGroups")).code == "AuthenticationError"


async def test_a_key_itself_is_nowhere_in_the_database(gateway: RunningGateway, api: Api, database_url: str) -> None:
    operator = await gateway.operator()
    await api.ok("ListAssetGroups")
    await operator.send("GET", "/admin/v1/tenants")
    stored = await stored_bytes(database_url)
    for secret in (api.key, operator.key):
        assert secret[-4:].encode() in stored
        for part in (secret, secret[8:], secret[9:20]):
            assert part.encode() not in stored
