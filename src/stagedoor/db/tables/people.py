"""Actors: invitations, consents, face checks, cases to decide, and deletions."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from stagedoor.db.tables.base import Key, Time, metadata

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
