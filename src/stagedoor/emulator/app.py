"""The emulator's web application."""

from collections.abc import Awaitable, Callable
from email.utils import format_datetime

from aiohttp import web

from stagedoor.emulator.clock import machine_now
from stagedoor.emulator.control import control_routes, guard_control
from stagedoor.emulator.gateway import handle_action
from stagedoor.emulator.h5 import h5_routes
from stagedoor.emulator.inspection import inspection_routes
from stagedoor.emulator.samples import sample_routes
from stagedoor.emulator.settings import EmulatorSettings
from stagedoor.emulator.stored_media import show_media
from stagedoor.emulator.world import WORLD, World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def create_emulator(settings: EmulatorSettings) -> web.Application:
    """Return the application over the state in ``settings.data_dir``, which it opens now and closes at its cleanup."""
    app = web.Application(client_max_size=settings.max_body_bytes, middlewares=[guard_control])
    app[WORLD] = World(settings)
    app.on_response_prepare.append(_announce)
    app.on_shutdown.append(_let_go)
    app.on_cleanup.append(_close)
    app.add_routes([web.route("*", "/", handle_action), web.route("*", "/api/v3/", handle_action)])
    app.add_routes(h5_routes())
    app.add_routes([web.get("/_media/{account_id}/{file_name}", show_media)])
    app.add_routes(control_routes())
    app.add_routes(inspection_routes())
    app.add_routes(sample_routes())
    return app


async def _announce(request: web.Request, response: web.StreamResponse) -> None:
    world = request.app[WORLD]
    response.headers["X-Stagedoor-Emulator"] = "simulation"
    response.headers["Server"] = "stagedoor-emulator"
    # By the clock that signatures are judged by: callers set theirs by it.
    response.headers["Date"] = format_datetime(world.signature_now(machine_now()), usegmt=True)


async def _let_go(app: web.Application) -> None:
    """Answer what is held, so that stopping waits for nobody."""
    app[WORLD].holds.release()


async def _close(app: web.Application) -> None:
    await app[WORLD].close()
