"""`stagedoor serve` and `stagedoor migrate`."""

import errno
import gc
from pathlib import Path
from typing import Annotated

import typer

from stagedoor.settings import Settings, SettingsError, load_settings

NEWEST = "0013"
"""The newest revision, known without loading Alembic; a test holds it to the migrations."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on, instead of STAGEDOOR_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on, instead of STAGEDOOR_PORT.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes, instead of STAGEDOOR_WORKERS; more than one needs PostgreSQL.")
    ] = None,
) -> None:
    """Serve the gateway. A SQLite database is made and migrated first; PostgreSQL needs `stagedoor migrate`."""
    gc.disable()  # What is loaded now stays; to look through it again and again takes a tenth of the start.
    from stagedoor.logs import set_up_logs

    settings = load_settings(host=host, port=port, workers=workers)
    set_up_logs(settings)
    check_start(settings)
    prepare_database(settings)
    check_secret_key(settings)
    if settings.console:
        invite_first_operator(settings)
    if settings.workers > 1:
        from stagedoor.workers import Workers

        gc.enable()
        Workers(settings).serve()
    else:
        from stagedoor.server import listen, serve_app

        serve_app(settings, listen(settings))


def invite_first_operator(settings: Settings) -> None:
    """Print the link that makes the first operator, where there is none: to standard error, and nowhere else."""
    import asyncio
    import json
    import sys

    from stagedoor.app import open_runtime
    from stagedoor.errors import DatabaseUnavailable
    from stagedoor.operators.links import make_first_link

    async def make() -> str | None:
        rt = await open_runtime(settings)
        try:
            return await make_first_link(rt)
        except DatabaseUnavailable:  # a full disk, say: the gateway serves all the same
            return None
        finally:
            await rt.close()

    path = asyncio.run(make())
    if path is not None:
        link = f"{settings.public_url.rstrip('/') or f'http://{settings.host}:{settings.port}'}{path}"
        said = "The console has no operator yet. Who opens this link within 30 minutes is the first."
        # Who reads the log line by line still can.
        line = {"level": "info", "event": said, "link": link}
        print(json.dumps(line) if settings.log_format == "json" else f"{said}\n  {link}", file=sys.stderr)


def check_start(settings: Settings) -> None:
    """Refuse what cannot work before anything is opened.

    Raises:
        SettingsError: more than one process on SQLite, a secret key that is none, a port that is taken, networks that are
            none, or traces without their library.

    """
    from stagedoor.app import load_vault
    from stagedoor.traces import check_traces

    check_traces(settings)
    _ = settings.proxy_networks
    if settings.workers > 1 and settings.database.startswith("sqlite"):
        raise SettingsError("SQLite serves one process. Set STAGEDOOR_DATABASE_URL to PostgreSQL for more workers.")
    load_vault(settings)
    check_port_is_free(settings.host, settings.port, share=settings.share_port)


def check_port_is_free(host: str, port: int, *, share: bool = False) -> None:
    """Refuse a port that somebody serves already; ``share`` lets those pass that share it.

    Raises:
        SettingsError: it is taken, or the address is not this machine's.

    """
    import socket

    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(found[0]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if share:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            probe.bind(found[4])
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(f"Port {port} is taken. Choose another with --port.") from None
        raise SettingsError(f"Cannot listen on {host} port {port}: {error.strerror}.") from None


def prepare_database(settings: Settings) -> None:
    """Make and migrate a SQLite file; look whether PostgreSQL was migrated.

    Raises:
        SettingsError: the database cannot be opened, `stagedoor migrate` has to run first, or a newer version has taken
            away what this one needs.

    """
    url = settings.database
    if url.startswith("sqlite:///"):
        migrate_sqlite(settings)
        return
    found = _postgres_revision(url)
    if found is None:
        raise SettingsError("The PostgreSQL database has no schema yet. Run `stagedoor migrate`.")
    if found < NEWEST:
        raise SettingsError(
            f"The PostgreSQL schema is revision {found}, and this version needs {NEWEST}. Run `stagedoor migrate`."
        )
    check_newer_schema(url, found)


def check_newer_schema(url: str, found: str) -> None:
    """Let a schema pass that a newer version has only added to: during a rolling upgrade, and on the way back from one.

    Raises:
        SettingsError: the newer schema lacks something, or has a column that this version would leave empty and may not.

    """
    if found == NEWEST:
        return
    from stagedoor.db.migrate import find_misfits

    if misfits := find_misfits(url):
        raise SettingsError(
            f"The schema is revision {found}, too new for this version, which knows {NEWEST}: it does not fit at"
            f" {', '.join(misfits[:5])}. Run the version that made it."
        )


def _postgres_revision(url: str) -> str | None:
    """Return the revision of the schema; None when there is none."""
    import asyncio

    import msgspec

    from stagedoor.db.database import Tx
    from stagedoor.db.open import open_database

    found_row = msgspec.defstruct("found_row", [("version_num", str)])

    async def look(tx: Tx) -> str | None:
        if not await tx.number("SELECT count(to_regclass('alembic_version'))"):
            return None
        row = await tx.find(found_row, "SELECT version_num FROM alembic_version")
        return None if row is None else str(msgspec.structs.astuple(row)[0])

    async def ask() -> str | None:
        database = await open_database(url, pool=1)
        try:
            return await database.read(look)
        finally:
            await database.close()

    return asyncio.run(ask())


def check_secret_key(settings: Settings) -> None:
    """Refuse a secret key that does not open what is in the database: another machine's, say.

    Raises:
        SettingsError: a channel's credentials do not open with it.

    """
    import asyncio

    from stagedoor.app import load_vault
    from stagedoor.channels.account import credentials_place
    from stagedoor.channels.store import Channel, list_channels
    from stagedoor.crypto import SealBroken
    from stagedoor.db.open import open_database

    async def read() -> list[Channel]:
        database = await open_database(settings.database, pool=1)
        try:
            return await database.read(list_channels)
        finally:
            await database.close()

    vault = load_vault(settings)
    for channel in asyncio.run(read()):
        try:
            vault.open_bytes(credentials_place(channel.id), channel.credentials)
        except SealBroken:
            raise SettingsError(
                f"The secret key does not open the channel {channel.name}. Every process on one database needs the same"
                " STAGEDOOR_SECRET_KEY (or the file secret.key)."
            ) from None


def migrate_sqlite(settings: Settings) -> None:
    """Bring the SQLite file to the newest schema; Alembic is loaded only when there is something to do.

    Raises:
        SettingsError: the file cannot be opened, or a newer version has taken away what this one needs.

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
    if current and current[0] > NEWEST:
        check_newer_schema(settings.database, current[0])
    elif current != (NEWEST,):
        from stagedoor.db.migrate import migrate as bring_up_to_date

        bring_up_to_date(settings.database)


def migrate() -> None:
    """Bring the database to the newest schema; one that a newer version has made stays as it is."""
    settings = load_settings()
    if settings.database.startswith("sqlite:///"):
        migrate_sqlite(settings)
    elif (_postgres_revision(settings.database) or "") <= NEWEST:
        from stagedoor.db.migrate import migrate as bring_up_to_date

        # Even when the schema is the newest: it may have come from another server by pg_dump, and its events with it.
        bring_up_to_date(settings.database)
    else:
        prepare_database(settings)
    print(NEWEST)
