"""The emulator as a server: inside a running loop for tests and ``stagedoor dev``, or as a program of its own."""

import asyncio
import ipaddress
import signal
import socket
from collections.abc import Callable

import structlog
from aiohttp import web
from msgspec.structs import replace

from stagedoor.emulator.app import create_emulator
from stagedoor.emulator.settings import EmulatorSettings
from stagedoor.emulator.world import WORLD, World

SHUTDOWN_SECONDS = 2.0
log = structlog.get_logger("stagedoor.emulator")


class RefusedToBind(Exception):
    """The address is not one of this machine's loopback addresses, and ``allow_remote`` was not given."""


class RunningEmulator:
    """An emulator that serves: where it is, the keys it accepts, and how to stop it."""

    def __init__(self, runner: web.AppRunner, world: World) -> None:
        self._runner = runner
        self.url: str = world.public_url
        self.access_key: str = world.credentials.access_key
        self.secret_key: str = world.credentials.secret_key
        self.sts = world.sts

    async def stop(self) -> None:
        """Let go what is held, finish what is being answered, and close. Safe to repeat."""
        await self._runner.cleanup()


async def start_emulator(settings: EmulatorSettings) -> RunningEmulator:
    """Serve an emulator on the running loop.

    Raises:
        RefusedToBind: ``settings.host`` is not a loopback address and ``allow_remote`` is not set.
        OSError: the port is taken.

    """
    listener = _bind(settings)
    try:
        app = create_emulator(replace(settings, port=listener.getsockname()[1]))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        await web.SockSite(runner, listener).start()
    except BaseException:
        listener.close()
        raise
    running = RunningEmulator(runner, app[WORLD])
    log.warning(
        "stagedoor emulator: this is a SIMULATION of the Ark asset library, not the real service", url=running.url
    )
    return running


def run_emulator(settings: EmulatorSettings, ready: Callable[[RunningEmulator], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; ``ready`` is called once calls are answered."""
    asyncio.run(_serve(settings, ready))


async def _serve(settings: EmulatorSettings, ready: Callable[[RunningEmulator], None] | None) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    running = await start_emulator(settings)
    try:
        if ready is not None:
            ready(running)
        await stopping.wait()
    finally:
        await running.stop()


def _bind(settings: EmulatorSettings) -> socket.socket:
    family, _, _, _, address = socket.getaddrinfo(
        settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    if not settings.allow_remote and not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback:
        raise RefusedToBind(
            f"{settings.host} can be reached from other machines; allow_remote must say that this is meant"
        )
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except BaseException:
        listener.close()
        raise
    return listener
