"""Every route that takes an id answers another tenant's id like one that nobody has: byte for byte, and as fast."""

import os
import random
import statistics
import time
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import pytest

from stagedoor.contract.operations import BY_ACTION, INVITATIONS
from stagedoor.doors.openapi.build import build_openapi
from tests.support.emulator import EmulatorControl
from tests.support.gateway import MODEL, Answer, Api, RunningGateway
from tests.support.story import AT_ONCE, DONE, ON_SQLITE, eventually, make_group, upload
from tests.test_isolation import comparable
from tests.uploads.support import send_file

SAMPLES = int(os.environ.get("STAGEDOOR_TEST_TIMINGS", "200"))
"""How often each of the two is timed on each route; `make test-long` says 10,000."""
MOST_T = 4.5
CROP = 0.9
"""The slowest answers tell of the machine, not of the id."""
THINGS = ("groups", "assets", "imports", "invitations", "webhook-endpoints", "uploads")


class Route(msgspec.Struct, frozen=True):
    """A request in which an id stands: in the path (``{id}``), the query or the body."""

    method: str
    path: str
    thing: str
    body: str = ""

    async def ask(self, api: Api, name: str) -> Answer:
        data = self.body.replace("{id}", name).encode() if self.body else None
        return await api.send(self.method, self.path.replace("{id}", name), data=data)


def path_routes() -> Iterator[Route]:
    """Yield every route of a tenant's with an id in its path, as the OpenAPI document has them."""
    document = msgspec.json.decode(msgspec.json.encode(build_openapi("en")))
    for path, item in document["paths"].items():
        if "{id}" not in path or path.startswith("/admin/"):
            continue
        [thing] = [one for one in THINGS if f"/{one}/" in path]
        for method, operation in item.items():
            if not takes_json(operation):  # a part of a file: tests/uploads/test_door.py
                continue
            yield Route(method.upper(), f"{path}?model={MODEL}", thing, example(operation))


def takes_json(operation: dict[str, Any]) -> bool:
    return "requestBody" not in operation or "application/json" in operation["requestBody"]["content"]


def example(operation: dict[str, Any]) -> str:
    """Return the first documented body, with the id where it stands in it too."""
    if "requestBody" not in operation:
        return ""
    value = next(iter(operation["requestBody"]["content"]["application/json"]["examples"].values()))["value"]
    named = {**value, **({"Id": "{id}"} if "Id" in value else {})}
    return msgspec.json.encode(named).decode()


def other_routes() -> Iterator[Route]:
    """Yield those with an id elsewhere."""
    yield Route("GET", "/v1/events?after={id}", "events")
    for action, field, thing in (
        ("CreateAsset", "GroupId", "groups"),
        ("GetVisualValidateResult", "BytedToken", "tokens"),
    ):
        body = {"model": MODEL, field: "{id}", **({"URL": DONE, "AssetType": "Image"} if thing == "groups" else {})}
        yield Route("POST", BY_ACTION[action].path, thing, msgspec.json.encode(body).decode())


ROUTES = [*path_routes(), *other_routes()]


def unknown(name: str) -> str:
    """Return an id of the same shape that nobody has."""
    return name[:-5] + "".join("b" if letter == "a" else "a" for letter in name[-5:])


@pytest.fixture
async def theirs(gateway: RunningGateway, other_api: Api, control: EmulatorControl, pictures: str) -> dict[str, str]:
    """Return an id of each kind that the other tenant has."""
    await control.settings(transition=AT_ONCE)
    group = await make_group(other_api, "theirs")
    asset = await upload(other_api, group, pictures)
    await other_api.ok("GetAsset", Id=asset)
    invited = await other_api.send("POST", INVITATIONS[0].path, body={"model": MODEL, "Name": "lead"})
    endpoint = await other_api.send("POST", "/v1/webhook-endpoints", body={"URL": "https://hooks.example/x"})
    started = await other_api.ok("CreateVisualValidateSession", CallbackURL=DONE)
    items = [{"URL": f"{pictures}a.jpg", "AssetType": "Image"}]
    imported = await other_api.send("POST", "/v1/imports", body={"model": MODEL, "GroupId": group, "Items": items})

    async def is_imported() -> bool:
        return "FinishTime" in (await other_api.send("GET", f"/v1/imports/{imported.result['Id']}")).result

    await eventually(is_imported, seconds=30)
    events: list[dict[str, str]] = []

    async def has_told() -> bool:
        events[:] = (await other_api.send("GET", "/v1/events")).result["Items"]
        return bool(events)

    # An event shows when every older transaction of the database has ended.
    await eventually(has_told)
    return {
        "groups": group,
        "assets": asset,
        "imports": imported.result["Id"],
        "invitations": invited.result["Id"],
        "webhook-endpoints": endpoint.result["Id"],
        "uploads": await send_file(other_api, b"theirs"),
        "tokens": started["BytedToken"],
        "events": events[0]["Id"],
    }


