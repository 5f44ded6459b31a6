"""The schema, for reading and for Alembic. Times are microseconds since 1970; sealed and hashed columns are bytes."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects import postgresql

metadata = MetaData()

# Compared byte by byte on both databases, so that keysets and sorts agree.
Key = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
Time = BigInteger

tenants = Table(
    "tenants",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Text, nullable=False),
    Column("project_name", Text, comment="set: everything of the tenant lives in this project"),
    Column("created_at", Time, nullable=False),
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
    Index("api_keys_by_tenant", "tenant_id", "created_at", "id"),
)

channels = Table(
    "channels",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Key, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("project_name", Text, nullable=False),
    Column("models", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("limits", Text, nullable=False, comment="JSON: action to calls and seconds"),
    Column("credentials", LargeBinary, nullable=False, comment="sealed"),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Column("disabled_at", Time),
)

asset_groups = Table(
    "asset_groups",
    metadata,
    Column("id", Key, primary_key=True, comment="Ark's id; one owner only"),
    Column("tenant_id", Key, ForeignKey("tenants.id"), nullable=False),
    Column("channel_id", Key, ForeignKey("channels.id"), nullable=False),
    Column("group_type", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_folded", Text, nullable=False, comment="case-folded, for search"),
    Column("description", Text, nullable=False),
    Column("project_name", Text, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Index("asset_groups_by_create_time", "tenant_id", "group_type", "created_at", "id"),
    Index("asset_groups_by_update_time", "tenant_id", "group_type", "updated_at", "id"),
)

assets = Table(
    "assets",
    metadata,
    Column("id", Key, primary_key=True, comment="Ark's id; one owner only"),
    Column("tenant_id", Key, ForeignKey("tenants.id"), nullable=False),
    Column("channel_id", Key, ForeignKey("channels.id"), nullable=False),
    Column("group_id", Key, nullable=False),
    Column("group_type", Text, nullable=False),
    Column("asset_type", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_folded", Text, nullable=False, comment="case-folded, for search"),
    Column("moderation", Text, nullable=False),
    Column("project_name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("error_code", Text),
    Column("error_message", Text),
    Column("shown", LargeBinary, nullable=False, comment="the answer's JSON, printed when the row was written"),
    Column("url", LargeBinary, comment="Ark's presigned address as a JSON string, sealed"),
    Column("url_expires_at", Time),
    Column("last_inference_at", Time),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Column("looked_at", Time, comment="when Ark was last asked"),
    Index("assets_by_create_time", "tenant_id", "group_type", "status", "created_at", "id"),
    Index("assets_by_update_time", "tenant_id", "group_type", "status", "updated_at", "id"),
    Index("assets_by_group", "tenant_id", "group_type", "status", "group_id", "id"),
    Index("assets_of_group_by_create_time", "tenant_id", "group_id", "status", "created_at", "id"),
    Index("assets_of_group_by_update_time", "tenant_id", "group_id", "status", "updated_at", "id"),
)

validation_sessions = Table(
    "validation_sessions",
    metadata,
    Column("id", Key, primary_key=True),
    Column("tenant_id", Key, ForeignKey("tenants.id"), nullable=False),
    Column("channel_id", Key, ForeignKey("channels.id"), nullable=False),
    Column("project_name", Text, nullable=False),
    Column("callback_url", Text, nullable=False, comment="the caller's page"),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("byted_token", LargeBinary, comment="sealed; wiped when the session has ended"),
    Column("open_until", Time, comment="when the token is given up; null: it has been wiped"),
    Column("callback_hash", LargeBinary, unique=True, comment="of the state in our own callback; null: theirs"),
    Column("state", Text, nullable=False),
    Column("callback_code", Text, comment="resultCode/algorithmBaseRespCode as the browser brought them"),
    Column("callback_at", Time),
    Column("claims", Integer, nullable=False, comment="how often the exchange was begun; the fencing number"),
    Column("claimed_until", Time, comment="the lease of the exchange in flight"),
    Column("unanswered", Integer, nullable=False, comment="exchanges that were sent and never answered"),
    Column("outcome", Text, comment="error code of the last finished exchange"),
    Column("group_id", Key),
    Column("created_at", Time, nullable=False),
    Column("ended_at", Time),
    Index("validation_sessions_by_end", "open_until"),
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

counters = Table(
    "counters",
    metadata,
    Column("tenant_id", Key, primary_key=True),
    Column("name", Key, primary_key=True),
    Column("n", BigInteger, nullable=False),
)
