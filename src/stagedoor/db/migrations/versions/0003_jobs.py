"""Jobs, and the cases that an operator decides."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("kind", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False, comment="of the row that says what to do"),
        sa.Column("tenant_id", KEY, nullable=True, comment="whose work it is; null: the operator's"),
        sa.Column(
            "due_at",
            sa.BigInteger(),
            nullable=True,
            comment="when it may be taken; at work: the end of the lease; null: dead",
        ),
        sa.Column("started_at", sa.BigInteger(), nullable=True, comment="null: nobody is at work on it"),
        sa.Column("again_at", sa.BigInteger(), nullable=True, comment="asked for again while at work: due then"),
        sa.Column("claims", sa.Integer(), nullable=False, comment="the fencing number"),
        sa.Column("failures", sa.Integer(), nullable=False, comment="in a row, for the back-off"),
        sa.Column("crashes", sa.Integer(), nullable=False, comment="ends in a row that nobody foresaw"),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key"),
        sqlite_with_rowid=False,
    )
    op.create_index("jobs_by_due", "jobs", ["kind", "due_at"])
    op.create_table(
        "cases",
        sa.Column("id", KEY, nullable=False),
        sa.Column("tenant_id", KEY, nullable=False),
        sa.Column("session_id", KEY, nullable=False),
        sa.Column("channel_id", KEY, nullable=False),
        sa.Column("project_name", sa.Text(), nullable=False),
        sa.Column("candidates", sa.Text(), nullable=False, comment="JSON: groups it may be"),
        sa.Column("rivals", sa.Text(), nullable=False, comment="JSON: sessions that may own them as well"),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True, comment="null: waits for an operator"),
        sa.Column("group_id", KEY, nullable=True, comment="what was decided; null: no group"),
        sa.ForeignKeyConstraint(["session_id"], ["validation_sessions.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("session_id"),
    )
    op.create_index("cases_by_time", "cases", ["resolved_at", "opened_at", "id"])
    op.drop_index("validation_sessions_by_end", "validation_sessions")
    op.create_index("validation_sessions_by_channel", "validation_sessions", ["channel_id", "created_at"])
    # What is there already gets the jobs it would have from its start.
    op.execute(
        "INSERT INTO jobs (kind, key, tenant_id, due_at, claims, failures, crashes, created_at)"
        " SELECT 'exchange', id, tenant_id, open_until, 0, 0, 0, created_at FROM validation_sessions"
        " WHERE open_until IS NOT NULL"
    )
    op.execute(
        "INSERT INTO jobs (kind, key, tenant_id, due_at, claims, failures, crashes, created_at)"
        " SELECT 'sweep', id, tenant_id, created_at + 86400000000, 0, 0, 0, created_at FROM asset_groups"
    )
    op.execute(
        "INSERT INTO jobs (kind, key, tenant_id, due_at, claims, failures, crashes, created_at)"
        " SELECT 'track', id, tenant_id, created_at, 0, 0, 0, created_at FROM assets WHERE status = 'Processing'"
    )


def downgrade() -> None:
    op.drop_index("validation_sessions_by_channel", "validation_sessions")
    op.create_index("validation_sessions_by_end", "validation_sessions", ["open_until"])
    op.drop_table("cases")
    op.drop_table("jobs")
