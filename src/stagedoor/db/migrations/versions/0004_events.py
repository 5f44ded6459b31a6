"""Events, webhook endpoints and what they are owed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("written_in", sa.BigInteger(), nullable=False, comment="the number of the transaction; 0 on SQLite"),
        sa.Column("id", KEY, nullable=False),
        sa.Column("tenant_id", KEY, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("object_id", KEY, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False, comment="JSON: ids and states"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("events_in_order", "events", ["tenant_id", "written_in", "position"])
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", KEY, nullable=False),
        sa.Column("tenant_id", KEY, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("types", sa.Text(), nullable=True, comment="JSON: the event types it gets; null: all"),
        sa.Column("secret", sa.LargeBinary(), nullable=False, comment="sealed"),
        sa.Column("old_secret", sa.LargeBinary(), nullable=True, comment="sealed; signs beside the new one for a day"),
        sa.Column("old_secret_until", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("disabled_by", sa.Text(), nullable=True, comment="Tenant, Gone or Failing"),
        sa.Column(
            "first_failed_at",
            sa.BigInteger(),
            nullable=True,
            comment="since when nothing but failures; null: the last answer was good",
        ),
        sa.Column("paused_until", sa.BigInteger(), nullable=True, comment="nothing is sent before"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("webhook_endpoints_by_tenant", "webhook_endpoints", ["tenant_id", "created_at", "id"])
    op.create_index("webhook_endpoints_by_old_secret", "webhook_endpoints", ["old_secret_until"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("endpoint_id", KEY, nullable=False),
        sa.Column("event_id", KEY, nullable=False),
        sa.Column("tenant_id", KEY, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True, comment="when it is tried; null: ended"),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("tried_at", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True, comment="HTTP status of the last answer"),
        sa.Column("error", sa.Text(), nullable=True, comment="what the last attempt failed with"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("endpoint_id", "event_id"),
    )
    op.create_index("webhook_deliveries_by_due", "webhook_deliveries", ["endpoint_id", "due_at"])
    op.create_index("webhook_deliveries_by_age", "webhook_deliveries", ["created_at"])


def downgrade() -> None:
    op.drop_table("webhook_deliveries")
    op.drop_table("webhook_endpoints")
    op.drop_table("events")
