"""Several processes on one port: each accepts from a socket of its own, and the kernel spreads new connections over them."""

import multiprocessing
import signal
import socket
import sys
import time
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import NamedTuple

import structlog

from stagedoor.logs import set_up_logs
from stagedoor.server import listen, serve_app
from stagedoor.settings import Settings

log = structlog.get_logger()

LOOK_SECONDS = 0.5
END_SECONDS = 30.0
BREATHE_SECONDS = 1.0
"""A worker that died is not started again sooner than this after its start."""


class _Worker(NamedTuple):
    process: SpawnProcess
    listener: socket.socket
    started: float


class Workers:
    """Keeps the configured number of worker processes alive.

    The sockets stay open here: connections that a worker had not accepted when it died wait for the next one.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stopping = False
        self._workers: list[_Worker] = []

    def serve(self) -> None:
        """Serve until SIGTERM or SIGINT; the second one kills."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        listeners = [listen(self._settings, shared=True) for _ in range(self._settings.workers)]
        self._workers = [self._start(listener) for listener in listeners]
        while not self._stopping:
            wait([worker.process.sentinel for worker in self._workers], timeout=LOOK_SECONDS)
            self._workers = [self._revived(worker) for worker in self._workers]
        for listener in listeners:
            listener.close()
        self._end()

    def _stop(self, *_: object) -> None:
        if self._stopping:
            for worker in self._workers:
                worker.process.kill()
        self._stopping = True

    def _start(self, listener: socket.socket) -> _Worker:
        spawn = multiprocessing.get_context("spawn")
        process = spawn.Process(target=_work, args=(self._settings, listener), daemon=True)
        process.start()
        return _Worker(process, listener, time.monotonic())

    def _revived(self, worker: _Worker) -> _Worker:
        if worker.process.is_alive() or self._stopping:
            return worker
        log.error("worker_died", exit_code=worker.process.exitcode)
        time.sleep(max(0.0, worker.started + BREATHE_SECONDS - time.monotonic()))
        return self._start(worker.listener)

    def _end(self) -> None:
        for worker in self._workers:
            worker.process.terminate()
        until = time.monotonic() + self._settings.stop_delay + END_SECONDS
        for worker in self._workers:
            process = worker.process
            process.join(max(0.0, until - time.monotonic()))
            if process.is_alive():
                process.kill()


def _work(settings: Settings, listener: socket.socket) -> None:
    set_up_logs(settings)
    # Ctrl-C reaches every process of the terminal; until the worker serves, its parent alone acts on it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    serve_app(settings, listener)
