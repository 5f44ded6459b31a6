"""Webhook endpoints: made, changed, deleted and kept apart; their secrets shown once and rotated without a gap."""

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stagedoor.clock import MovableClock, to_iso
from stagedoor.contract.operations import SCOPES
from stagedoor.housekeeping import wipe
from tests.emulator.test_official_node import installed, run
from tests.support.gateway import RunningGateway, gateway_settings
from tests.support.sink import Received, Sink
from tests.webhooks.studio import PATH, Studio

__all__ = ["installed"]

URL = "http://127.0.0.1:9/hook"


async def rotate(studio: Studio, endpoint: dict[str, Any]) -> dict[str, Any]:
    return (await studio.api.send("POST", f"{PATH}/{endpoint['Id']}/rotate-secret")).result


async def test_the_secret_is_shown_when_it_is_new_and_never_again(studio: Studio) -> None:
    endpoint = await studio.endpoint(URL, Description="main", Types=["asset.active", "asset.active"])
    assert endpoint["Secret"].startswith("whsec_")
    shown = await studio.shown(endpoint)
    assert shown == {name: value for name, value in endpoint.items() if name != "Secret"}
    assert (shown["URL"], shown["Description"], shown["Types"]) == (URL, "main", ["asset.active"])
    (listed,) = (await studio.api.send("GET", PATH)).result["Items"]
    assert listed == shown


async def test_the_secret_is_not_in_the_database_in_the_clear(studio: Studio, tmp_path: Path) -> None:
    endpoint = await studio.endpoint(URL)
    rotated = await rotate(studio, endpoint)
    stored = await asyncio.to_thread(lambda: b"".join(file.read_bytes() for file in tmp_path.glob("stagedoor.db*")))
    for secret in (endpoint["Secret"], rotated["Secret"]):
        assert secret.removeprefix("whsec_").encode() not in stored


async def test_an_endpoint_is_changed_field_by_field(studio: Studio) -> None:
    endpoint = await studio.endpoint(URL, Description="main", Types=["asset.active"])

    async def change(**fields: Any) -> dict[str, Any]:
        return (await studio.api.send("PATCH", f"{PATH}/{endpoint['Id']}", body=fields)).result

    assert (await change(Description=""))["Types"] == ["asset.active"]
    assert "Types" not in await change(Types=None)
    changed = await change(URL=URL + "/2")
    assert (changed["URL"], changed["Description"]) == (URL + "/2", "")
    assert (await change(Disabled=True))["DisabledBy"] == "Tenant"
    assert "DisabledBy" not in await change(Disabled=False)


async def test_a_disabled_endpoint_is_owed_nothing_that_happens_then(studio: Studio, sink: Sink) -> None:
    endpoint = await studio.endpoint(sink.url)
    path = f"{PATH}/{endpoint['Id']}"
    await studio.api.send("PATCH", path, body={"Disabled": True})
    await studio.happen("missed")
    await studio.api.send("PATCH", path, body={"Disabled": False})
    heard = await studio.happen("heard")
    await sink.wait(1)
    assert [webhook.id for webhook in sink.received] == [heard]


async def test_a_deleted_endpoint_gets_nothing_more(studio: Studio, sink: Sink) -> None:
    endpoint = await studio.endpoint(sink.url)
    assert (await studio.api.send("DELETE", f"{PATH}/{endpoint['Id']}")).result == {}
    await studio.happen()
    await asyncio.sleep(0.8)
    assert sink.received == []
    assert (await studio.api.send("GET", f"{PATH}/{endpoint['Id']}")).code == "NotFound.webhook_endpoint"
    assert (await studio.api.send("DELETE", f"{PATH}/{endpoint['Id']}")).status == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"Description": "mine"}),
        ("DELETE", "", None),
        ("GET", "/deliveries", None),
        ("POST", "/rotate-secret", None),
        ("POST", "/resend", {"Since": "2026-01-01T00:00:00Z"}),
    ],
)
async def test_another_tenants_endpoint_looks_like_none(
    gateway: RunningGateway, studio: Studio, method: str, path: str, body: dict[str, Any] | None
) -> None:
    endpoint = await studio.endpoint(URL)
    stranger = await Studio.open(gateway)
    nobody = "we_" + "0" * 22
    there = await stranger.api.send(method, f"{PATH}/{endpoint['Id']}{path}", body=body)
    nowhere = await stranger.api.send(method, f"{PATH}/{nobody}{path}", body=body)
    assert there.status == nowhere.status == 404
    assert {**there.error, "Message": there.error["Message"].replace(endpoint["Id"], nobody)} == nowhere.error
    assert await studio.shown(endpoint)


