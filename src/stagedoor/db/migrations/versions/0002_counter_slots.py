"""Counters in slots: a total is the sum over its slots, so that transactions do not wait for each other's row."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.rename_table("counters", "old_counters")
    op.create_table(
        "counters",
        sa.Column("tenant_id", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column(
            "slot", sa.Integer(), autoincrement=False, nullable=False, comment="the total is the sum over its slots"
        ),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", "slot", name="counters_by_slot"),
    )
    op.execute("INSERT INTO counters (tenant_id, name, slot, n) SELECT tenant_id, name, 0, n FROM old_counters")
    op.drop_table("old_counters")


def downgrade() -> None:
    op.rename_table("counters", "slotted_counters")
    op.create_table(
        "counters",
        sa.Column("tenant_id", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", name="counters_by_name"),
    )
    op.execute(
        "INSERT INTO counters (tenant_id, name, n) SELECT tenant_id, name, sum(n) FROM slotted_counters GROUP BY tenant_id, name"
    )
    op.drop_table("slotted_counters")
