"""Groups whose consent was taken back: their deletion, its steps and its proof."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column(
        "asset_groups",
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True, comment="when its actor took the consent back"),
    )
    op.create_table(
        "deletions",
        sa.Column("group_id", KEY, nullable=False),
        sa.Column("tenant_id", KEY, nullable=False),
        sa.Column("channel_id", KEY, nullable=False),
        sa.Column("project_name", sa.Text(), nullable=False),
        sa.Column("consent_id", KEY, nullable=False, comment="that was taken back"),
        sa.Column("invitation_id", KEY, nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=False),
        sa.Column("overdue_at", sa.BigInteger(), nullable=True, comment="when it was told that this takes too long"),
        sa.Column("proved_at", sa.BigInteger(), nullable=True, comment="null: not done yet"),
        sa.Column("proof", sa.LargeBinary(), nullable=True, comment="signed JSON"),
        sa.PrimaryKeyConstraint("group_id"),
    )
    op.create_table(
        "deletion_steps",
        sa.Column("group_id", KEY, nullable=False),
        sa.Column("action", KEY, nullable=False),
        sa.Column("object_id", KEY, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False, comment="of the upstream"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "action", "object_id"),
    )


def downgrade() -> None:
    op.drop_table("deletion_steps")
    op.drop_table("deletions")
    op.drop_column("asset_groups", "withdrawn_at")
