"""Access key pairs: made on demand, sealed, shown once, and gone within two seconds when their key is."""

from datetime import timedelta

import pytest

from stagedoor.errors import NotFound
from stagedoor.keys.issue import give_pair, issue_admin_key, issue_key, revoke_key
from tests.support.action import ActionApi, action_api
from tests.support.gateway import RunningGateway
from tests.support.stored import stored_bytes
from tests.support.story import ON_SQLITE, second_gateway

TWO_SECONDS = timedelta(seconds=2)


async def test_a_pair_is_made_for_an_unrevoked_key_of_a_tenant_only(gateway: RunningGateway) -> None:
    rt = gateway.rt
    key, _ = await issue_key(rt, (await gateway.tenant()).id)
    operators, _ = await issue_admin_key(rt)
    paired, pair = await give_pair(rt, key.id)
    assert pair.access_key.startswith("AKLT")
    assert (paired.id, paired.access_key) == (key.id, pair.access_key)
    await revoke_key(rt, key.id)
    for key_id in (key.id, operators.id, "key_none"):
        with pytest.raises(NotFound):
            await give_pair(rt, key_id)


@pytest.mark.parametrize("later", [TWO_SECONDS, -timedelta(hours=1)], ids=["later", "clock set back"])
async def test_a_revoked_key_takes_its_pair_with_it_in_every_gateway(gateway: RunningGateway, later: timedelta) -> None:
    api = await action_api(gateway)
    async with second_gateway(gateway) as second:
        doors = [api, ActionApi(second, api.pair)]
        for door in doors:
            await door.ok("ListAssetGroups")
        operator = await gateway.operator()
        tenants = (await operator.send("GET", "/admin/v1/tenants")).result["Items"]
        (key,) = (await operator.send("GET", f"/admin/v1/tenants/{tenants[0]['Id']}/keys")).result["Items"]
        assert key["AccessKey"] == api.pair.access_key
        assert "SecretKey" not in key
        await operator.send("DELETE", f"/admin/v1/keys/{key['Id']}")
        gateway.clock.advance(later)
        for door in doors:
            answer = await door.call("ListAssetGroups")
            assert (answer.status, answer.code) == (401, "InvalidAccessKey")


async def test_an_expired_key_takes_its_pair_with_it(gateway: RunningGateway) -> None:
    ends = gateway.clock.now() + timedelta(seconds=30)
    api = await action_api(gateway, expires_at=ends)
    await api.ok("ListAssetGroups")
    gateway.clock.advance(ends - gateway.clock.now())
    assert (await api.call("ListAssetGroups")).code == "InvalidAccessKey"


async def test_a_new_pair_takes_the_place_of_the_old_one(gateway: RunningGateway) -> None:
    key, secret = await issue_key(gateway.rt, (await gateway.tenant()).id)
    _, old = await give_pair(gateway.rt, key.id)
    await ActionApi(gateway, old).ok("ListAssetGroups")
    _, new = await give_pair(gateway.rt, key.id)
    gateway.clock.advance(TWO_SECONDS)
    assert (await ActionApi(gateway, old).call("ListAssetGroups")).code == "InvalidAccessKey"
    await ActionApi(gateway, new).ok("ListAssetGroups")
    await gateway.api(secret).ok("ListAssetGroups")


async def test_the_admin_api_makes_a_pair_and_shows_its_secret_key_once(gateway: RunningGateway) -> None:
    operator, tenant = await gateway.operator(), await gateway.tenant()
    path = f"/admin/v1/tenants/{tenant.id}/keys"
    plain = (await operator.send("POST", path, body={})).result
    assert not {"AccessKey", "SecretKey"} & set(plain)
    made = (await operator.send("POST", path, body={"AccessKey": True})).result
    listed = (await operator.send("GET", path)).body
    assert made["AccessKey"].encode() in listed
    assert made["SecretKey"].encode() not in listed
    key, pair = await give_pair(gateway.rt, made["Id"])
    assert key.access_key == pair.access_key != made["AccessKey"]


async def test_neither_secret_key_nor_signature_is_in_the_database(gateway: RunningGateway, database_url: str) -> None:
    api = await action_api(gateway)
    request = api.sign("CreateAssetGroup", {"Name": "hero"})
    assert (await api.send(request)).status == 200
    stored = await stored_bytes(database_url)
    signature = request.headers["authorization"].rpartition("=")[2]
    for secret in (api.pair.secret_key, api.pair.secret_key[:20], signature, bytes.fromhex(signature)):
        assert (secret if isinstance(secret, bytes) else secret.encode()) not in stored
    assert api.pair.access_key.encode() in stored


@ON_SQLITE
async def test_a_pair_has_the_scopes_of_its_key(gateway: RunningGateway) -> None:
    api = await action_api(gateway, scopes=["groups:read"])
    await api.ok("ListAssetGroups")
    refused = await api.call("CreateAssetGroup", Name="hero")
    assert (refused.status, refused.code, refused.error["CodeN"]) == (403, "AccessDenied", 100013)
