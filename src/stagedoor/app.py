"""The only app there is, in production and in tests."""

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from stagedoor.ark.transport import AiohttpTransport, Transport
from stagedoor.assets.store import TRACK
from stagedoor.assets.sweep import sweep_group
from stagedoor.assets.track import track_asset
from stagedoor.assets.upload import UPLOAD, resume_upload
from stagedoor.audit.seal import keep_sealing
from stagedoor.channels.book import ChannelBook
from stagedoor.clock import Clock, SystemClock
from stagedoor.console.routes import console_routes
from stagedoor.crypto import Vault, decode_secret_key, load_or_create_secret_key
from stagedoor.db.open import open_database
from stagedoor.deletions.erase import erase_group
from stagedoor.deletions.store import ERASE
from stagedoor.doors.action import action_routes
from stagedoor.doors.actor import actor_routes
from stagedoor.doors.admin import admin_routes
from stagedoor.doors.audit import audit_routes
from stagedoor.doors.callback import callback_routes
from stagedoor.doors.deletions import deletion_routes
from stagedoor.doors.documents import document_routes
from stagedoor.doors.events import event_routes
from stagedoor.doors.health import health_routes
from stagedoor.doors.imports import import_routes
from stagedoor.doors.media import media_routes
from stagedoor.doors.metrics import metrics_routes
from stagedoor.doors.rest import rest_routes
from stagedoor.doors.upload_links import link_routes
from stagedoor.doors.uploads import upload_routes
from stagedoor.doors.visitors import Visitors
from stagedoor.doors.webhooks import webhook_routes
from stagedoor.errors import NotFound
from stagedoor.events.store import DELIVER
from stagedoor.files.open import open_files
from stagedoor.groups.store import SWEEP
from stagedoor.housekeeping import keep_house
from stagedoor.http.access import AccessLog
from stagedoor.http.guard import Guard
from stagedoor.http.router import Route, Router
from stagedoor.ids import NewId, new_id
from stagedoor.imports.carry_on import carry_on
from stagedoor.imports.store import IMPORT
from stagedoor.invitations.cancel import expire_invitation
from stagedoor.invitations.store import EXPIRE
from stagedoor.invitations.withdraw import follow_withdrawal
from stagedoor.jobs.runner import Lane, Runner
from stagedoor.keys.authenticate import KeyRing
from stagedoor.logs import PatientStream
from stagedoor.runtime import Runtime
from stagedoor.settings import Settings, SettingsError
from stagedoor.traces import start_traces, stop_traces
from stagedoor.uploads.complete import complete_left_alone
from stagedoor.uploads.remove import discard_file, expire_upload
from stagedoor.uploads.store import COMPLETE, DISCARD
from stagedoor.uploads.store import EXPIRE as EXPIRE_UPLOAD
from stagedoor.validation.pursue import pursue_session
from stagedoor.validation.reconcile import reconcile_session
from stagedoor.validation.store import EXCHANGE, RECONCILE, WITHDRAWAL
from stagedoor.webhooks.deliver import deliver_owed
from stagedoor.webhooks.send import Sender


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
        files=open_files(settings),
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
    access_log = AccessLog(PatientStream(sys.stderr.buffer)) if settings.log_level in {"debug", "info"} else None
    gateway = Gateway(settings, transport, clock, make_id)
    return Guard(gateway, region=settings.region, access_log=access_log)


class Gateway:
    """Routes requests between the start and the end of the lifespan."""

    def __init__(self, settings: Settings, transport: Transport | None, clock: Clock | None, make_id: NewId) -> None:
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._make_id = make_id
        self._router: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and self._router is not None:
            await self._router(scope, receive, send)
        else:
            raise NotFound("There is nothing here.", field="Path")

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        start_traces(self._settings)
        rt = await open_runtime(self._settings, transport=self._transport, clock=self._clock, make_id=self._make_id)
        book = ChannelBook(rt)
        sender = Sender(plain_http=self._settings.webhook_http, private=self._settings.webhook_private)
        rt.db.hear()
        work = lanes(rt, book, sender)
        background = [
            asyncio.create_task(rt.pulse.feel(), name="pulse"),
            asyncio.create_task(keep_house(rt), name="housekeeping"),
            asyncio.create_task(keep_sealing(rt), name="audit"),
            asyncio.create_task(Runner(rt, work).run(), name="jobs"),
        ]
        keys = KeyRing(rt)
        visitors = Visitors(self._settings, keys)
        self._router = visitors.before(Router(routes(rt, book, keys, visitors, list(work))))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await book.close()
        await keys.close()
        await sender.close()
        await rt.close()
        await asyncio.to_thread(stop_traces)
        await send({"type": "lifespan.shutdown.complete"})


def lanes(rt: Runtime, book: ChannelBook, sender: Sender) -> dict[str, Lane]:
    """Return how each kind of job is done."""
    return {
        EXCHANGE: Lane(partial(pursue_session, rt, book), at_once=16),
        RECONCILE: Lane(partial(reconcile_session, rt, book), at_once=1),
        TRACK: Lane(partial(track_asset, rt, book), at_once=8, per_second=50),
        SWEEP: Lane(partial(sweep_group, rt, book), at_once=2),
        UPLOAD: Lane(partial(resume_upload, rt, book), at_once=4),
        DELIVER: Lane(partial(deliver_owed, rt, sender), at_once=200),
        EXPIRE: Lane(partial(expire_invitation, rt), at_once=2),
        ERASE: Lane(partial(erase_group, rt, book), at_once=4),
        IMPORT: Lane(partial(carry_on, rt, book), at_once=4),
        WITHDRAWAL: Lane(partial(follow_withdrawal, rt), at_once=4),
        COMPLETE: Lane(partial(complete_left_alone, rt), at_once=1),
        EXPIRE_UPLOAD: Lane(partial(expire_upload, rt), at_once=2),
        DISCARD: Lane(partial(discard_file, rt), at_once=4),
    }


def routes(rt: Runtime, book: ChannelBook, keys: KeyRing, visitors: Visitors, kinds: Sequence[str] = ()) -> list[Route]:
    """Return every path there is; ``kinds`` are the jobs that are done here."""
    return [
        *rest_routes(rt, book, keys),
        *action_routes(rt, book, keys),
        *callback_routes(rt, visitors),
        *actor_routes(rt, book, visitors),
        *event_routes(rt, keys),
        *webhook_routes(rt, keys),
        *audit_routes(rt, keys),
        *deletion_routes(rt, keys),
        *import_routes(rt, book, keys),
        *media_routes(rt, book, keys),
        *upload_routes(rt, keys),
        *link_routes(rt),
        *admin_routes(rt, book, keys),
        *health_routes(rt),
        *metrics_routes(rt, keys, kinds),
        *document_routes(rt.settings),
        *console_routes(rt, book, visitors, kinds),
    ]
