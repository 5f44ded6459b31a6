"""Serving the app with granian: in this process for one worker, in processes of their own for more."""

import asyncio
import signal
from collections.abc import Callable
from typing import Any

import uvloop
from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.server.embed import Server
from starlette.types import ASGIApp

from stagedoor.app import create_app
from stagedoor.logs import set_up_logs
from stagedoor.settings import Settings, load_settings

BACKLOG = 16_384
CONNECTIONS = 20_000


def serve_app(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    if settings.workers > 1:
        _serve_many(settings)
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve_one(settings))


def load_app() -> ASGIApp:
    """Make the app of a worker process from the environment it inherited."""
    settings = load_settings()
    set_up_logs(settings)
    return create_app(settings)


async def _serve_one(settings: Settings) -> None:
    server = embedded_server(create_app(settings), settings)
    on_stop_signal(server.stop)
    await server.serve()


def embedded_server(app: ASGIApp, settings: Settings) -> Server:
    """Return a granian server for the running event loop; tests use it, too."""
    return Server(app, address=settings.host, port=settings.port, **_options(settings))


def on_stop_signal(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)


def _serve_many(settings: Settings) -> None:
    Granian(
        "stagedoor.server:load_app",
        address=settings.host,
        port=settings.port,
        workers=settings.workers,
        loop=Loops.uvloop,
        factory=True,
        respawn_failed_workers=True,
        **_options(settings),
    ).serve()


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "interface": Interfaces.ASGI,
        "http": HTTPModes.http1,
        "websockets": False,
        "backlog": BACKLOG,
        "backpressure": CONNECTIONS,
        "http1_settings": HTTP1Settings(header_read_timeout=int(settings.head_timeout * 1000), max_buffer_size=65_536),
        "log_enabled": False,
    }
