"""An upload and its SQL: a file that comes in one request or in pieces, and is complete when its hash is known."""

from datetime import datetime

import msgspec

from stagedoor.contract.fields import AssetType
from stagedoor.db.database import Tx
from stagedoor.db.pages import Order, Place, Selection, page_query
from stagedoor.db.rows import columns
from stagedoor.errors import NotFound, QuotaExceeded, UploadOffsetMismatch

COMPLETE, EXPIRE, DISCARD = "complete_upload", "expire_upload", "discard_file"
"""Kinds of jobs; the key of each is an upload's id."""


class Upload(msgspec.Struct, frozen=True):
    """A file of a tenant: so many of its bytes are here."""

    id: str
    tenant_id: str
    name: str
    content_type: str
    asset_type: AssetType | None
    size: int
    received: int
    sha256: bytes | None
    created_at: datetime
    expires_at: datetime
    findings: str | None
    """JSON: what the file is, as far as anybody could look."""

    @property
    def is_complete(self) -> bool:
        return self.sha256 is not None


class ListedUpload(Upload, frozen=True):
    """The same, and its place in the list it was read for."""

    sort_value: int | str


class Piece(msgspec.Struct, frozen=True):
    """A part of a file that is not complete, and what it is called where files lie."""

    start: int
    name: str


_SELECT = f"SELECT {columns(Upload)} FROM uploads"


async def add_upload(tx: Tx, tenant_id: str, upload: Upload, *, limit: int) -> None:
    """Record an upload, and count its bytes.

    Raises:
        QuotaExceeded: with it the tenant's files would have more bytes than it may have here.

    """
    counted = await tx.execute(
        "INSERT INTO upload_totals (tenant_id, bytes) SELECT :tenant_id, CAST(:size AS BIGINT)"
        " WHERE CAST(:size AS BIGINT) <= CAST(:limit AS BIGINT)"
        " ON CONFLICT (tenant_id) DO UPDATE SET bytes = upload_totals.bytes + excluded.bytes"
        " WHERE upload_totals.bytes + excluded.bytes <= :limit",
        tenant_id=tenant_id,
        size=upload.size,
        limit=limit,
    )
    if not counted:
        raise QuotaExceeded(
            f"All uploads together may have {limit} bytes. Delete some, or wait until they expire.", field="Uploads"
        )
    await tx.execute(
        f"INSERT INTO uploads ({columns(Upload)}) VALUES (:id, :tenant_id, :name, :content_type, :asset_type, :size,"
        " :received, :sha256, :created_at, :expires_at, :findings)",
        **{**msgspec.structs.asdict(upload), "tenant_id": tenant_id},
    )


async def find_upload(tx: Tx, tenant_id: str, upload_id: str) -> Upload | None:
    return await tx.find(
        Upload, f"{_SELECT} WHERE id = :id AND tenant_id = :tenant_id", id=upload_id, tenant_id=tenant_id
    )


async def get_upload(tx: Tx, tenant_id: str, upload_id: str) -> Upload:
    """Return an upload of the tenant.

    Raises:
        NotFound: the tenant has no such upload; another tenant's looks the same.

    """
    upload = await find_upload(tx, tenant_id, upload_id)
    if upload is None:
        raise NotFound(f"The specified upload {upload_id} is not found.", field="upload_id")
    return upload


async def find_linked_upload(tx: Tx, upload_id: str) -> Upload | None:
    """Return the upload of a signed link; whoever brings it belongs to no tenant."""
    return await tx.find(Upload, f"{_SELECT} WHERE id = :id", id=upload_id)


async def list_uploads(
    tx: Tx, selection: Selection, order: Order, *, limit: int, offset: int, after: Place | None
) -> list[ListedUpload]:
    sql, params = page_query(ListedUpload, selection, order, limit=limit, offset=offset, after=after, merges=tx.merges)
    return await tx.list(ListedUpload, sql, **params)


async def count_uploads(tx: Tx, tenant_id: str) -> int:
    return await tx.number("SELECT count(*) FROM uploads WHERE tenant_id = :tenant_id", tenant_id=tenant_id)


async def add_piece(tx: Tx, tenant_id: str, upload: Upload, name: str, size: int, expires_at: datetime) -> None:
    """Record the next piece of a file.

    Raises:
        UploadOffsetMismatch: somebody else has sent what comes next, or the upload is gone.

    """
    added = await tx.execute(
        "UPDATE uploads SET received = received + :more, expires_at = :expires_at"
        " WHERE id = :id AND tenant_id = :tenant_id AND received = :start",
        id=upload.id,
        tenant_id=tenant_id,
        start=upload.received,
        more=size,
        expires_at=expires_at,
    )
    if not added:
        raise UploadOffsetMismatch
    await tx.execute(
        "INSERT INTO upload_pieces (upload_id, start, name) VALUES (:upload_id, :start, :name)",
        upload_id=upload.id,
        start=upload.received,
        name=name,
    )


