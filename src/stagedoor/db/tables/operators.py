"""Operators of the console, how they sign in, and where they are signed in."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from stagedoor.db.tables.base import Key, Time, metadata

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
