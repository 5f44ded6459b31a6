"""The schema, for reading and for Alembic. Times are microseconds since 1970; sealed and hashed columns are bytes."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, text
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
    Column("weight", Integer, nullable=False, server_default="1"),
    Column("tenants", Text, comment="JSON: whose new things it takes; null: all"),
    Column("draining_at", Time, comment="set: no new groups and sessions"),
    Column(
        "media_rules",
        Text,
        nullable=False,
        server_default="{}",
        comment="JSON: rules that differ from the documented ones",
    ),
)

channel_conditions = Table(
    "channel_conditions",
    metadata,
    Column("channel_id", Key, ForeignKey("channels.id"), primary_key=True),
    Column("kind", Key, primary_key=True),
    Column("action", Key, primary_key=True, comment="what was refused; *: whatever is asked"),
    Column("code", Text, nullable=False, comment="as the upstream said it"),
    Column("since", Time, nullable=False),
    Column("last_seen_at", Time, nullable=False),
)

adoptions = Table(
    "adoptions",
    metadata,
    Column("id", Key, primary_key=True, comment="hash of what is adopted for whom"),
    Column("place", LargeBinary, nullable=False, comment="JSON: the page to read next"),
    Column("updated_at", Time, nullable=False),
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
    Column("withdrawn_at", Time, comment="when its actor took the consent back"),
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
    Column("sha256", LargeBinary, comment="of the uploaded file; null: it came from elsewhere"),
    Index("assets_by_create_time", "tenant_id", "group_type", "status", "created_at", "id"),
    Index("assets_by_update_time", "tenant_id", "group_type", "status", "updated_at", "id"),
    Index("assets_by_group", "tenant_id", "group_type", "status", "group_id", "id"),
    Index("assets_of_group_by_create_time", "tenant_id", "group_id", "status", "created_at", "id"),
    Index("assets_of_group_by_update_time", "tenant_id", "group_id", "status", "updated_at", "id"),
    Index(
        "assets_of_group_by_content",
        "tenant_id",
        "group_id",
        "sha256",
        sqlite_where=text("sha256 IS NOT NULL"),
        postgresql_where=text("sha256 IS NOT NULL"),
    ),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", Key, primary_key=True),
    Column("tenant_id", Key, ForeignKey("tenants.id"), nullable=False),
    Column("name", Text, nullable=False, comment="as the caller calls the file; never a path"),
    Column("content_type", Text, nullable=False),
    Column("asset_type", Text, comment="null: neither said nor seen"),
    Column("size", BigInteger, nullable=False, comment="of the whole file, in bytes"),
    Column("received", BigInteger, nullable=False, comment="how many of them are here"),
    Column("sha256", LargeBinary, comment="null: not complete"),
    Column("findings", Text, comment="JSON: what the file is; null: not complete"),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Index("uploads_by_create_time", "tenant_id", "created_at", "id"),
    Index("uploads_by_content", "tenant_id", "sha256"),
)

upload_pieces = Table(
    "upload_pieces",
    metadata,
    Column("upload_id", Key, primary_key=True),
    Column("start", BigInteger, primary_key=True, autoincrement=False, comment="where in the file it begins"),
    Column("name", Key, nullable=False, comment="of the piece, among those of the upload"),
)

upload_files = Table(
    "upload_files",
    metadata,
    Column("tenant_id", Key, primary_key=True),
    Column("sha256", LargeBinary, primary_key=True),
    Column("file_id", Key, nullable=False, unique=True, comment="of the upload that brought it"),
    Column("uses", BigInteger, nullable=False, comment="how many uploads have this content"),
)

upload_totals = Table(
    "upload_totals",
    metadata,
    Column("tenant_id", Key, primary_key=True),
    Column("bytes", BigInteger, nullable=False, comment="of all uploads, whole or not"),
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
    Column("invitation_id", Key, comment="null: started by ⑪"),
    Index("validation_sessions_by_channel", "channel_id", "created_at"),
    Index("validation_sessions_by_invitation", "invitation_id", "created_at"),
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
    Column("slot", Integer, primary_key=True, autoincrement=False, comment="the total is the sum over its slots"),
    Column("n", BigInteger, nullable=False),
)

quotas = Table(
    "quotas",
    metadata,
    Column("owner", Key, primary_key=True, comment="a channel, a key or a tenant"),
    Column("name", Key, primary_key=True, comment="what is limited: an action, or calls"),
    Column("turns", BigInteger, nullable=False, comment="changed first, which locks the row"),
    Column("state", LargeBinary, nullable=False, comment="JSON: who holds places, and when calls ended"),
)

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

cases = Table(
    "cases",
    metadata,
    Column("id", Key, primary_key=True),
    Column("tenant_id", Key, nullable=False),
    Column("session_id", Key, ForeignKey("validation_sessions.id"), nullable=False, unique=True),
    Column("channel_id", Key, nullable=False),
    Column("project_name", Text, nullable=False),
    Column("candidates", Text, nullable=False, comment="JSON: groups it may be"),
    Column("rivals", Text, nullable=False, comment="JSON: sessions that may own them as well"),
    Column("opened_at", Time, nullable=False),
    Column("resolved_at", Time, comment="null: waits for an operator"),
    Column("group_id", Key, comment="what was decided; null: no group"),
    Index("cases_by_time", "resolved_at", "opened_at", "id"),
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

invitations = Table(
    "invitations",
    metadata,
    Column("id", Key, primary_key=True),
    Column("tenant_id", Key, ForeignKey("tenants.id"), nullable=False),
    Column("code_hash", LargeBinary, nullable=False, unique=True, comment="of the code in the link"),
    Column("model", Text, nullable=False),
    Column("project_name", Text, comment="as it was asked for; null: the channel's"),
    Column("details", LargeBinary, nullable=False, comment="sealed JSON: the code, and what its maker wrote"),
    Column("attempts", Integer, nullable=False, comment="how often the face check was begun"),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Column("cancelled_at", Time),
    Index("invitations_by_create_time", "tenant_id", "created_at", "id"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Key, primary_key=True),
    Column("tenant_id", Key, ForeignKey("tenants.id"), nullable=False),
    Column("invitation_id", Key, ForeignKey("invitations.id"), nullable=False),
    Column("receipt", Key, nullable=False),
    Column("version", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("text_sha256", LargeBinary, nullable=False),
    Column("record", LargeBinary, nullable=False, comment="sealed JSON: the exact text, the decisions, who and where"),
    Column("user_agent_hash", LargeBinary, nullable=False, comment="keyed"),
    Column("created_at", Time, nullable=False),
    Column("withdrawn_at", Time),
    Index("consents_by_invitation", "invitation_id", "created_at"),
)

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

deletions = Table(
    "deletions",
    metadata,
    Column("group_id", Key, primary_key=True),
    Column("tenant_id", Key, nullable=False),
    Column("channel_id", Key, nullable=False),
    Column("project_name", Text, nullable=False),
    Column("consent_id", Key, nullable=False, comment="that was taken back"),
    Column("invitation_id", Key, nullable=False),
    Column("withdrawn_at", Time, nullable=False),
    Column("overdue_at", Time, comment="when it was told that this takes too long"),
    Column("proved_at", Time, comment="null: not done yet"),
    Column("proof", LargeBinary, comment="signed JSON"),
    Index("deletions_by_tenant", "tenant_id", "withdrawn_at"),
)

deletion_steps = Table(
    "deletion_steps",
    metadata,
    Column("group_id", Key, primary_key=True),
    Column("action", Key, primary_key=True),
    Column("object_id", Key, primary_key=True),
    Column("answer", Text, nullable=False),
    Column("request_id", Text, nullable=False, comment="of the upstream"),
    Column("at", Time, nullable=False),
)

operators = Table(
    "operators",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Key, nullable=False, unique=True, comment="lower case; never given to anybody else"),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, comment="argon2id; null: none"),
    Column("totp_secret", LargeBinary, comment="sealed"),
    Column("totp_step", BigInteger, nullable=False, comment="of the last code that was used"),
    Column("created_at", Time, nullable=False),
    Column("removed_at", Time),
)

operator_passkeys = Table(
    "operator_passkeys",
    metadata,
    Column("id", Key, primary_key=True, comment="the credential's, in base64url"),
    Column("operator_id", Key, ForeignKey("operators.id"), nullable=False),
    Column("public_key", Text, nullable=False, comment="SPKI, in base64url"),
    Column("host", Text, nullable=False, comment="the name of the site it was made for"),
    Column("uses", BigInteger, nullable=False, comment="as the authenticator counts them"),
    Column("created_at", Time, nullable=False),
    Column("used_at", Time),
    Index("operator_passkeys_by_operator", "operator_id", "created_at"),
)

operator_recovery_codes = Table(
    "operator_recovery_codes",
    metadata,
    Column("operator_id", Key, ForeignKey("operators.id"), primary_key=True),
    Column("code_hash", LargeBinary, primary_key=True),
)

operator_links = Table(
    "operator_links",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("operator_id", Key, comment="null: makes the first operator"),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Index("operator_links_by_operator", "operator_id"),
    Index("operator_links_by_expiry", "expires_at"),
)

operator_challenges = Table(
    "operator_challenges",
    metadata,
    Column("challenge_hash", LargeBinary, primary_key=True, comment="of one that was answered"),
    Column("expires_at", Time, nullable=False),
    Index("operator_challenges_by_expiry", "expires_at"),
)

operator_sessions = Table(
    "operator_sessions",
    metadata,
    Column("id", Key, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("operator_id", Key, ForeignKey("operators.id"), nullable=False),
    Column("created_at", Time, nullable=False),
    Column("seen_at", Time, nullable=False),
    Column("proved_at", Time, nullable=False, comment="when a factor was last shown"),
    Column("expires_at", Time, nullable=False),
    Column("browser", Text, nullable=False),
    Column("network", Text, nullable=False, comment="the address without its last part"),
    Index("operator_sessions_by_operator", "operator_id", "created_at"),
    Index("operator_sessions_by_expiry", "expires_at"),
)

operator_tries = Table(
    "operator_tries",
    metadata,
    Column("who_hash", LargeBinary, primary_key=True, comment="of a name and an address"),
    Column("failures", Integer, nullable=False, comment="in a row"),
    Column("tried_at", Time, nullable=False),
    Index("operator_tries_by_time", "tried_at"),
)

imports = Table(
    "imports",
    metadata,
    Column("id", Key, primary_key=True),
    Column("tenant_id", Key, ForeignKey("tenants.id"), nullable=False),
    Column("key_id", Key, nullable=False, comment="in whose name assets are made"),
    Column("model", Text, nullable=False),
    Column("key_hash", LargeBinary, comment="of the Idempotency-Key; null: there was none"),
    Column("body_hash", LargeBinary, nullable=False),
    Column("total", Integer, nullable=False, comment="items"),
    Column("source", LargeBinary, comment="sealed JSON: the items; null: all are rows"),
    Column("created_at", Time, nullable=False),
    Column("cancelled_at", Time),
    Column("finished_at", Time),
    Index("imports_by_create_time", "tenant_id", "created_at", "id"),
    Index("imports_by_key", "tenant_id", "key_hash", unique=True),
    Index("imports_by_end", "finished_at"),
)

import_items = Table(
    "import_items",
    metadata,
    Column("import_id", Key, ForeignKey("imports.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="its place in the request, from 1"),
    Column("tenant_id", Key, nullable=False),
    Column("group_id", Key, nullable=False),
    Column("asset_type", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("url", LargeBinary, comment="sealed; wiped when it is needed no more"),
    Column("state", Key, nullable=False),
    Column("tries", Integer, nullable=False, comment="how often its answer was lost and it was surely not made"),
    Column("mark", Key, comment="of the upload under way"),
    Column("asset_id", Key),
    Column("error", Text, comment="JSON, as it is shown"),
    Index("import_items_by_state", "import_id", "state", "number"),
    Index("import_items_by_group", "tenant_id", "group_id"),
)
