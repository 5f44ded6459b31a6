"""The bare handler: what this server and this framework can do when there is nothing to do."""

import argparse
import asyncio
import multiprocessing
from contextlib import AbstractContextManager
from pathlib import Path

import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.process import Server, free_port, python_module, running
from stagedoor.server import listen, make_server, on_stop_signal
from stagedoor.settings import Settings

PATH = "/healthz"
_ENVELOPE = (
    b'{"ResponseMetadata":{"RequestId":"20260601191715C9DAA092032F19CEC367","Action":"GetAsset","Version":"2024-01-01",'
    b'"Service":"ark","Region":"cn-beijing"},"Result":{"Id":"asset-20260601191715-9q47m","GroupId":"group-20260601191715-5vm6c",'
    b'"Name":"full-body","AssetType":"Image","Status":"Active","ProjectName":"default",'
    b'"CreateTime":"2026-06-01T11:17:15Z","UpdateTime":"2026-06-01T11:17:15Z"}}'
)


async def answer(_request: Request) -> Response:
    return Response(_ENVELOPE, media_type="application/json")


async def answer_body(request: Request) -> Response:
    await request.body()
    return await answer(request)


app = Starlette(routes=[Route(PATH, answer), Route(PATH, answer_body, methods=["POST"])])


def start(work: Path, *, workers: int = 1) -> AbstractContextManager[Server]:
    """Run the bare handler on the gateway's server, with the gateway's server settings."""
    port = free_port()
    command = python_module("bench.bare", "--port", str(port), "--workers", str(workers))
    return running(f"bare-{workers}", command, port=port, work=work)


async def _serve(app: Starlette, settings: Settings) -> None:
    server = make_server(app, settings)
    on_stop_signal(server.stop)
    await server.serve(sockets=[listen(settings, shared=True)])


def serve_bare(settings: Settings) -> None:
    serve(app, settings)


def serve(app: Starlette, settings: Settings) -> None:
    """Serve an app with the gateway's server until the process is stopped."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(app, settings))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    for _ in range(options.workers - 1):
        context.Process(target=serve_bare, args=(Settings(port=options.port),), daemon=True).start()
    serve_bare(Settings(port=options.port))
