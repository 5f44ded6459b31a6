"""`/healthz`: the process lives. `/readyz`: it can do its work, and is not about to stop."""

from starlette.types import Receive, Scope, Send

from stagedoor.db.database import Tx
from stagedoor.errors import MethodNotAllowed
from stagedoor.http.guard import send_json
from stagedoor.http.router import Route
from stagedoor.runtime import Runtime


def health_routes(rt: Runtime) -> list[Route]:
    return [Route("/healthz", HealthEndpoint(None)), Route("/readyz", HealthEndpoint(rt))]


class HealthEndpoint:
    """Answers 200; with a runtime, only when the database can be read and written and no stop was asked for (503 otherwise)."""

    def __init__(self, rt: Runtime | None) -> None:
        self._rt = rt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the ASGI signature
        if scope["method"] not in {"GET", "HEAD"}:
            raise MethodNotAllowed("GET, HEAD")
        if self._rt is not None:
            if (stopping := scope["state"].get("stopping")) is not None and stopping.is_set():
                await send_json(scope, send, 503, b'{"status":"stopping"}')
                return
            await self._rt.db.write(_try, soft=True)
        await send_json(scope, send, 200, b'{"status":"ok"}')


async def _try(tx: Tx) -> None:
    # It changes nothing; where nothing may be written, it is refused all the same. Since it has read something, it is answered
    # only when the disk has all that was written before.
    await tx.execute("UPDATE tenants SET name = name WHERE id = ''")
    await tx.number("SELECT count(*) FROM tenants WHERE id = ''")
