"""The audit trail: entries as they are written, their chains, and the signatures of these."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "audit_inbox",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("written_in", sa.BigInteger(), nullable=False, comment="the number of the transaction; 0 on SQLite"),
        sa.Column("tenant_id", KEY, nullable=False, comment="empty: the instance's own"),
        sa.Column("actor", sa.Text(), nullable=False, comment="who did it"),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_id", KEY, nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False, comment="JSON: ids, numbers and codes"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("audit_inbox_in_order", "audit_inbox", ["written_in", "position"])
    op.create_table(
        "audit_entries",
        sa.Column("tenant_id", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("object_id", KEY, nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False, comment="JSON, exactly as it was hashed"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the entry, which names the one before"),
        sa.PrimaryKeyConstraint("tenant_id", "seq"),
    )
    op.create_index("audit_entries_by_object", "audit_entries", ["tenant_id", "object_id", "seq"])
    op.create_table(
        "audit_chains",
        sa.Column("tenant_id", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="of the last entry"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="of the last entry"),
        sa.Column("checkpoint_seq", sa.BigInteger(), nullable=False, comment="how far it is signed"),
        sa.Column(
            "checkpoint_due_at", sa.BigInteger(), nullable=True, comment="when its end is to be signed; null: it is"
        ),
        sa.Column(
            "proof", sa.LargeBinary(), nullable=False, comment="keyed hash of the columns before, without the time"
        ),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    op.create_index("audit_chains_by_due", "audit_chains", ["checkpoint_due_at"])
    op.create_table(
        "audit_checkpoints",
        sa.Column("tenant_id", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False, comment="of the entry it is about"),
        sa.Column("statement", sa.LargeBinary(), nullable=False, comment="JSON, exactly as it was signed"),
        sa.Column("signature", sa.LargeBinary(), nullable=False, comment="ed25519"),
        sa.PrimaryKeyConstraint("tenant_id", "seq"),
    )


def downgrade() -> None:
    op.drop_table("audit_checkpoints")
    op.drop_table("audit_chains")
    op.drop_table("audit_entries")
    op.drop_table("audit_inbox")
