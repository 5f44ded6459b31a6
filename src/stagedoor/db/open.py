"""Opening the database a URL names."""

from pathlib import Path

from stagedoor.db.database import Database
from stagedoor.db.sqlite import SqliteDatabase
from stagedoor.settings import SettingsError


async def open_database(url: str, *, pool: int = 10) -> Database:
    """Open ``sqlite:///path`` or ``postgresql://…``.

    Args:
        url: where the database is.
        pool: most connections to hold (PostgreSQL only).

    Raises:
        DatabaseUnavailable: it cannot be opened.
        SettingsError: the URL names another kind of database.

    """
    if url.startswith("sqlite:///"):
        return SqliteDatabase(Path(url.removeprefix("sqlite:///")))
    if url.startswith(("postgresql://", "postgres://")):
        from stagedoor.db.postgres import PostgresDatabase  # its driver takes a while to load

        return await PostgresDatabase.open(url, pool)
    raise SettingsError("The database URL must begin with sqlite:/// or postgresql://.")
