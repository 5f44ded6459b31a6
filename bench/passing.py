"""The least that a gateway in Python does: one route that passes a call on by the gateway's HTTP client, on the gateway's server.

No key, no ownership, no limit, no signature, nothing written. What the gateway loses against this is its own work; what this
loses against nginx is Python's.
"""

import argparse
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.bare import PATH, answer, serve
from bench.process import Server, free_port, python_module, running
from stagedoor.ark.transport import AiohttpTransport
from stagedoor.settings import Settings

TIMEOUT = timedelta(seconds=20)


def make_app(upstream: int) -> Starlette:
    transport = AiohttpTransport()

    async def pass_on(request: Request) -> Response:
        headers = {"Host": f"127.0.0.1:{upstream}", "Content-Type": "application/json"}
        url = f"http://127.0.0.1:{upstream}/?{request.url.query}"
        answered = await transport.send("POST", url, headers=headers, body=await request.body(), timeout=TIMEOUT)
        return Response(answered.body, answered.status, media_type="application/json")

    return Starlette(routes=[Route(PATH, answer), Route("/", pass_on, methods=["POST"])])


def start(work: Path, upstream: Server) -> AbstractContextManager[Server]:
    """Run it before an upstream."""
    port = free_port()
    command = python_module("bench.passing", "--port", str(port), "--upstream", str(upstream.port))
    return running("passing", command, port=port, work=work)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", type=int, required=True)
    options = parser.parse_args()
    serve(make_app(options.upstream), Settings(port=options.port))
