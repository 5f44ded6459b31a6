"""Rules for media of a channel's own; what uploaded files are; bulk imports and their items."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    # With a default, so that processes of the version before go on adding channels.
    op.add_column(
        "channels",
        sa.Column(
            "media_rules",
            sa.Text(),
            nullable=False,
            server_default="{}",
            comment="JSON: rules that differ from the documented ones",
        ),
    )
    op.add_column(
        "uploads",
        sa.Column("findings", sa.Text(), nullable=True, comment="JSON: what the file is; null: not complete"),
    )
    op.create_table(
        "imports",
        sa.Column("id", KEY, nullable=False),
        sa.Column("tenant_id", KEY, nullable=False),
        sa.Column("key_id", KEY, nullable=False, comment="in whose name assets are made"),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=True, comment="of the Idempotency-Key; null: there was none"),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False, comment="items"),
        sa.Column("source", sa.LargeBinary(), nullable=True, comment="sealed JSON: the items; null: all are rows"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("imports_by_create_time", "imports", ["tenant_id", "created_at", "id"])
    op.create_index("imports_by_key", "imports", ["tenant_id", "key_hash"], unique=True)
    op.create_index("imports_by_end", "imports", ["finished_at"])
    op.create_table(
        "import_items",
        sa.Column("import_id", KEY, nullable=False),
        sa.Column(
            "number", sa.Integer(), autoincrement=False, nullable=False, comment="its place in the request, from 1"
        ),
        sa.Column("tenant_id", KEY, nullable=False),
        sa.Column("group_id", KEY, nullable=False),
        sa.Column("asset_type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.LargeBinary(), nullable=True, comment="sealed; wiped when it is needed no more"),
        sa.Column("state", KEY, nullable=False),
        sa.Column(
            "tries", sa.Integer(), nullable=False, comment="how often its answer was lost and it was surely not made"
        ),
        sa.Column("mark", KEY, nullable=True, comment="of the upload under way"),
        sa.Column("asset_id", KEY, nullable=True),
        sa.Column("error", sa.Text(), nullable=True, comment="JSON, as it is shown"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"]),
        sa.PrimaryKeyConstraint("import_id", "number"),
    )
    op.create_index("import_items_by_state", "import_items", ["import_id", "state", "number"])
    op.create_index("import_items_by_group", "import_items", ["tenant_id", "group_id"])


def downgrade() -> None:
    op.drop_table("import_items")
    op.drop_table("imports")
    op.drop_column("uploads", "findings")
    op.drop_column("channels", "media_rules")
