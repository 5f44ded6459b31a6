"""Access key pairs, for requests that are signed instead of carrying the API key."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column(
        "api_keys",
        sa.Column("access_key", KEY, nullable=True, comment="of the pair that signs requests; null: the key has none"),
    )
    op.add_column(
        "api_keys",
        sa.Column(
            "secret_key",
            sa.LargeBinary(),
            nullable=True,
            comment="of the pair, sealed: a signature cannot be checked by a hash",
        ),
    )
    op.create_index("api_keys_by_access_key", "api_keys", ["access_key"], unique=True)


def downgrade() -> None:
    op.drop_index("api_keys_by_access_key", "api_keys")
    op.drop_column("api_keys", "secret_key")
    op.drop_column("api_keys", "access_key")
