"""GET /v1/events: a tenant's events page by page, in the envelope."""

import pytest

from stagedoor.contract.operations import SCOPES
from stagedoor.tenants.store import Tenant
from tests.support.events import happen
from tests.support.gateway import Api, RunningGateway


async def test_events_are_listed_from_the_first_on_and_after_a_cursor(
    gateway: RunningGateway, tenant: Tenant, api: Api
) -> None:
    ids = [await happen(gateway.rt, tenant.id, f"g{number}") for number in range(5)]
    page = (await api.send("GET", "/v1/events?limit=2")).result
    assert [item["Id"] for item in page["Items"]] == ids[:2]
    assert page["HasMore"] is True
    assert page["NextCursor"] == ids[1]
    page = (await api.send("GET", f"/v1/events?limit=3&after={page['NextCursor']}")).result
    assert [item["Id"] for item in page["Items"]] == ids[2:]
    assert page["HasMore"] is False
    last = (await api.send("GET", f"/v1/events?after={page['NextCursor']}")).result
    assert last == {"Items": [], "NextCursor": ids[-1], "HasMore": False}


async def test_an_event_is_shown_with_type_time_and_data(gateway: RunningGateway, tenant: Tenant, api: Api) -> None:
    event_id = await happen(gateway.rt, tenant.id, "g1")
    answer = await api.send("GET", "/v1/events")
    assert answer.metadata["Action"] == "ListEvents"
    (item,) = answer.result["Items"]
    assert item.pop("CreateTime").endswith("Z")
    assert item == {"Id": event_id, "Type": "group.created", "Data": {"id": "g1"}}


async def test_there_is_nothing_yet(api: Api) -> None:
    assert (await api.send("GET", "/v1/events")).result == {"Items": [], "HasMore": False}


async def test_the_types_can_be_chosen(gateway: RunningGateway, tenant: Tenant, api: Api) -> None:
    await happen(gateway.rt, tenant.id, "made")
    await happen(gateway.rt, tenant.id, "gone", "group.deleted")
    items = (await api.send("GET", "/v1/events?type=group.deleted&type=asset.active")).result["Items"]
    assert [item["Data"]["id"] for item in items] == ["gone"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "InvalidParameter.limit"),
        ("limit=201", "InvalidParameter.limit"),
        ("limit=ten", "InvalidParameter.limit"),
        ("limit=%D9%A3", "InvalidParameter.limit"),
        ("limit=1&limit=2", "InvalidParameter.limit"),
        ("limit=", "InvalidParameter.limit"),
        ("type=asset.renamed", "InvalidParameter.type"),
        ("after=evt_unknown", "NotFound.event"),
        ("after=1", "NotFound.event"),
        ("after=", "InvalidParameter.after"),
        ("after=%2F", "InvalidParameter.after"),
    ],
)
async def test_a_query_that_cannot_be_served_is_refused(api: Api, query: str, code: str) -> None:
    answer = await api.send("GET", f"/v1/events?{query}")
    assert (answer.status, answer.code) == (404 if code.startswith("NotFound") else 400, code)


async def test_only_get_is_answered(api: Api) -> None:
    answer = await api.send("POST", "/v1/events", body={})
    assert (answer.status, answer.headers["allow"]) == (405, "GET")


async def test_the_scope_is_needed(gateway: RunningGateway) -> None:
    api = await gateway.client(scopes=[scope for scope in SCOPES if scope != "events:read"])
    assert (await api.send("GET", "/v1/events")).code == "AccessDenied"
    assert (await api.send("GET", "/v1/events", accept="text/event-stream")).status == 403
