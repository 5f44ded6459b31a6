"""`stagedoor backup` and `stagedoor restore`: the SQLite file, in one piece, without the key that opens it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stagedoor.cli.serve import NEWEST, migrate_sqlite
from stagedoor.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from stagedoor.crypto import Vault

BESIDE = ("", "-wal", "-journal")


def backup(
    target: Annotated[Path, typer.Argument(help="The file to make; one that is there is not overwritten.")],
) -> None:
    """Copy the SQLite database to a new file, as it is at one moment, while the gateway serves. The secret key is not in it."""
    from stagedoor.db.backup import copy_sqlite

    settings = load_settings()
    copy_sqlite(_sqlite_path(settings), target)
    key = "STAGEDOOR_SECRET_KEY" if settings.secret_key else str(settings.data_path / "secret.key")
    print(f"{target}\t{target.stat().st_size} bytes, whole")
    print(f"The secret key is not in it. Keep {key} in another place: without it the copy opens nothing.")


def restore(
    source: Annotated[Path, typer.Argument(help="A file made by stagedoor backup.")],
) -> None:
    """Put a copy in the place of the SQLite database, if there is none and the secret key opens what is sealed in the copy."""
    from stagedoor.db.backup import check_sqlite, copy_sqlite

    settings = load_settings()
    path = _sqlite_path(settings)
    for beside in BESIDE:
        if (there := path.with_name(path.name + beside)).exists():
            raise SettingsError(f"{there} is there already. Stop the gateway and move it away, or restore elsewhere.")
    vault = _vault(settings)
    if not source.is_file():
        raise SettingsError(f"There is no file {source}.")
    if (revision := check_sqlite(source)) > NEWEST:
        raise SettingsError(f"{source} has the schema {revision} of a newer stagedoor; this one knows {NEWEST}.")
    opened = _check_key(vault, source)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"The folder {path.parent} cannot be made: {error.strerror}.") from None
    copy_sqlite(source, path)
    migrate_sqlite(settings)
    tried = f"the key opened {opened} sealed values" if opened else "nothing in it is sealed, so the key was not tried"
    print(f"{path}\twhole, schema {NEWEST}, {tried}")


def _sqlite_path(settings: Settings) -> Path:
    if not settings.database.startswith("sqlite:///"):
        raise SettingsError("PostgreSQL is backed up with pg_dump: see docs/how-to/back-up.md.")
    return Path(settings.database.removeprefix("sqlite:///"))


def _vault(settings: Settings) -> "Vault":
    from stagedoor.app import load_vault

    path = settings.data_path / "secret.key"
    if not settings.secret_key and not path.exists():
        raise SettingsError(
            f"There is no secret key, and none is made for old data. Put the old one into {path}, or set STAGEDOOR_SECRET_KEY."
        )
    return load_vault(settings)


def _check_key(vault: "Vault", path: Path) -> int:
    """Open some of what is sealed, and return how much that was.

    Raises:
        SettingsError: it was sealed with another key.

    """
    from stagedoor.crypto import SealBroken
    from stagedoor.db.backup import sealed_values

    opened = 0
    for place, sealed in sealed_values(path):
        try:
            vault.open_bytes(place, sealed)
        except SealBroken:
            kind = place.partition(":")[0]
            raise SettingsError(
                f"The secret key is not the one that {path} was made with: {kind} does not open. Nothing was restored."
            ) from None
        opened += 1
    return opened
