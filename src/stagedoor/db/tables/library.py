"""What tenants own: groups, assets, their totals, and imports of many."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from stagedoor.db.tables.base import Key, Time, metadata

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

counters = Table(
    "counters",
    metadata,
    Column("tenant_id", Key, primary_key=True),
    Column("name", Key, primary_key=True),
    Column("slot", Integer, primary_key=True, autoincrement=False, comment="the total is the sum over its slots"),
    Column("n", BigInteger, nullable=False),
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
