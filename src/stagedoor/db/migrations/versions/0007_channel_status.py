"""How channels are chosen and what their accounts say of themselves; how far a move-in has come."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    # With a default, so that processes of the version before go on adding channels.
    op.add_column("channels", sa.Column("weight", sa.Integer(), nullable=False, server_default="1"))
    op.add_column(
        "channels", sa.Column("tenants", sa.Text(), nullable=True, comment="JSON: whose new things it takes; null: all")
    )
    op.add_column(
        "channels", sa.Column("draining_at", sa.BigInteger(), nullable=True, comment="set: no new groups and sessions")
    )
    op.create_table(
        "channel_conditions",
        sa.Column("channel_id", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("action", KEY, nullable=False, comment="what was refused; *: whatever is asked"),
        sa.Column("code", sa.Text(), nullable=False, comment="as the upstream said it"),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"]),
        sa.PrimaryKeyConstraint("channel_id", "kind", "action"),
    )
    op.create_table(
        "adoptions",
        sa.Column("id", KEY, nullable=False, comment="hash of what is adopted for whom"),
        sa.Column("place", sa.LargeBinary(), nullable=False, comment="JSON: the page to read next"),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("adoptions")
    op.drop_table("channel_conditions")
    op.drop_column("channels", "draining_at")
    op.drop_column("channels", "tenants")
    op.drop_column("channels", "weight")
