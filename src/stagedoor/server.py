"""Serving the app with uvicorn: in one process, alone or beside others on the same port."""

import asyncio
import gc
import multiprocessing
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, cast

import uvicorn
import uvloop
from starlette.types import ASGIApp

from stagedoor.app import create_app
from stagedoor.http.protocol import HttpProtocol
from stagedoor.settings import Settings

BACKLOG = 16_384
KEEP_ALIVE_SECONDS = 75
"""How long an idle connection is kept: longer than reverse proxies keep theirs, so that they are the ones to close."""
LAST_ANSWERS_SECONDS = 30


class Server(uvicorn.Server):
    """uvicorn's server, which waits for events where that one looks ten times a second, and leaves signals alone."""

    def __init__(self, config: uvicorn.Config, stopped: asyncio.Event) -> None:
        """Prepare; ``stopped`` also tells answers without an end to end."""
        super().__init__(config)
        self._stopped = stopped

    def stop(self) -> None:
        """Take no new connection, answer what is in flight, and end ``serve``."""
        self._stopped.set()

    async def main_loop(self) -> None:
        while not self._stopped.is_set():
            await self.on_tick(0)  # the Date header of the answers
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), timeout=1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in self.servers:
            listener.close()
        for sock in sockets or ():
            sock.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            _, late = await asyncio.wait(self.server_state.tasks, timeout=LAST_ANSWERS_SECONDS)
            for task in late:
                task.cancel()
        for connection in list(self.server_state.connections):
            connection.transport.close()
        await self.lifespan.shutdown()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def make_server(app: ASGIApp, settings: Settings) -> Server:
    """Return a server; ``await server.serve(sockets=[listen(settings)])`` runs it."""
    stopped = asyncio.Event()
    protocol = partial(HttpProtocol, head_timeout=settings.head_timeout, region=settings.region, stopping=stopped)
    return Server(
        uvicorn.Config(
            cast("Any", app),
            http=cast("Any", protocol),
            ws="none",
            lifespan="on",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        ),
        stopped,
    )


def listen(settings: Settings, *, shared: bool = False) -> socket.socket:
    """Return a listening socket.

    Args:
        settings: where to listen.
        shared: other processes listen on the same port; the kernel spreads connections over them.

    """
    # With the protocol that getaddrinfo gives, asyncio knows the connections for TCP and sets TCP_NODELAY.
    family, kind, protocol, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(address)
    listener.listen(BACKLOG)
    return listener


def serve_app(settings: Settings, listener: socket.socket) -> None:
    """Serve on a socket in this process until SIGTERM or SIGINT."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Many systems give a process 1,024 descriptors until it asks for more: one per connection.
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, listener))


async def _serve(settings: Settings, listener: socket.socket) -> None:
    server = make_server(create_app(settings), settings)
    _look_for_garbage_less_often()
    on_stop_signal(server.stop)
    if (parent := multiprocessing.parent_process()) is not None:
        # Without its parent nobody would ever stop this process.
        asyncio.get_running_loop().add_reader(parent.sentinel, server.stop)
    await server.serve(sockets=[listener])


def _look_for_garbage_less_often() -> None:
    """Leave what is there now alone, and look at new objects every 10,000 instead of every 700: it halves p99 under load."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 100)


def on_stop_signal(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
