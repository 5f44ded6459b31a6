"""`stagedoor serve` and `stagedoor migrate`."""

import os
from typing import Annotated

import typer

from stagedoor.logs import set_up_logs
from stagedoor.settings import Settings, SettingsError, load_settings

NEWEST = "0001"
"""The newest revision, known without loading Alembic; a test holds it to the migrations."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; more than one needs PostgreSQL.")] = None,
) -> None:
    """Serve the gateway. A SQLite database is made and migrated first; PostgreSQL needs `stagedoor migrate`."""
    from stagedoor.server import serve_app

    settings = load_settings(host=host, port=port, workers=workers)
    # Worker processes read the environment again.
    for name, value in (("HOST", host), ("PORT", port), ("WORKERS", workers)):
        if value is not None:
            os.environ[f"STAGEDOOR_{name}"] = str(value)
    set_up_logs(settings)
    check_start(settings)
    if settings.database.startswith("sqlite"):
        migrate_sqlite(settings)
    serve_app(settings)


def check_start(settings: Settings) -> None:
    """Refuse combinations that cannot work.

    Raises:
        SettingsError: more than one process on SQLite, or on PostgreSQL without a common secret key.

    """
    if settings.workers == 1:
        return
    if settings.database.startswith("sqlite"):
        raise SettingsError("SQLite serves one process. Set STAGEDOOR_DATABASE_URL to PostgreSQL for more workers.")


def migrate_sqlite(settings: Settings) -> None:
    """Bring the SQLite file to the newest schema; Alembic is loaded only when there is something to do."""
    import sqlite3
    from contextlib import closing

    path = settings.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        try:
            current = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            current = None
    if current != (NEWEST,):
        from stagedoor.db.migrate import migrate as bring_up_to_date

        bring_up_to_date(settings.database)


def migrate() -> None:
    """Bring the database to the newest schema."""
    from stagedoor.db.migrate import migrate as bring_up_to_date

    settings = load_settings()
    print(bring_up_to_date(settings.database))
