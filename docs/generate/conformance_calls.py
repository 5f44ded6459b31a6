"""Calls for the comparison of docs/reference/conformance.md: made over HTTP on loopback, through every door there is."""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import aiohttp
import msgspec

from stagedoor.clock import MovableClock
from stagedoor.db.migrate import migrate
from stagedoor.emulator import EmulatorSettings, RunningEmulator, start_emulator
from tests.support.action import ActionApi, action_api
from tests.support.emulator import EmulatorControl, SignedClient, file_server
from tests.support.gateway import Api, RunningGateway, gateway_settings
from tests.support.media import image

NOBODY = "Nobody"
STRANGER = "Stranger"
PASSES = "passes the check"
TICK = timedelta(seconds=1.1)
MOST_LOOKS = 200

Flat = dict[str, str]
"""An answer: path to value, ids and times and the like made equal."""


class Step(NamedTuple):
    """A call: what the page calls it, the Action, its fields (``$name`` is what an earlier step kept), and what to keep."""

    title: str
    action: str
    fields: Mapping[str, Any]
    keep: Mapping[str, str] = {}
    until: str = ""
    """The Status to wait for."""
    caller: str = ""


class World(NamedTuple):
    """A way in, the emulator behind it, and what has been kept of the answers."""

    door: "SignedClient | ActionApi | Api"
    control: EmulatorControl
    gateway: RunningGateway
    kept: dict[str, str]


async def make_calls(steps: Sequence[Step]) -> list[list[Flat]]:
    """Return the answers to every step: of the emulator, of the Action door, of the REST door."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        picture = await stack.enter_async_context(file_server(image("jpeg", 600, 800))) + "a.jpg"
        worlds = await _open_worlds(stack, folder, picture)
        return [[await _take(world, step) for world in worlds] for step in steps]


async def _open_worlds(stack: AsyncExitStack, folder: Path, picture: str) -> list[World]:
    alone, behind = [await _open_emulator(stack, folder / name) for name in ("alone", "behind")]
    database_url = f"sqlite:///{folder / 'stagedoor.db'}"
    await asyncio.to_thread(migrate, database_url)
    gateway = await stack.enter_async_context(RunningGateway(gateway_settings(database_url), MovableClock()))
    await gateway.connect(behind[0])
    http = await stack.enter_async_context(aiohttp.ClientSession(auto_decompress=False))
    official = SignedClient(alone[0], http)
    action, rest = await action_api(gateway), await gateway.client()
    return [
        World(official, alone[1], gateway, {"picture": picture}),
        World(action, behind[1], gateway, {"picture": picture}),
        World(rest, behind[1], gateway, {"picture": picture}),
    ]


async def _open_emulator(stack: AsyncExitStack, folder: Path) -> tuple[RunningEmulator, EmulatorControl]:
    emulator = await start_emulator(EmulatorSettings(data_dir=folder))
    stack.push_async_callback(emulator.stop)
    control = await stack.enter_async_context(EmulatorControl(emulator.url))
    await control.settings(transition={"mode": "immediate"})
    return emulator, control


async def _take(world: World, step: Step) -> Flat:
    if step.caller == PASSES:
        await _pass_check(world)
    answer = await _call(world, step)
    for _ in range(MOST_LOOKS):
        if not step.until or answer["Result"]["Status"] == step.until:
            break
        await asyncio.sleep(0.02)
        world.gateway.clock.advance(TICK)
        answer = await _call(world, step)
    world.kept.update({name: answer["Result"][field] for name, field in step.keep.items()})
    return dict(_flat(answer))


async def _pass_check(world: World) -> None:
    came_back = await world.control.complete(world.kept["token"])
    if came_back.startswith(world.gateway.url):
        async with world.gateway.http.get(came_back, allow_redirects=False) as response:
            await response.read()


async def _call(world: World, step: Step) -> dict[str, Any]:
    fields = {
        name: world.kept[value[1:]] if isinstance(value, str) and value.startswith("$") else value
        for name, value in step.fields.items()
    }
    answer: Any
    door = world.door
    if isinstance(door, SignedClient):
        body = msgspec.json.encode(fields)
        headers = _as(step.caller, door.sign(step.action, body.decode()))
        answer = await door.send(f"/?Action={step.action}&Version=2024-01-01", body=body, headers=headers)
    elif isinstance(door, ActionApi):
        request = door.sign(step.action, fields)
        request.headers = _as(step.caller, request.headers)
        answer = await door.send(request)
    else:
        key = {NOBODY: "", STRANGER: "Bearer sd_test_nonsense"}.get(step.caller, f"Bearer {door.key}")
        answer = await door.call(step.action, headers={"authorization": key}, **fields)
    return {"HTTP": answer.status, **msgspec.json.decode(answer.body)}


def _as(caller: str, headers: dict[str, str]) -> dict[str, str]:
    """Return the headers of a signed request as somebody else would have sent them."""
    named = {name.lower(): value for name, value in headers.items()}
    if caller == NOBODY:
        del named["authorization"]
    elif caller == STRANGER:
        named["authorization"] = re.sub(r"Credential=\w+", "Credential=AKLTnonsense", named["authorization"])
    return named


NOT_COMPARED = re.compile(r"(ResponseMetadata\.RequestId|.*\.Message)$")
KINDS = (
    ("an id", re.compile(r"(group|asset)-\d{14}-[a-z0-9]{5}")),
    ("a token", re.compile(r"\d{14}[0-9A-F]{20}")),
    ("a time", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")),
    ("an address", re.compile(r"https?://(127\.0\.0\.1|localhost).*")),
)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and value of everything in an answer that is compared."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from _flat(inner, f"{path}[{number}]")
    elif not NOT_COMPARED.fullmatch(path):
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        yield path, next((kind for kind, form in KINDS if form.fullmatch(text)), text)
