"""The windows of limits, and how often tenants and keys may call."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "quotas",
        sa.Column("owner", KEY, nullable=False, comment="a channel, a key or a tenant"),
        sa.Column("name", KEY, nullable=False, comment="what is limited: an action, or calls"),
        sa.Column("turns", sa.BigInteger(), nullable=False, comment="changed first, which locks the row"),
        sa.Column("state", sa.LargeBinary(), nullable=False, comment="JSON: who holds places, and when calls ended"),
        sa.PrimaryKeyConstraint("owner", "name"),
    )
    for table in ("tenants", "api_keys"):
        op.add_column(table, sa.Column("rate_limit", sa.Text(), nullable=True, comment="as 100/s; null: the setting's"))


def downgrade() -> None:
    for table in ("api_keys", "tenants"):
        op.drop_column(table, "rate_limit")
    op.drop_table("quotas")
