"""Operators that sign in to the console: their factors, links, sessions, and what was guessed at their doors."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "operators",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False, comment="lower case; never given to anybody else"),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True, comment="argon2id; null: none"),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True, comment="sealed"),
        sa.Column("totp_step", sa.BigInteger(), nullable=False, comment="of the last code that was used"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "operator_passkeys",
        sa.Column("id", KEY, nullable=False, comment="the credential's, in base64url"),
        sa.Column("operator_id", KEY, nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False, comment="SPKI, in base64url"),
        sa.Column("host", sa.Text(), nullable=False, comment="the name of the site it was made for"),
        sa.Column("uses", sa.BigInteger(), nullable=False, comment="as the authenticator counts them"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("operator_passkeys_by_operator", "operator_passkeys", ["operator_id", "created_at"])
    op.create_table(
        "operator_recovery_codes",
        sa.Column("operator_id", KEY, nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"]),
        sa.PrimaryKeyConstraint("operator_id", "code_hash"),
    )
    op.create_table(
        "operator_links",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("operator_id", KEY, nullable=True, comment="null: makes the first operator"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    op.create_index("operator_links_by_operator", "operator_links", ["operator_id"])
    op.create_index("operator_links_by_expiry", "operator_links", ["expires_at"])
    op.create_table(
        "operator_challenges",
        sa.Column("challenge_hash", sa.LargeBinary(), nullable=False, comment="of one that was answered"),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("challenge_hash"),
    )
    op.create_index("operator_challenges_by_expiry", "operator_challenges", ["expires_at"])
    op.create_table(
        "operator_sessions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("operator_id", KEY, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("proved_at", sa.BigInteger(), nullable=False, comment="when a factor was last shown"),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False, comment="the address without its last part"),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("operator_sessions_by_operator", "operator_sessions", ["operator_id", "created_at"])
    op.create_index("operator_sessions_by_expiry", "operator_sessions", ["expires_at"])
    op.create_table(
        "operator_tries",
        sa.Column("who_hash", sa.LargeBinary(), nullable=False, comment="of a name and an address"),
        sa.Column("failures", sa.Integer(), nullable=False, comment="in a row"),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("who_hash"),
    )
    op.create_index("operator_tries_by_time", "operator_tries", ["tried_at"])
    op.create_index("deletions_by_tenant", "deletions", ["tenant_id", "withdrawn_at"])


def downgrade() -> None:
    op.drop_index("deletions_by_tenant", table_name="deletions")
    for table in (
        "operator_tries",
        "operator_sessions",
        "operator_challenges",
        "operator_links",
        "operator_recovery_codes",
        "operator_passkeys",
        "operators",
    ):
        op.drop_table(table)
