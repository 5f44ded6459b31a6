"""Copying an SQLite file that is in use, and looking at a copy before anybody trusts it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from stagedoor.db.sealed import LOOKED_AT, select_sealed
from stagedoor.db.sqlite_tx import to_disk
from stagedoor.sealed import SEALED
from stagedoor.settings import SettingsError


class BackupError(SettingsError):
    """The copy cannot be made, or is none; says why."""


def copy_sqlite(source: Path, target: Path) -> None:
    """Make a new file, readable by its owner alone, that holds the database as it is at one moment; writers are not held up.

    Raises:
        BackupError: there is nothing to copy, the target is there already, or the copy is not whole.

    """
    if not source.is_file():
        raise BackupError(f"There is no database at {source}.")
    try:
        # Whoever comes second is refused; what is not finished never has the name with anything in it.
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise BackupError(f"{target} is there already and is not overwritten.") from None
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror}.") from None
    partial = target.with_name(f"{target.name}-partial")
    try:
        partial.unlink(missing_ok=True)
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        _copy(source, partial)
        check_sqlite(partial)
        to_disk(partial)
        partial.replace(target)
        to_disk(target.parent)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        target.unlink(missing_ok=True)
        if isinstance(error, OSError | sqlite3.Error):
            raise BackupError(f"{source} cannot be copied to {target}: {error}.") from None
        raise


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(target)) as writing:
        # All pages in one step: it sees one state, and what is written meanwhile goes on in the log behind it.
        reading.backup(writing)
        # The copy is one file, without a log beside it.
        writing.execute("PRAGMA journal_mode = DELETE")


def check_sqlite(path: Path) -> str:
    """Return the schema's revision of a copy that is whole.

    Raises:
        BackupError: it is damaged, or no database of stagedoor.

    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if said != "ok":
                raise BackupError(f"{path} is damaged: {said.splitlines()[-1]}")
            row: tuple[str] | None = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise BackupError(f"{path} is no database of stagedoor: {error}.") from None
    if row is None:
        raise BackupError(f"{path} is no database of stagedoor: it has no schema.")
    return row[0]


def sealed_values(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield some sealed values of a database with the places they are sealed for."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        for sealed in SEALED:
            columns = {name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", [sealed.table])}
            if sealed.column not in columns:  # it came with a later schema
                continue
            for *row, value in connection.execute(select_sealed(sealed), {"looked_at": LOOKED_AT}):
                yield sealed.place(*row), value
