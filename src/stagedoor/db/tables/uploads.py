"""Files on their way from somebody's own machine."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table, Text

from stagedoor.db.tables.base import Key, Time, metadata

uploads = Table(
    "uploads",
    metadata,
    Column("id", Key, primary_key=True),
    Column("tenant_id", Key, ForeignKey("tenants.id"), nullable=False),
    Column("name", Text, nullable=False, comment="as the caller calls the file; never a path"),
    Column("content_type", Text, nullable=False),
    Column("asset_type", Text, comment="null: neither said nor seen"),
    Column("size", BigInteger, nullable=False, comment="of the whole file, in bytes"),
    Column("received", BigInteger, nullable=False, comment="how many of them are here"),
    Column("sha256", LargeBinary, comment="null: not complete"),
    Column("findings", Text, comment="JSON: what the file is; null: not complete"),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Index("uploads_by_create_time", "tenant_id", "created_at", "id"),
    Index("uploads_by_content", "tenant_id", "sha256"),
)

upload_pieces = Table(
    "upload_pieces",
    metadata,
    Column("upload_id", Key, primary_key=True),
    Column("start", BigInteger, primary_key=True, autoincrement=False, comment="where in the file it begins"),
    Column("name", Key, nullable=False, comment="of the piece, among those of the upload"),
)

upload_files = Table(
    "upload_files",
    metadata,
    Column("tenant_id", Key, primary_key=True),
    Column("sha256", LargeBinary, primary_key=True),
    Column("file_id", Key, nullable=False, unique=True, comment="of the upload that brought it"),
    Column("uses", BigInteger, nullable=False, comment="how many uploads have this content"),
)

upload_totals = Table(
    "upload_totals",
    metadata,
    Column("tenant_id", Key, primary_key=True),
    Column("bytes", BigInteger, nullable=False, comment="of all uploads, whole or not"),
)