async def test_a_key_needs_the_scope(gateway: RunningGateway) -> None:
    api = await gateway.client(scopes=[scope for scope in SCOPES if scope != "webhooks:manage"])
    assert (await api.send("GET", PATH)).code == "AccessDenied"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "MissingParameter.URL"),
        ({"URL": ""}, "InvalidParameter.URL"),
        ({"URL": "ftp://a.example/"}, "InvalidParameter.URL"),
        ({"URL": "https://user@a.example/"}, "InvalidParameter.URL"),
        ({"URL": "https://a.example/" + "x" * 2048}, "InvalidParameter.URL"),
        ({"URL": URL, "Types": ["asset.renamed"]}, "InvalidParameter.Types"),
        ({"URL": URL, "Types": []}, "InvalidParameter.Types"),
        ({"URL": URL, "Secret": "whsec_mine"}, "InvalidParameter.Body"),
        ({"URL": URL, "Description": 1}, "InvalidParameter.Description"),
    ],
)
async def test_what_cannot_be_an_endpoint_is_refused(studio: Studio, body: dict[str, Any], code: str) -> None:
    answer = await studio.api.send("POST", PATH, body=body)
    assert (answer.status, answer.code) == (400, code)


async def test_private_addresses_are_refused_unless_the_operator_allows_them(
    database_url: str, clock: MovableClock
) -> None:
    async with RunningGateway(gateway_settings(database_url), clock) as gateway:
        studio = await Studio.open(gateway)
        for url in (URL, "https://10.0.0.1/", "https://[::1]/", "http://a.example/", "https://169.254.169.254/"):
            answer = await studio.api.send("POST", PATH, body={"URL": url})
            assert (answer.status, answer.code) == (400, "InvalidParameter.URL")
        endpoint = await studio.endpoint("https://localhost/")
        await studio.happen()
        blocked = (await studio.until_owed(endpoint, Attempts=1))["LastError"]
        await studio.api.send("PATCH", f"{PATH}/{endpoint['Id']}", body={"URL": "https://nothing.invalid/"})
        unknown = (await studio.until_owed(endpoint, Attempts=2))["LastError"]
        assert blocked == unknown == "Unreachable"


async def test_a_tenant_has_at_most_fifty_endpoints(studio: Studio) -> None:
    for number in range(50):
        await studio.endpoint(f"{URL}/{number}")
    assert (await studio.api.send("POST", PATH, body={"URL": URL})).code == "QuotaExceeded"


async def test_both_secrets_sign_for_a_day_and_then_only_the_new_one(
    gateway: RunningGateway, studio: Studio, sink: Sink, clock: MovableClock
) -> None:
    endpoint = await studio.endpoint(sink.url)
    old, new = endpoint["Secret"], (await rotate(studio, endpoint))["Secret"]
    assert old != new
    await studio.happen("during")
    (during,) = await sink.wait(1)
    during.verify(old)
    during.verify(new)
    again = await studio.api.send("POST", f"{PATH}/{endpoint['Id']}/rotate-secret")
    assert (again.status, again.code) == (409, "Conflict.Secret")
    assert int(again.headers["retry-after"]) > 86_000
    clock.advance(timedelta(hours=23, minutes=50))
    await studio.happen("last hour")
    *_, last_hour = await sink.wait(2)
    assert last_hour.is_signed_with(old)
    assert last_hour.is_signed_with(new)
    clock.advance(timedelta(minutes=11))
    await studio.happen("after")
    *_, after = await sink.wait(3)
    assert not after.is_signed_with(old)
    assert after.is_signed_with(new)
    await wipe(gateway.rt)
    assert "OldSecretUntil" not in await studio.shown(endpoint)
    assert (await rotate(studio, endpoint))["Secret"] not in {old, new}


