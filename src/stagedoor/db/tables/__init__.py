"""The schema, for reading and for Alembic."""

from stagedoor.db.tables import audit, callers, channels, library, operators, people, uploads, work
from stagedoor.db.tables.base import metadata

__all__ = ["audit", "callers", "channels", "library", "metadata", "operators", "people", "uploads", "work"]
