"""Invitations, and what actors agreed to."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", KEY, nullable=False),
        sa.Column("tenant_id", KEY, nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False, comment="of the code in the link"),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("project_name", sa.Text(), nullable=True, comment="as it was asked for; null: the channel's"),
        sa.Column(
            "details", sa.LargeBinary(), nullable=False, comment="sealed JSON: the code, and what its maker wrote"
        ),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="how often the face check was begun"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code_hash"),
    )
    op.create_index("invitations_by_create_time", "invitations", ["tenant_id", "created_at", "id"])
    op.create_table(
        "consents",
        sa.Column("id", KEY, nullable=False),
        sa.Column("tenant_id", KEY, nullable=False),
        sa.Column("invitation_id", KEY, nullable=False),
        sa.Column("receipt", KEY, nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("text_sha256", sa.LargeBinary(), nullable=False),
        sa.Column(
            "record",
            sa.LargeBinary(),
            nullable=False,
            comment="sealed JSON: the exact text, the decisions, who and where",
        ),
        sa.Column("user_agent_hash", sa.LargeBinary(), nullable=False, comment="keyed"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"]),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("consents_by_invitation", "consents", ["invitation_id", "created_at"])
    op.add_column("validation_sessions", sa.Column("invitation_id", KEY, nullable=True, comment="null: started by ⑪"))
    op.create_index("validation_sessions_by_invitation", "validation_sessions", ["invitation_id", "created_at"])


def downgrade() -> None:
    op.drop_index("validation_sessions_by_invitation", "validation_sessions")
    op.drop_column("validation_sessions", "invitation_id")
    op.drop_table("consents")
    op.drop_table("invitations")
