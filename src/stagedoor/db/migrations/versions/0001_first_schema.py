"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channels",
        sa.Column("id", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column("name", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("project_name", sa.Text(), nullable=False),
        sa.Column("models", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("limits", sa.Text(), nullable=False, comment="JSON: action to calls and seconds"),
        sa.Column("credentials", sa.LargeBinary(), nullable=False, comment="sealed"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "counters",
        sa.Column("tenant_id", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column("name", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name"),
    )
    op.create_table(
        "tenants",
        sa.Column("id", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "project_name", sa.Text(), nullable=True, comment="set: everything of the tenant lives in this project"
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column(
            "tenant_id",
            sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"),
            nullable=True,
            comment="null: an operator's key",
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False, comment="the last four characters"),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("models", sa.Text(), nullable=True, comment="null: every model"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret_hash"),
    )
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.create_index("api_keys_by_tenant", ["tenant_id", "created_at", "id"], unique=False)

    op.create_table(
        "asset_groups",
        sa.Column(
            "id",
            sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"),
            nullable=False,
            comment="Ark's id; one owner only",
        ),
        sa.Column("tenant_id", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column("channel_id", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column("group_type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_folded", sa.Text(), nullable=False, comment="case-folded, for search"),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("project_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("asset_groups", schema=None) as batch_op:
        batch_op.create_index(
            "asset_groups_by_create_time", ["tenant_id", "group_type", "created_at", "id"], unique=False
        )
        batch_op.create_index(
            "asset_groups_by_update_time", ["tenant_id", "group_type", "updated_at", "id"], unique=False
        )

    op.create_table(
        "assets",
        sa.Column(
            "id",
            sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"),
            nullable=False,
            comment="Ark's id; one owner only",
        ),
        sa.Column("tenant_id", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column("channel_id", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column("group_id", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column("group_type", sa.Text(), nullable=False),
        sa.Column("asset_type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_folded", sa.Text(), nullable=False, comment="case-folded, for search"),
        sa.Column("moderation", sa.Text(), nullable=False),
        sa.Column("project_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column(
            "shown", sa.LargeBinary(), nullable=False, comment="the answer's JSON, printed when the row was written"
        ),
        sa.Column("url", sa.LargeBinary(), nullable=True, comment="Ark's presigned address as a JSON string, sealed"),
        sa.Column("url_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("last_inference_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=True, comment="when Ark was last asked"),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("assets", schema=None) as batch_op:
        batch_op.create_index(
            "assets_by_create_time", ["tenant_id", "group_type", "status", "created_at", "id"], unique=False
        )
        batch_op.create_index("assets_by_group", ["tenant_id", "group_type", "status", "group_id", "id"], unique=False)
        batch_op.create_index(
            "assets_by_update_time", ["tenant_id", "group_type", "status", "updated_at", "id"], unique=False
        )
        batch_op.create_index(
            "assets_of_group_by_create_time", ["tenant_id", "group_id", "status", "created_at", "id"], unique=False
        )
        batch_op.create_index(
            "assets_of_group_by_update_time", ["tenant_id", "group_id", "status", "updated_at", "id"], unique=False
        )

    op.create_table(
        "idempotency_keys",
        sa.Column("tenant_id", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column("action", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True, comment="null: finished"),
        sa.Column("claims", sa.Integer(), nullable=False, comment="the fencing number"),
        sa.Column("answer", sa.LargeBinary(), nullable=True, comment="sealed"),
        sa.Column(
            "answer_until", sa.BigInteger(), nullable=True, comment="when the answer is wiped; null: there is none"
        ),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "action", "key_hash"),
    )
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.create_index("idempotency_keys_by_answer", ["answer_until"], unique=False)
        batch_op.create_index("idempotency_keys_by_expiry", ["expires_at"], unique=False)

    op.create_table(
        "validation_sessions",
        sa.Column("id", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column("tenant_id", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column("channel_id", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column("project_name", sa.Text(), nullable=False),
        sa.Column("callback_url", sa.Text(), nullable=False, comment="the caller's page"),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("byted_token", sa.LargeBinary(), nullable=True, comment="sealed; wiped when the session has ended"),
        sa.Column(
            "open_until", sa.BigInteger(), nullable=True, comment="when the token is given up; null: it has been wiped"
        ),
        sa.Column(
            "callback_hash", sa.LargeBinary(), nullable=True, comment="of the state in our own callback; null: theirs"
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "callback_code",
            sa.Text(),
            nullable=True,
            comment="resultCode/algorithmBaseRespCode as the browser brought them",
        ),
        sa.Column("callback_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "claims", sa.Integer(), nullable=False, comment="how often the exchange was begun; the fencing number"
        ),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True, comment="the lease of the exchange in flight"),
        sa.Column("unanswered", sa.Integer(), nullable=False, comment="exchanges that were sent and never answered"),
        sa.Column("outcome", sa.Text(), nullable=True, comment="error code of the last finished exchange"),
        sa.Column("group_id", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("callback_hash"),
        sa.UniqueConstraint("token_hash"),
    )
    with op.batch_alter_table("validation_sessions", schema=None) as batch_op:
        batch_op.create_index("validation_sessions_by_end", ["open_until"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("validation_sessions", schema=None) as batch_op:
        batch_op.drop_index("validation_sessions_by_end")

    op.drop_table("validation_sessions")
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.drop_index("idempotency_keys_by_expiry")
        batch_op.drop_index("idempotency_keys_by_answer")

    op.drop_table("idempotency_keys")
    with op.batch_alter_table("assets", schema=None) as batch_op:
        batch_op.drop_index("assets_of_group_by_update_time")
        batch_op.drop_index("assets_of_group_by_create_time")
        batch_op.drop_index("assets_by_update_time")
        batch_op.drop_index("assets_by_group")
        batch_op.drop_index("assets_by_create_time")

    op.drop_table("assets")
    with op.batch_alter_table("asset_groups", schema=None) as batch_op:
        batch_op.drop_index("asset_groups_by_update_time")
        batch_op.drop_index("asset_groups_by_create_time")

    op.drop_table("asset_groups")
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.drop_index("api_keys_by_tenant")

    op.drop_table("api_keys")
    op.drop_table("tenants")
    op.drop_table("counters")
    op.drop_table("channels")
