"""Upstream accounts: what they are, how they do, and what was taken over from them."""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, Table, Text

from stagedoor.db.tables.base import Key, Time, metadata

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
