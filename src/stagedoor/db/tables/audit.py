"""The audit trail: what waits to be sealed, the entries, their chains and signed heads."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from stagedoor.db.tables.base import Key, Time, metadata

audit_inbox = Table(
    "audit_inbox",
    metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("written_in", BigInteger, nullable=False, comment="the number of the transaction; 0 on SQLite"),
    Column("tenant_id", Key, nullable=False, comment="empty: the instance's own"),
    Column("actor", Text, nullable=False, comment="who did it"),
    Column("action", Text, nullable=False),
    Column("object_id", Key, nullable=False),
    Column("details", LargeBinary, nullable=False, comment="JSON: ids, numbers and codes"),
    Column("created_at", Time, nullable=False),
    Index("audit_inbox_in_order", "written_in", "position"),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("tenant_id", Key, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("object_id", Key, nullable=False),
    Column("entry", LargeBinary, nullable=False, comment="JSON, exactly as it was hashed"),
    Column("hash", LargeBinary, nullable=False, comment="SHA-256 of the entry, which names the one before"),
    Index("audit_entries_by_object", "tenant_id", "object_id", "seq"),
)

audit_chains = Table(
    "audit_chains",
    metadata,
    Column("tenant_id", Key, primary_key=True),
    Column("seq", BigInteger, nullable=False, comment="of the last entry"),
    Column("hash", LargeBinary, nullable=False, comment="of the last entry"),
    Column("checkpoint_seq", BigInteger, nullable=False, comment="how far it is signed"),
    Column("checkpoint_due_at", Time, comment="when its end is to be signed; null: it is"),
    Column("proof", LargeBinary, nullable=False, comment="keyed hash of the columns before, without the time"),
    Index("audit_chains_by_due", "checkpoint_due_at"),
)

audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    Column("tenant_id", Key, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False, comment="of the entry it is about"),
    Column("statement", LargeBinary, nullable=False, comment="JSON, exactly as it was signed"),
    Column("signature", LargeBinary, nullable=False, comment="ed25519"),
)
