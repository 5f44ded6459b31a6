"""Beginning an upload: what is said of the file, before any of it comes."""

from datetime import timedelta

from stagedoor.db.database import Tx
from stagedoor.errors import InvalidParameter, RequestTooLarge
from stagedoor.jobs.store import add_job
from stagedoor.runtime import Runtime
from stagedoor.uploads.kinds import clean_content_type, clean_name, read_asset_type
from stagedoor.uploads.store import EXPIRE, Upload, add_upload

UNFINISHED = timedelta(hours=24)
"""How long the rest of a file is waited for."""


def new_upload(rt: Runtime, tenant_id: str, *, name: str, content_type: str, asset_type: str, size: int) -> Upload:
    """Return an upload of which nothing is here.

    Raises:
        InvalidParameter: the file is empty, or its asset type is none.
        RequestTooLarge: it is larger than any may be.

    """
    if size == 0:
        raise InvalidParameter("The file is empty.", field="file")
    check_size(rt, size)
    name = clean_name(name)
    content_type = clean_content_type(content_type, name)
    now = rt.clock.now()
    return Upload(
        id=rt.new_id("up"),
        tenant_id=tenant_id,
        name=name,
        content_type=content_type,
        asset_type=read_asset_type(asset_type, content_type),
        size=size,
        received=0,
        sha256=None,
        created_at=now,
        expires_at=now + UNFINISHED,
        findings=None,
    )


def check_size(rt: Runtime, size: int) -> None:
    """Refuse what is larger than a file may be.

    Raises:
        RequestTooLarge: it is.

    """
    if size > rt.settings.upload_limit:
        raise RequestTooLarge(f"A file may have {rt.settings.upload_limit} bytes.")


async def begin_upload(rt: Runtime, upload: Upload) -> None:
    """Record an upload whose bytes will come.

    Raises:
        QuotaExceeded: the tenant has too many bytes here.

    """
    await rt.db.write(lambda tx: record_upload(tx, rt, upload))


async def record_upload(tx: Tx, rt: Runtime, upload: Upload) -> None:
    """Write an upload down, and the job that ends it."""
    limit = rt.settings.upload_tenant_limit
    await add_upload(tx, upload.tenant_id, upload, limit=limit)
    await add_job(tx, upload.tenant_id, EXPIRE, upload.id, now=upload.created_at, due_at=upload.expires_at)
