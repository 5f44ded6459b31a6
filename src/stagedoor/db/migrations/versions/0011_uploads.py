"""Files that callers hand over: uploads, their pieces, what is stored once, and how much that is."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")
HAS_CONTENT = sa.text("sha256 IS NOT NULL")


def upgrade() -> None:
    op.add_column(
        "assets",
        sa.Column(
            "sha256", sa.LargeBinary(), nullable=True, comment="of the uploaded file; null: it came from elsewhere"
        ),
    )
    op.create_index(
        "assets_of_group_by_content",
        "assets",
        ["tenant_id", "group_id", "sha256"],
        sqlite_where=HAS_CONTENT,
        postgresql_where=HAS_CONTENT,
    )
    op.create_table(
        "uploads",
        sa.Column("id", KEY, nullable=False),
        sa.Column("tenant_id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="as the caller calls the file; never a path"),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("asset_type", sa.Text(), nullable=True, comment="null: neither said nor seen"),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="of the whole file, in bytes"),
        sa.Column("received", sa.BigInteger(), nullable=False, comment="how many of them are here"),
        sa.Column("sha256", sa.LargeBinary(), nullable=True, comment="null: not complete"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uploads_by_create_time", "uploads", ["tenant_id", "created_at", "id"])
    op.create_index("uploads_by_content", "uploads", ["tenant_id", "sha256"])
    op.create_table(
        "upload_pieces",
        sa.Column("upload_id", KEY, nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False, comment="where in the file it begins"),
        sa.Column("name", KEY, nullable=False, comment="of the piece, among those of the upload"),
        sa.PrimaryKeyConstraint("upload_id", "start"),
    )
    op.create_table(
        "upload_files",
        sa.Column("tenant_id", KEY, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("file_id", KEY, nullable=False, comment="of the upload that brought it"),
        sa.Column("uses", sa.BigInteger(), nullable=False, comment="how many uploads have this content"),
        sa.PrimaryKeyConstraint("tenant_id", "sha256"),
        sa.UniqueConstraint("file_id"),
    )
    op.create_table(
        "upload_totals",
        sa.Column("tenant_id", KEY, nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False, comment="of all uploads, whole or not"),
        sa.PrimaryKeyConstraint("tenant_id"),
    )


def downgrade() -> None:
    for table in ("upload_totals", "upload_files", "upload_pieces", "uploads"):
        op.drop_table(table)
    op.drop_index("assets_of_group_by_content", "assets")
    op.drop_column("assets", "sha256")