async def list_pieces(tx: Tx, upload_id: str) -> list[Piece]:
    """Return the pieces of a file in their order."""
    sql = f"SELECT {columns(Piece)} FROM upload_pieces WHERE upload_id = :upload_id ORDER BY start"
    return await tx.list(Piece, sql, upload_id=upload_id)


async def remove_pieces(tx: Tx, upload_id: str) -> None:
    await tx.execute("DELETE FROM upload_pieces WHERE upload_id = :upload_id", upload_id=upload_id)


async def mark_complete(tx: Tx, tenant_id: str, whole: Upload) -> bool:
    """Record that a file is whole, and tell whether it was not before."""
    changed = await tx.execute(
        "UPDATE uploads SET sha256 = :sha256, expires_at = :expires_at, findings = :findings"
        " WHERE id = :id AND tenant_id = :tenant_id AND received = size AND sha256 IS NULL",
        id=whole.id,
        tenant_id=tenant_id,
        sha256=whole.sha256,
        expires_at=whole.expires_at,
        findings=whole.findings,
    )
    return changed == 1


async def keep_until(tx: Tx, tenant_id: str, upload_id: str, moment: datetime) -> None:
    """Let an upload live at least until then."""
    await tx.execute(
        "UPDATE uploads SET expires_at = :moment WHERE id = :id AND tenant_id = :tenant_id AND expires_at < :moment",
        id=upload_id,
        tenant_id=tenant_id,
        moment=moment,
    )


class _FileId(msgspec.Struct, frozen=True):
    file_id: str


async def share_file(tx: Tx, tenant_id: str, sha256: bytes, file_id: str) -> str:
    """Count one more use of a content, and return which of the tenant's files has it: this one, when it is new."""
    found = await tx.list(
        _FileId,
        "INSERT INTO upload_files (tenant_id, sha256, file_id, uses) VALUES (:tenant_id, :sha256, :file_id, 1)"
        " ON CONFLICT (tenant_id, sha256) DO UPDATE SET uses = upload_files.uses + 1 RETURNING file_id",
        tenant_id=tenant_id,
        sha256=sha256,
        file_id=file_id,
    )
    return found[0].file_id


async def release_file(tx: Tx, tenant_id: str, sha256: bytes) -> str | None:
    """Count one use less, and return the file when that was the last one."""
    key: dict[str, str | bytes] = {"tenant_id": tenant_id, "sha256": sha256}
    await tx.execute("UPDATE upload_files SET uses = uses - 1 WHERE tenant_id = :tenant_id AND sha256 = :sha256", **key)
    gone = await tx.list(
        _FileId,
        "DELETE FROM upload_files WHERE tenant_id = :tenant_id AND sha256 = :sha256 AND uses <= 0 RETURNING file_id",
        **key,
    )
    return gone[0].file_id if gone else None


async def find_file(tx: Tx, tenant_id: str, sha256: bytes) -> str | None:
    """Return which of the tenant's files has this content."""
    sql = "SELECT file_id FROM upload_files WHERE tenant_id = :tenant_id AND sha256 = :sha256"
    found = await tx.find(_FileId, sql, tenant_id=tenant_id, sha256=sha256)
    return None if found is None else found.file_id


async def is_file_used(tx: Tx, file_id: str) -> bool:
    return bool(await tx.number("SELECT count(*) FROM upload_files WHERE file_id = :file_id", file_id=file_id))


async def remove_upload(tx: Tx, tenant_id: str, upload: Upload) -> bool:
    """Remove an upload and its bytes from the count, and tell whether it was there."""
    removed = await tx.execute(
        "DELETE FROM uploads WHERE id = :id AND tenant_id = :tenant_id", id=upload.id, tenant_id=tenant_id
    )
    if removed:
        await tx.execute(
            "UPDATE upload_totals SET bytes = bytes - :size WHERE tenant_id = :tenant_id",
            size=upload.size,
            tenant_id=tenant_id,
        )
        await remove_pieces(tx, upload.id)
    return bool(removed)


async def list_uploads_of_content(tx: Tx, tenant_id: str, sha256: bytes) -> list[Upload]:
    """Return the tenant's uploads that have a content."""
    sql = f"{_SELECT} WHERE tenant_id = :tenant_id AND sha256 = :sha256"
    return await tx.list(Upload, sql, tenant_id=tenant_id, sha256=sha256)
