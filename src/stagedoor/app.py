"""The only app there is, in production and in tests."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from stagedoor.ark.transport import AiohttpTransport, Transport
from stagedoor.channels.book import ChannelBook
from stagedoor.clock import Clock, SystemClock
from stagedoor.crypto import Vault, decode_secret_key, load_or_create_secret_key
from stagedoor.db.open import open_database
from stagedoor.doors.admin import admin_routes
from stagedoor.doors.callback import callback_routes
from stagedoor.doors.documents import document_routes
from stagedoor.doors.health import health_routes
from stagedoor.doors.rest import rest_routes
from stagedoor.errors import NotFound
from stagedoor.housekeeping import keep_house
from stagedoor.http.access import AccessLog
from stagedoor.http.guard import Guard
from stagedoor.http.router import Route, Router
from stagedoor.ids import NewId, new_id
from stagedoor.keys.authenticate import KeyRing
from stagedoor.runtime import Runtime
from stagedoor.settings import Settings, SettingsError


def load_vault(settings: Settings) -> Vault:
    """Return the vault of the configured secret key, or of the key file in the data folder.

    Raises:
        SettingsError: what is there is no secret key.

    """
    path = Path(settings.data_dir, "secret.key")
    try:
        if settings.secret_key:
            return Vault(decode_secret_key(settings.secret_key))
        return Vault(load_or_create_secret_key(settings.data_path / path.name))
    except (ValueError, OSError) as error:
        place = "STAGEDOOR_SECRET_KEY" if settings.secret_key else f"The file {path}"
        raise SettingsError(f"{place} cannot be used. {error}") from None


async def open_runtime(
    settings: Settings,
    *,
    transport: Transport | None = None,
    clock: Clock | None = None,
    make_id: NewId = new_id,
) -> Runtime:
    """Open what a gateway works with; the caller closes it."""
    return Runtime(
        settings,
        db=await open_database(settings.database, pool=settings.database_pool),
        transport=transport or AiohttpTransport(),
        clock=clock or SystemClock(),
        new_id=make_id,
        vault=load_vault(settings),
    )


def create_app(
    settings: Settings,
    *,
    transport: Transport | None = None,
    clock: Clock | None = None,
    make_id: NewId = new_id,
) -> ASGIApp:
    """Return the gateway as an ASGI app that opens itself at the lifespan's start.

    Args:
        settings: what the operator set.
        transport: the way out to the upstreams; aiohttp by default.
        clock: the time; the machine's by default.
        make_id: makes the ids of our own objects.

    """
    access_log = AccessLog(sys.stderr.buffer if settings.log_level in {"debug", "info"} else None)
    gateway = Gateway(settings, transport, clock, make_id)
    return Guard(gateway, region=settings.region, access_log=access_log)


class Gateway:
    """Routes requests between the start and the end of the lifespan."""

    def __init__(self, settings: Settings, transport: Transport | None, clock: Clock | None, make_id: NewId) -> None:
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._make_id = make_id
        self._router: Router | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and self._router is not None:
            await self._router(scope, receive, send)
        else:
            raise NotFound("There is nothing here.", field="Path")

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        rt = await open_runtime(self._settings, transport=self._transport, clock=self._clock, make_id=self._make_id)
        housekeeping = asyncio.create_task(keep_house(rt))
        self._router = Router(routes(rt))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        housekeeping.cancel()
        with suppress(asyncio.CancelledError):
            await housekeeping
        await rt.close()
        await send({"type": "lifespan.shutdown.complete"})


def routes(rt: Runtime) -> list[Route]:
    """Return every path there is."""
    book, keys = ChannelBook(rt), KeyRing(rt)
    return [
        *rest_routes(rt, book, keys),
        *callback_routes(rt, book),
        *admin_routes(rt, keys),
        *health_routes(rt),
        *document_routes(rt.settings),
    ]
