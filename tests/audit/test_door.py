"""GET /v1/audit and GET /admin/v1/audit: a trail page by page."""

import pytest

from stagedoor.audit.seal import seal_all
from stagedoor.audit.store import INSTANCE
from stagedoor.contract.operations import SCOPES
from stagedoor.tenants.store import Tenant
from tests.audit.trail import entries_of, happens
from tests.support.gateway import Api, RunningGateway
from tests.support.story import ON_SQLITE


async def test_entries_are_listed_from_the_first_on_and_after_a_number(
    gateway: RunningGateway, tenant: Tenant, api: Api
) -> None:
    for number in range(4):
        await happens(gateway.rt, tenant.id, f"g{number}")
    entries = await entries_of(gateway.rt, tenant.id)
    page = (await api.send("GET", "/v1/audit?limit=2")).result
    assert [item["Seq"] for item in page["Items"]] == [1, 2]
    assert (page["NextCursor"], page["HasMore"]) == ("2", True)
    page = (await api.send("GET", f"/v1/audit?limit=3&after={page['NextCursor']}")).result
    assert [item["Object"] for item in page["Items"]] == ["g1", "g2", "g3"]
    assert page["HasMore"] is False
    assert (await api.send("GET", "/v1/audit?after=5")).result == {"Items": [], "NextCursor": "5", "HasMore": False}
    item = page["Items"][0]
    assert len(item.pop("Hash")) == 64
    assert item == {
        "Seq": 3,
        "Time": entries[2]["at"],
        "By": "key:k",
        "Action": "group.created",
        "Object": "g1",
        "Details": {"channel_id": "ch"},
    }


async def test_what_was_done_to_one_object_can_be_asked_for(gateway: RunningGateway, tenant: Tenant, api: Api) -> None:
    for name in ("a", "b", "a", "c", "a"):
        await happens(gateway.rt, tenant.id, name)
    await seal_all(gateway.rt)
    await entries_of(gateway.rt, tenant.id)
    items = (await api.send("GET", "/v1/audit?object=a&limit=2")).result
    assert ([item["Object"] for item in items["Items"]], items["HasMore"]) == (["a", "a"], True)
    rest = (await api.send("GET", f"/v1/audit?object=a&after={items['NextCursor']}")).result
    assert (len(rest["Items"]), rest["HasMore"]) == (1, False)


async def test_operators_see_every_trail_and_tenants_only_theirs(
    gateway: RunningGateway, tenant: Tenant, other_api: Api
) -> None:
    await happens(gateway.rt, tenant.id, "mine")
    await entries_of(gateway.rt, tenant.id)
    operator = await gateway.operator()
    shown = (await operator.send("GET", f"/admin/v1/audit?tenant={tenant.id}")).result["Items"]
    assert [item["Object"] for item in shown] == ["mine"]
    await entries_of(gateway.rt, INSTANCE)
    own = (await operator.send("GET", "/admin/v1/audit")).result["Items"]
    assert {item["Action"] for item in own} == {"channel.created", "key.issued"}
    theirs = (await other_api.send("GET", f"/v1/audit?tenant={tenant.id}")).result["Items"]
    assert "mine" not in {item["Object"] for item in theirs}
    assert (await other_api.send("GET", "/admin/v1/audit")).code == "AccessDenied"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=%D9%A3", "limit"),
        ("limit=1&limit=2", "limit"),
        ("after=x", "after"),
        ("after=", "after"),
        ("after=9999999999999999999", "after"),
        ("object=", "object"),
        ("object=a%20b", "object"),
    ],
)
@ON_SQLITE
async def test_a_query_that_cannot_be_served_is_refused(api: Api, query: str, field: str) -> None:
    answer = await api.send("GET", f"/v1/audit?{query}")
    assert (answer.status, answer.code) == (400, f"InvalidParameter.{field}")


@ON_SQLITE
async def test_the_scope_and_the_method_are_looked_at(gateway: RunningGateway, api: Api) -> None:
    answer = await api.send("POST", "/v1/audit", body={})
    assert (answer.status, answer.headers["allow"]) == (405, "GET")
    without = await gateway.client(scopes=[scope for scope in SCOPES if scope != "audit:read"])
    assert (await without.send("GET", "/v1/audit")).code == "AccessDenied"
