"""The bare handler: what this server and this framework can do when there is nothing to do."""

from contextlib import AbstractContextManager
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.process import Server, free_port, python_module, running

PATH = "/healthz"
_ENVELOPE = (
    b'{"ResponseMetadata":{"RequestId":"20260601191715C9DAA092032F19CEC367","Action":"GetAsset","Version":"2024-01-01",'
    b'"Service":"ark","Region":"cn-beijing"},"Result":{"Id":"asset-20260601191715-9q47m","GroupId":"group-20260601191715-5vm6c",'
    b'"Name":"full-body","AssetType":"Image","Status":"Active","ProjectName":"default",'
    b'"CreateTime":"2026-06-01T11:17:15Z","UpdateTime":"2026-06-01T11:17:15Z"}}'
)


async def answer(_request: Request) -> Response:
    return Response(_ENVELOPE, media_type="application/json")


app = Starlette(routes=[Route(PATH, answer)])


def start(work: Path, *, workers: int = 1) -> AbstractContextManager[Server]:
    """Run the bare handler on the gateway's server, with the gateway's server settings."""
    port = free_port()
    options = ["--interface", "asgi", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    tuning = ["--loop", "uvloop", "--no-ws", "--no-access-log", "--log-level", "warning"]
    command = python_module("granian", *options, *tuning, "bench.bare:app")
    return running(f"bare-{workers}", command, port=port, work=work)
