"""The ends of an upload: deleted, or its time is over. What lies on the disk goes by a job, so that nothing is forgotten there."""

from datetime import datetime

from stagedoor.audit.store import GATEWAY, record
from stagedoor.db.database import Tx
from stagedoor.jobs.runner import Again, Taken
from stagedoor.jobs.store import add_job, drop_job
from stagedoor.runtime import Runtime
from stagedoor.uploads.store import (
    COMPLETE,
    DISCARD,
    EXPIRE,
    Upload,
    find_upload,
    get_upload,
    is_file_used,
    list_uploads_of_content,
    release_file,
    remove_upload,
)


async def delete_upload(rt: Runtime, tenant_id: str, upload_id: str, *, by: str) -> None:
    """Delete an upload; a file that no other upload of the tenant has goes with it.

    Raises:
        NotFound: the tenant has no such upload.

    """

    async def work(tx: Tx) -> None:
        await forget_upload(tx, rt, await get_upload(tx, tenant_id, upload_id), by=by)

    await rt.db.write(work)


async def forget_content(tx: Tx, rt: Runtime, tenant_id: str, sha256: bytes) -> None:
    """Remove every upload of the tenant that has this content."""
    for upload in await list_uploads_of_content(tx, tenant_id, sha256):
        await forget_upload(tx, rt, upload, by=GATEWAY)


async def forget_upload(tx: Tx, rt: Runtime, upload: Upload, *, by: str) -> None:
    """Remove our record of an upload, and owe the removal of its bytes."""
    tenant_id, now = upload.tenant_id, rt.clock.now()
    if not await remove_upload(tx, tenant_id, upload):
        return
    released = None if upload.sha256 is None else await release_file(tx, tenant_id, upload.sha256)
    for file_id in {upload.id, released or upload.id}:
        await add_job(tx, tenant_id, DISCARD, file_id, now=now, due_at=now)
    await drop_job(tx, EXPIRE, upload.id)
    await drop_job(tx, COMPLETE, upload.id)
    await record(tx, tenant_id, by, "upload.deleted", upload.id, now=now)


async def expire_upload(rt: Runtime, taken: Taken) -> Again | None:
    """Remove an upload whose time is over."""
    tenant_id, upload_id = taken.job.tenant_id or "", taken.job.key

    async def work(tx: Tx) -> datetime | None:
        upload = await find_upload(tx, tenant_id, upload_id)
        if upload is not None and rt.clock.now() < upload.expires_at:
            return upload.expires_at
        await taken.finish(tx)
        if upload is not None:
            await forget_upload(tx, rt, upload, by=GATEWAY)
        return None

    early = await rt.db.write(work)
    return None if early is None else Again(early)


async def discard_file(rt: Runtime, taken: Taken) -> None:
    """Remove the bytes that an upload has brought: its pieces, and its file unless that is in use."""
    upload_id = taken.job.key
    is_used = await rt.db.read(lambda tx: is_file_used(tx, upload_id))
    await rt.files.drop_pieces(upload_id)
    if not is_used:
        await rt.files.drop(upload_id)
