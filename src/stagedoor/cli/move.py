"""`stagedoor move-to-postgres`."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stagedoor.cli.serve import NEWEST
from stagedoor.settings import SettingsError, load_settings

if TYPE_CHECKING:
    from stagedoor.db.move import Moved, Progress


def move_to_postgres(
    url: Annotated[
        str,
        typer.Argument(
            help="An empty database, postgresql://user@host/name. A password is better in PGPASSWORD or ~/.pgpass, where nobody sees it."
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print what was moved as JSON.")] = False,
) -> None:
    """Copy the SQLite database of a stopped gateway to PostgreSQL, and compare every row. It comes over as a whole or not at all."""
    settings = load_settings()
    if not settings.database.startswith("sqlite:///"):
        raise SettingsError("The database of the settings is not SQLite: there is nothing to move.")
    if not url.startswith(("postgresql://", "postgres://")):
        raise SettingsError("The database to move to is named like postgresql://user@host/name.")
    begun = time.monotonic()
    moved = _move(Path(settings.database.removeprefix("sqlite:///")), url)
    _report(moved, time.monotonic() - begun, as_json=as_json)


def _move(path: Path, url: str) -> "list[Moved]":
    import asyncio
    from contextlib import closing

    import asyncpg
    import sqlalchemy.exc

    from stagedoor.db.migrate import migrate, revision
    from stagedoor.db.move import MoveRefused, check_target, move, open_source

    try:
        with closing(open_source(path, NEWEST)) as source:
            if (revision(url) or "") > NEWEST:
                raise SettingsError("The PostgreSQL database has the schema of a newer version.")
            asyncio.run(check_target(url))
            migrate(url)
            with _progress() as progress:
                return asyncio.run(move(source, url, progress))
    except MoveRefused as error:
        raise SettingsError(str(error)) from None
    except (OSError, TimeoutError, asyncpg.PostgresError, sqlalchemy.exc.DBAPIError) as error:
        raise SettingsError(
            f"PostgreSQL cannot be used: {_first_line(error)} Nothing was moved; begin again when it can."
        ) from None


def _first_line(error: Exception) -> str:
    line = (str(getattr(error, "orig", error)) or type(error).__name__).splitlines()[0]
    return line if line.endswith(".") else f"{line}."


@contextmanager
def _progress() -> "Iterator[Progress]":
    """Yield what to tell; it is shown where somebody watches."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    shown: dict[str, TaskID] = {}
    with Bars(console=Console(stderr=True)) as bars:

        def tell(table: str, done: int, total: int) -> None:
            if table not in shown:
                shown[table] = bars.add_task(table, total=total or 1)
            bars.update(shown[table], completed=done if total else 1)

        yield tell


def _report(moved: "list[Moved]", seconds: float, *, as_json: bool) -> None:
    rows = sum(table.rows for table in moved)
    if as_json:
        import json

        tables = {table.table: {"rows": table.rows, "sha256": table.sha256} for table in moved}
        print(json.dumps({"rows": rows, "seconds": round(seconds, 1), "tables": tables}))
        return
    width = max(len(table.table) for table in moved)
    for table in moved:
        print(f"{table.table:{width}}  {table.rows:>12,}  {table.sha256[:16]}")
    print(f"{rows:,} rows are the same on both sides, after {seconds:.1f} s. The file is as it was.")
    print("Now set STAGEDOOR_DATABASE_URL to PostgreSQL, keep the secret key, and start the gateway.")
