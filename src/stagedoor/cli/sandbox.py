"""The gateway of `stagedoor dev`: a tenant, its keys and a channel to the emulator, kept between runs."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from stagedoor.app import create_app, open_runtime
from stagedoor.audit.store import by_operator
from stagedoor.channels.edit import ChannelChange, NewChannel, change_channel, create_channel
from stagedoor.channels.store import Credentials, list_channels
from stagedoor.cli.dev import MODELS
from stagedoor.cli.ready import write_ready_file
from stagedoor.contract.operations import SCOPES
from stagedoor.db.database import Tx
from stagedoor.errors import AccessDenied, AuthenticationError, InvalidAccessKey, NotFound
from stagedoor.keys.authenticate import KeyRing
from stagedoor.keys.issue import give_pair, issue_admin_key, issue_key
from stagedoor.operators.links import make_link
from stagedoor.operators.manage import new_operator, record_operator
from stagedoor.operators.store import find_operator_by_name
from stagedoor.runtime import Runtime
from stagedoor.server import listen, make_server, on_stop_signal
from stagedoor.settings import Settings
from stagedoor.tenants.create import create_tenant
from stagedoor.tenants.store import get_tenant

CHANNEL = "emulator"
OPERATOR = "dev"


def run_sandbox(settings: Settings, emulator: dict[str, str], announce: Callable[[dict[str, str]], None]) -> None:
    """Set up what is missing, serve, and announce it when the gateway answers.

    Args:
        settings: the gateway's.
        emulator: the emulator's ``url``, ``access_key`` and ``secret_key``.
        announce: called once with the facts of the ready file.

    """
    asyncio.run(_serve(settings, emulator, announce))


async def _serve(settings: Settings, emulator: dict[str, str], announce: Callable[[dict[str, str]], None]) -> None:
    ready = await _set_up(settings, emulator)
    server = make_server(create_app(settings), settings)
    on_stop_signal(server.stop)
    serving = asyncio.create_task(server.serve(sockets=[listen(settings)]))
    await _until_it_answers(settings, serving)
    if not serving.done():
        announce(ready)
    await serving


async def _set_up(settings: Settings, emulator: dict[str, str]) -> dict[str, str]:
    rt = await open_runtime(settings)
    try:
        await _connect(rt, emulator)
        keys = await _keys(rt, settings.data_path / "dev.json")
        link = await rt.db.write(partial(_console_link, rt=rt))
    finally:
        await rt.close()
    return {
        "gateway_url": settings.public_url,
        "emulator_url": emulator["url"],
        "console_link": f"{settings.public_url}{link}",
        **keys,
        "emulator_access_key": emulator["access_key"],
        "emulator_secret_key": emulator["secret_key"],
    }


async def _connect(rt: Runtime, emulator: dict[str, str]) -> None:
    credentials = Credentials(access_key=emulator["access_key"], secret_key=emulator["secret_key"])
    known = {channel.name for channel in await rt.db.read(list_channels)}
    if CHANNEL in known:
        await change_channel(rt, CHANNEL, ChannelChange(endpoint=emulator["url"], credentials=credentials))
        return
    await create_channel(
        rt,
        NewChannel(
            name=CHANNEL,
            kind="emulator",
            endpoint=emulator["url"],
            models=list(MODELS),
            access_key=credentials.access_key,
            secret_key=credentials.secret_key,
        ),
    )


async def _keys(rt: Runtime, kept_in: Path) -> dict[str, str]:
    """Return the tenant and keys of earlier runs, with new keys for those that are gone or may do less than keys of today."""
    kept = _read_kept(kept_in)
    ring = KeyRing(rt)
    try:
        await ring.authenticate_admin(f"Bearer {kept['admin_key']}".encode())
        for scope in SCOPES:
            await ring.authenticate(f"Bearer {kept['api_key']}".encode(), scope)
        await ring.find_signer(kept["access_key"])
        _ = kept["secret_key"]
    except (KeyError, AuthenticationError, AccessDenied, InvalidAccessKey):
        tenant_id = await _tenant(rt, kept.get("tenant", ""))
        key, api_key = await issue_key(rt, tenant_id, kind="test", name="stagedoor dev")
        _, pair = await give_pair(rt, key.id)
        _, admin_key = await issue_admin_key(rt, name="stagedoor dev")
        kept = {"tenant": tenant_id, "api_key": api_key, "admin_key": admin_key, **pair._asdict()}
        write_ready_file(kept_in, kept)
    return kept


async def _console_link(tx: Tx, rt: Runtime) -> str:
    """Return the path of a link that signs in, once, to the console of this machine."""
    operator = await find_operator_by_name(tx, OPERATOR)
    if operator is None:
        operator = new_operator(rt, OPERATOR, "operator")
        await record_operator(tx, operator, by_operator(operator.id))
    return await make_link(tx, rt, "sign-in", operator.id)


async def _tenant(rt: Runtime, tenant_id: str) -> str:
    try:
        return (await rt.db.read(lambda tx: get_tenant(tx, tenant_id))).id
    except NotFound:
        return (await create_tenant(rt, "dev")).id


def _read_kept(path: Path) -> dict[str, str]:
    """Return what an earlier run kept, or nothing."""
    try:
        kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept


async def _until_it_answers(settings: Settings, serving: "asyncio.Task[None]") -> None:
    while not serving.done():
        try:
            _, writer = await asyncio.open_connection(settings.host, settings.port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
