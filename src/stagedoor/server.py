"""Serving the app with uvicorn: in one process, alone or beside others on the same port."""

import asyncio
import gc
import multiprocessing
import os
import resource
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
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
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
KEEP_ALIVE_SECONDS = 75
"""How long an idle connection is kept: longer than reverse proxies keep theirs, so that they are the ones to close."""
LAST_ANSWERS_SECONDS = 24.0
"""How long answers in flight have after a stop signal; with the five seconds of the jobs at work a stop takes 30 at most."""
IDLE_SECONDS = 1.0
"""How long idle connections stay open after a stop signal: a request that is on its way is answered, not cut off."""
LOOK_SECONDS = 0.02
FORCED = 1
"""Exit code after a second stop signal."""


class Server(uvicorn.Server):
    """uvicorn's server, which waits for events where that one looks ten times a second, and leaves signals alone."""

    def __init__(self, config: uvicorn.Config, stopped: asyncio.Event, *, stop_delay: float) -> None:
        """Prepare.

        Args:
            config: uvicorn's.
            stopped: set when the server stops; answers without an end take it as their end, and every answer closes its connection.
            stop_delay: seconds for which new connections are still taken then.

        """
        super().__init__(config)
        self._stopped = stopped
        self._stop_delay = stop_delay

    def stop(self) -> None:
        """Be ready no more, take no new connection, answer what is in flight, and end ``serve``."""
        self._stopped.set()
        for connection in self._connections():
            connection.close_after_this_answer()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        tell_service_manager("READY=1")

    async def main_loop(self) -> None:
        while not self._stopped.is_set():
            await self.on_tick(0)  # the Date header of the answers
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), timeout=1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        until = asyncio.get_running_loop().time() + LAST_ANSWERS_SECONDS
        tell_service_manager("STOPPING=1")
        await asyncio.sleep(self._stop_delay)
        await self._listen_no_more(sockets or ())
        await self._wait_for_answers(until)
        for task in self.server_state.tasks:
            task.cancel()
        for connection in self._connections():
            connection.transport.close()
        await self.lifespan.shutdown()

    async def _listen_no_more(self, sockets: Sequence[socket.socket]) -> None:
        """Close the listening sockets, and keep the connections that the kernel has taken for them: closing would reset those."""
        loop = asyncio.get_running_loop()
        kept = [sock.dup() for sock in sockets]
        for listener in self.servers:
            listener.close()
        for sock in sockets:
            sock.close()
        await asyncio.sleep(LOOK_SECONDS)  # the loop lets go of a socket a little later
        taken = [connection for sock in kept for connection in _take_all(sock)]
        for connection in taken:
            await loop.connect_accepted_socket(self._make_protocol, connection)

    def _make_protocol(self) -> asyncio.Protocol:
        make = cast("Callable[..., HttpProtocol]", self.config.http_protocol_class)
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    async def _wait_for_answers(self, until: float) -> None:
        """Return when nothing is in flight; idle connections are closed when nobody has used them for a moment."""
        loop = asyncio.get_running_loop()
        idle_until = loop.time() + IDLE_SECONDS
        while loop.time() < until:
            waited_for = [connection for connection in self._connections() if not connection.is_idle]
            idle = [connection for connection in self._connections() if connection.is_idle]
            if loop.time() >= idle_until:
                for connection in idle:
                    connection.transport.close()
                idle = []
            if not (self.server_state.tasks or idle or any(one.is_reading_head for one in waited_for)):
                return
            await asyncio.sleep(LOOK_SECONDS)

    def _connections(self) -> list[HttpProtocol]:
        return cast("list[HttpProtocol]", list(self.server_state.connections))

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
        stop_delay=settings.stop_delay,
    )


def _take_all(listener: socket.socket) -> list[socket.socket]:
    """Return every connection that waits at a listening socket, and close it: nothing comes between the two."""
    taken: list[socket.socket] = []
    listener.setblocking(False)
    with listener, suppress(OSError):
        while True:
            connection, _ = listener.accept()
            connection.setblocking(False)
            taken.append(connection)
    return taken


def listen(settings: Settings, *, shared: bool = False) -> socket.socket:
    """Return a listening socket.

    Args:
        settings: where to listen.
        shared: other processes listen on the same port, as the setting ``share_port`` says too; the kernel spreads
            connections over them.

    """
    # With the protocol that getaddrinfo gives, asyncio knows the connections for TCP and sets TCP_NODELAY.
    family, kind, protocol, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared or settings.share_port:
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
    if (parent := multiprocessing.parent_process()) is None:
        on_stop_signal(server.stop, again=partial(os._exit, FORCED))
    else:
        # A worker is stopped by its parent, and perhaps by a service manager that signals every process it finds: whoever
        # is in a hurry tells the parent. Without its parent nobody would ever stop this process.
        on_stop_signal(server.stop)
        asyncio.get_running_loop().add_reader(parent.sentinel, server.stop)
    await server.serve(sockets=[listener])


def _look_for_garbage_less_often() -> None:
    """Leave what is there now alone, and look at new objects every 10,000 instead of every 700: it halves p99 under load."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 100)
    gc.enable()


def tell_service_manager(state: str) -> None:
    """Tell systemd, where it has asked for it (``Type=notify``), so that a restart goes on when this process serves."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)


def on_stop_signal(stop: Callable[[], None], *, again: Callable[[], None] | None = None) -> None:
    """Stop at SIGTERM and SIGINT.

    Args:
        stop: called at the first signal, and at later ones unless there is something else to do then.
        again: called at the second.

    """
    loop = asyncio.get_running_loop()

    def heed() -> None:
        stop()
        if again is not None:
            for number in STOP_SIGNALS:
                loop.add_signal_handler(number, again)

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, heed)