def test_the_document_has_routes_of_every_kind() -> None:
    assert {route.thing for route in path_routes()} == set(THINGS)
    assert len(ROUTES) >= 16


async def test_another_tenants_id_is_answered_like_none_on_every_route(
    api: Api, other_api: Api, control: EmulatorControl, theirs: dict[str, str]
) -> None:
    before = await control.calls()
    for route in ROUTES:
        name = theirs[route.thing]
        foreign, nobodys = await route.ask(api, name), await route.ask(api, unknown(name))
        assert foreign.status == 404, (route, foreign.body)
        assert foreign.headers["content-length"] == nobodys.headers["content-length"], route
        assert comparable(foreign, [name]) == comparable(nobodys, [unknown(name)]), route
    assert await control.calls() == before
    # Nothing of it has changed anything for the owner.
    for path, thing in (("private-avatar/groups", "groups"), ("private-avatar/assets", "assets")):
        assert (await other_api.send("GET", f"/v1/{path}/{theirs[thing]}?model={MODEL}")).status == 200
    assert (await other_api.send("GET", f"/v1/webhook-endpoints/{theirs['webhook-endpoints']}")).status == 200


async def test_an_event_of_another_tenant_cannot_be_sent_once_more(api: Api, theirs: dict[str, str]) -> None:
    mine = (await api.send("POST", "/v1/webhook-endpoints", body={"URL": "https://hooks.example/y"})).result["Id"]
    route = Route("POST", f"/v1/webhook-endpoints/{mine}/resend", "events", '{"EventId": "{id}"}')
    name = theirs["events"]
    foreign, nobodys = await route.ask(api, name), await route.ask(api, unknown(name))
    assert foreign.status == 404
    assert comparable(foreign, [name]) == comparable(nobodys, [unknown(name)])


@pytest.mark.alone
@pytest.mark.timeout(120 + SAMPLES)
@ON_SQLITE
async def test_another_tenants_id_is_answered_as_fast_as_none(
    gateway: RunningGateway, api: Api, theirs: dict[str, str]
) -> None:
    """Welch's t between the two, taken in turns of random order: a difference that a caller could learn from would show."""
    for route in ROUTES:
        if route.path.startswith("/v1/events"):
            continue  # A place is looked up by the same query in either case.
        name = theirs[route.thing]
        times = await time_in_turns(api, route, name, unknown(name))
        assert abs(welch(*map(cropped, times))) < MOST_T, (route, [statistics.median(one) for one in times])


async def time_in_turns(api: Api, route: Route, *names: str) -> tuple[list[float], ...]:
    times: tuple[list[float], ...] = tuple([] for _ in names)
    for _ in range(SAMPLES):
        for number in random.sample(range(len(names)), len(names)):
            begun = time.perf_counter()
            await route.ask(api, names[number])
            times[number].append(time.perf_counter() - begun)
    return times


def cropped(times: Iterable[float]) -> list[float]:
    ordered = sorted(times)
    return ordered[: int(len(ordered) * CROP)]


def welch(first: list[float], second: list[float]) -> float:
    """Return Welch's t of two samples."""
    spread = sum(statistics.variance(one) / len(one) for one in (first, second))
    return float((statistics.fmean(first) - statistics.fmean(second)) / spread**0.5)


def test_welch_finds_a_difference_and_none() -> None:
    lots = random.Random(1)
    slow, fast, same = ([lots.gauss(mean, 1) for _ in range(2000)] for mean in (10.3, 10, 10))
    assert welch(slow, fast) > MOST_T > abs(welch(fast, same))
