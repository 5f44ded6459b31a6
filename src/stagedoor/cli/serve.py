"""`stagedoor serve` and `stagedoor migrate`."""

import errno
from pathlib import Path
from typing import Annotated

import typer

from stagedoor.settings import Settings, SettingsError, load_settings

NEWEST = "0008"
"""The newest revision, known without loading Alembic; a test holds it to the migrations."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on, instead of STAGEDOOR_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on, instead of STAGEDOOR_PORT.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes, instead of STAGEDOOR_WORKERS; more than one needs PostgreSQL.")
    ] = None,
) -> None:
    """Serve the gateway. A SQLite database is made and migrated first; PostgreSQL needs `stagedoor migrate`."""
    from stagedoor.logs import set_up_logs

    settings = load_settings(host=host, port=port, workers=workers)
    set_up_logs(settings)
    check_start(settings)
    prepare_database(settings)
    if settings.workers > 1:
        from stagedoor.workers import Workers

        Workers(settings).serve()
    else:
        from stagedoor.server import listen, serve_app

        serve_app(settings, listen(settings))


def check_start(settings: Settings) -> None:
    """Refuse what cannot work before anything is opened.

    Raises:
        SettingsError: more than one process on SQLite, a secret key that is none, or a port that is taken.

    """
    from stagedoor.app import load_vault

    if settings.workers > 1 and settings.database.startswith("sqlite"):
        raise SettingsError("SQLite serves one process. Set STAGEDOOR_DATABASE_URL to PostgreSQL for more workers.")
    load_vault(settings)
    check_port_is_free(settings.host, settings.port)


def check_port_is_free(host: str, port: int) -> None:
    """Refuse a port that somebody serves already.

    Raises:
        SettingsError: it is taken, or the address is not this machine's.

    """
    import socket

    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(found[0]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found[4])
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(f"Port {port} is taken. Choose another with --port.") from None
        raise SettingsError(f"Cannot listen on {host} port {port}: {error.strerror}.") from None


def prepare_database(settings: Settings) -> None:
    """Make and migrate a SQLite file; look whether PostgreSQL was migrated.

    Raises:
        SettingsError: the database cannot be opened, or `stagedoor migrate` has to run first.

    """
    if settings.database.startswith("sqlite:///"):
        migrate_sqlite(settings)
    elif not _postgres_is_migrated(settings.database):
        raise SettingsError("The PostgreSQL schema is missing or not the newest. Run `stagedoor migrate`.")


def _postgres_is_migrated(url: str) -> bool:
    import asyncio

    from stagedoor.db.database import Tx
    from stagedoor.db.open import open_database

    async def look(tx: Tx) -> bool:
        if not await tx.number("SELECT count(to_regclass('alembic_version'))"):
            return False
        return bool(await tx.number("SELECT count(*) FROM alembic_version WHERE version_num = :newest", newest=NEWEST))

    async def ask() -> bool:
        database = await open_database(url, pool=1)
        try:
            return await database.read(look)
        finally:
            await database.close()

    return asyncio.run(ask())


def migrate_sqlite(settings: Settings) -> None:
    """Bring the SQLite file to the newest schema; Alembic is loaded only when there is something to do.

    Raises:
        SettingsError: the file cannot be opened.

    """
    import sqlite3
    from contextlib import closing

    path = Path(settings.database.removeprefix("sqlite:///"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path)) as connection:
            known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
            current = known and connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except (OSError, sqlite3.Error) as error:
        raise SettingsError(f"The database {path} cannot be opened: {error}.") from None
    if current != (NEWEST,):
        from stagedoor.db.migrate import migrate as bring_up_to_date

        bring_up_to_date(settings.database)


def migrate() -> None:
    """Bring the database to the newest schema."""
    settings = load_settings()
    if settings.database.startswith("sqlite:///"):
        migrate_sqlite(settings)
    elif not _postgres_is_migrated(settings.database):
        from stagedoor.db.migrate import migrate as bring_up_to_date

        bring_up_to_date(settings.database)
    print(NEWEST)
