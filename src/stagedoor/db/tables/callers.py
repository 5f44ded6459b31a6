"""Who calls: tenants, their keys, what is counted against limits, and what must happen once only."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from stagedoor.db.tables.base import Key, Time, metadata

tenants = Table(
    "tenants",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Text, nullable=False),
    Column("project_name", Text, comment="set: everything of the tenant lives in this project"),
    Column("created_at", Time, nullable=False),
    Column("rate_limit", Text, comment="as 100/s; null: the setting's"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Key, primary_key=True),
    Column("tenant_id", Key, ForeignKey("tenants.id"), comment="null: an operator's key"),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("hint", Text, nullable=False, comment="the last four characters"),
    Column("scopes", Text, nullable=False),
    Column("models", Text, comment="null: every model"),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time),
    Column("revoked_at", Time),
    Column("access_key", Key, comment="of the pair that signs requests; null: the key has none"),
    Column("secret_key", LargeBinary, comment="of the pair, sealed: a signature cannot be checked by a hash"),
    Column("rate_limit", Text, comment="as 100/s; null: the setting's"),
    Index("api_keys_by_tenant", "tenant_id", "created_at", "id"),
    Index("api_keys_by_access_key", "access_key", unique=True),
)

quotas = Table(
    "quotas",
    metadata,
    Column("owner", Key, primary_key=True, comment="a channel, a key or a tenant"),
    Column("name", Key, primary_key=True, comment="what is limited: an action, or calls"),
    Column("turns", BigInteger, nullable=False, comment="changed first, which locks the row"),
    Column("state", LargeBinary, nullable=False, comment="JSON: who holds places, and when calls ended"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("tenant_id", Key, ForeignKey("tenants.id"), primary_key=True),
    Column("action", Key, primary_key=True),
    Column("key_hash", LargeBinary, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    Column("claimed_until", Time, comment="null: finished"),
    Column("claims", Integer, nullable=False, comment="the fencing number"),
    Column("answer", LargeBinary, comment="sealed"),
    Column("answer_until", Time, comment="when the answer is wiped; null: there is none"),
    Column("expires_at", Time, nullable=False),
    Index("idempotency_keys_by_expiry", "expires_at"),
    Index("idempotency_keys_by_answer", "answer_until"),
)
