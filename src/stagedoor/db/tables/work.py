"""What is owed: jobs, events, and the webhooks that tell of them."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from stagedoor.db.tables.base import Key, Time, metadata

jobs = Table(
    "jobs",
    metadata,
    Column("kind", Key, primary_key=True),
    Column("key", Key, primary_key=True, comment="of the row that says what to do"),
    Column("tenant_id", Key, comment="whose work it is; null: the operator's"),
    Column("due_at", Time, comment="when it may be taken; at work: the end of the lease; null: dead"),
    Column("started_at", Time, comment="null: nobody is at work on it"),
    Column("again_at", Time, comment="asked for again while at work: due then"),
    Column("claims", Integer, nullable=False, comment="the fencing number"),
    Column("failures", Integer, nullable=False, comment="in a row, for the back-off"),
    Column("crashes", Integer, nullable=False, comment="ends in a row that nobody foresaw"),
    Column("error", Text),
    Column("created_at", Time, nullable=False),
    Index("jobs_by_due", "kind", "due_at"),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("written_in", BigInteger, nullable=False, comment="the number of the transaction; 0 on SQLite"),
    Column("id", Key, nullable=False, unique=True),
    Column("tenant_id", Key, nullable=False),
    Column("type", Text, nullable=False),
    Column("object_id", Key, nullable=False),
    Column("data", LargeBinary, nullable=False, comment="JSON: ids and states"),
    Column("created_at", Time, nullable=False),
    Index("events_in_order", "tenant_id", "written_in", "position"),
    sqlite_autoincrement=True,
)

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", Key, primary_key=True),
    Column("tenant_id", Key, ForeignKey("tenants.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("types", Text, comment="JSON: the event types it gets; null: all"),
    Column("secret", LargeBinary, nullable=False, comment="sealed"),
    Column("old_secret", LargeBinary, comment="sealed; signs beside the new one for a day"),
    Column("old_secret_until", Time),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Column("disabled_at", Time),
    Column("disabled_by", Text, comment="Tenant, Gone or Failing"),
    Column("first_failed_at", Time, comment="since when nothing but failures; null: the last answer was good"),
    Column("paused_until", Time, comment="nothing is sent before"),
    Index("webhook_endpoints_by_tenant", "tenant_id", "created_at", "id"),
    Index("webhook_endpoints_by_old_secret", "old_secret_until"),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    # No foreign key: whoever writes an event must not wait for, or fail with, a change of an endpoint.
    Column("endpoint_id", Key, primary_key=True),
    Column("event_id", Key, primary_key=True),
    Column("tenant_id", Key, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Time, comment="when it is tried; null: ended"),
    Column("delivered_at", Time),
    Column("tried_at", Time),
    Column("status", Integer, comment="HTTP status of the last answer"),
    Column("error", Text, comment="what the last attempt failed with"),
    Column("created_at", Time, nullable=False),
    Index("webhook_deliveries_by_due", "endpoint_id", "due_at"),
    Index("webhook_deliveries_by_age", "created_at"),
)
