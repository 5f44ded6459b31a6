"""A file is whole: it is looked at, kept, and known by its hash from then on."""

from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from stagedoor.audit.store import GATEWAY, record
from stagedoor.crash import crash_point
from stagedoor.db.database import Tx
from stagedoor.errors import NotFound, StagedoorError
from stagedoor.jobs.runner import Taken
from stagedoor.jobs.store import add_job, drop_job
from stagedoor.media.check import examine, keep
from stagedoor.runtime import Runtime
from stagedoor.uploads.begin import record_upload
from stagedoor.uploads.sink import Sink
from stagedoor.uploads.store import (
    COMPLETE,
    DISCARD,
    Upload,
    find_upload,
    get_upload,
    list_pieces,
    mark_complete,
    remove_pieces,
    share_file,
)


async def keep_whole(rt: Runtime, upload: Upload, path: Path, sha256: bytes, *, by: str) -> Upload:
    """Keep a file of which every byte is here, at ``path``. Each upload comes by here before it is complete, whichever way it came.

    Args:
        rt: the runtime.
        upload: what is known of it.
        path: where the file lies on this machine for the moment.
        sha256: of its bytes.
        by: who has sent it.

    Raises:
        NotFound: it was deleted meanwhile.
        QuotaExceeded: the tenant has too many bytes here.

    """
    found = await examine(rt.looker, path)
    await rt.files.keep(upload.id, path, upload.content_type)
    crash_point("U2")
    now = rt.clock.now()
    whole = replace(
        upload,
        received=upload.size,
        sha256=sha256,
        expires_at=now + rt.settings.upload_lifetime,
        findings=keep(found),
    )
    came_at_once = upload.received == 0

    async def work(tx: Tx) -> Upload:
        if came_at_once:
            await record_upload(tx, rt, whole)
        elif not await mark_complete(tx, upload.tenant_id, whole):
            return await get_upload(tx, upload.tenant_id, upload.id)
        await remove_pieces(tx, upload.id)
        await drop_job(tx, COMPLETE, upload.id)
        shared = await share_file(tx, upload.tenant_id, sha256, upload.id)
        if shared != upload.id or not came_at_once:
            await add_job(tx, upload.tenant_id, DISCARD, upload.id, now=now, due_at=now)
        await record(tx, upload.tenant_id, by, "upload.completed", upload.id, now=now)
        return whole

    try:
        return await rt.db.write(work)
    except StagedoorError:
        # The file is not left behind, unless the database is away; who has its id keeps it.
        with suppress(StagedoorError):
            await rt.db.write(lambda tx: add_job(tx, upload.tenant_id, DISCARD, upload.id, now=now, due_at=now))
        raise


async def complete_pieces(rt: Runtime, upload: Upload, *, by: str) -> Upload:
    """Put the pieces of a file together, and keep it. Safe to repeat.

    Raises:
        NotFound: it was deleted meanwhile.

    """
    pieces = await rt.db.read(lambda tx: list_pieces(tx, upload.id))
    async with Sink(rt.files.incoming()) as sink:
        for piece in pieces:
            async for chunk in rt.files.read_piece(upload.id, piece.name):
                await sink.write(chunk)
        sha256 = await sink.end()
        if sink.size != upload.size:  # completed by somebody else meanwhile, who has removed the pieces
            return await rt.db.read(lambda tx: get_upload(tx, upload.tenant_id, upload.id))
        return await keep_whole(rt, upload, sink.path, sha256, by=by)


async def complete_left_alone(rt: Runtime, taken: Taken) -> None:
    """Complete a file whose last piece is here, and whose taker has died."""
    tenant_id, upload_id = taken.job.tenant_id or "", taken.job.key
    upload = await rt.db.read(lambda tx: find_upload(tx, tenant_id, upload_id))
    if upload is None or upload.is_complete:
        return
    try:
        await complete_pieces(rt, upload, by=GATEWAY)
    except NotFound:
        return