@pytest.mark.node
@pytest.mark.skipif(shutil.which("node") is None or shutil.which("npm") is None, reason="needs Node.js and npm")
@pytest.mark.usefixtures("installed")
async def test_the_node_library_verifies_with_either_secret_and_refuses_what_was_changed(
    studio: Studio, sink: Sink
) -> None:
    endpoint = await studio.endpoint(sink.url)
    old, new = endpoint["Secret"], (await rotate(studio, endpoint))["Secret"]
    await studio.happen("演员-1")
    (webhook,) = await sink.wait(1)
    stranger = "whsec_" + "A" * 43 + "="
    changed = Received({**webhook.headers}, webhook.body.replace(b"created", b"deleted"), webhook.at)
    orders = [(webhook, old), (webhook, new), (webhook, stranger), (changed, new)]
    order = [{"secret": secret, "headers": sent.headers, "body": sent.body.decode()} for sent, secret in orders]
    out = await run("node", "verify.mjs", stdin=msgspec.json.encode(order))
    assert msgspec.json.decode(out) == [True, True, False, False]


async def test_an_event_is_sent_again_with_its_old_id(studio: Studio, sink: Sink) -> None:
    endpoint = await studio.endpoint(sink.url)
    event_id = await studio.happen()
    await sink.wait(1)
    await studio.until_nothing_is_owed(endpoint)
    answer = await studio.api.send("POST", f"{PATH}/{endpoint['Id']}/resend", body={"EventId": event_id})
    assert answer.result == {"Count": 1}
    first, second = await sink.wait(2)
    assert (first.id, first.body) == (second.id, second.body)
    second.verify(endpoint["Secret"])


async def test_events_of_a_time_are_sent_again_and_those_an_endpoint_missed_for_the_first_time(
    studio: Studio, sink: Sink, clock: MovableClock
) -> None:
    await studio.happen("long ago")
    clock.advance(timedelta(hours=2))
    since = to_iso(clock.now())
    clock.advance(timedelta(seconds=2))
    wanted = [await studio.happen(f"g{number}") for number in range(5)]
    await studio.happen("unwanted", "group.deleted")
    endpoint = await studio.endpoint(sink.url, Types=["group.created"])
    path = f"{PATH}/{endpoint['Id']}/resend"
    assert (await studio.api.send("POST", path, body={"Since": since})).result == {"Count": 5}
    await sink.wait(5)
    assert {webhook.id for webhook in sink.received} == {*wanted}
    until = to_iso(clock.now() - timedelta(hours=1))
    assert (await studio.api.send("POST", path, body={"Since": since, "Until": until})).result == {"Count": 0}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"EventId": "evt_" + "0" * 22}, 404),
        ({"EventId": "evt_x", "Since": "2026-01-01T00:00:00Z"}, 400),
        ({"Until": "2026-01-01T00:00:00Z"}, 400),
        ({"Since": "yesterday"}, 400),
        ({"Since": "2026-01-01T00:00:00"}, 400),
    ],
)
async def test_what_cannot_be_sent_again_is_refused(studio: Studio, body: dict[str, Any], status: int) -> None:
    endpoint = await studio.endpoint(URL)
    assert (await studio.api.send("POST", f"{PATH}/{endpoint['Id']}/resend", body=body)).status == status


async def test_another_tenants_event_cannot_be_sent_to_oneself(
    gateway: RunningGateway, studio: Studio, sink: Sink
) -> None:
    stranger = await Studio.open(gateway)
    theirs = await stranger.happen("secret")
    endpoint = await studio.endpoint(sink.url)
    path = f"{PATH}/{endpoint['Id']}/resend"
    assert (await studio.api.send("POST", path, body={"EventId": theirs})).code == "NotFound.event"
    assert (await studio.api.send("POST", path, body={"Since": "2026-01-01T00:00:00Z"})).result == {"Count": 0}
