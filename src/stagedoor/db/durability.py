"""Whether what was written stays written: what the databases and the file system say of themselves."""

from pathlib import Path

import msgspec

from stagedoor.db.database import Tx

MOUNTS = Path("/proc/self/mounts")


class Schema(msgspec.Struct, frozen=True):
    """Which migration came last."""

    version_num: str


class JournalMode(msgspec.Struct, frozen=True):
    """How SQLite protects a transaction."""

    journal_mode: str


class ServerSettings(msgspec.Struct, frozen=True):
    """What of PostgreSQL's settings decides whether a commit survives a power cut."""

    fsync: str
    full_page_writes: str
    synchronous_commit: str
    in_recovery: str


async def find_revision(tx: Tx) -> str | None:
    """Return the revision of the schema; None when there is a table for it and nothing in it."""
    found = await tx.find(Schema, "SELECT version_num FROM alembic_version")
    return None if found is None else found.version_num


async def find_journal_mode(tx: Tx) -> str:
    """Return SQLite's journal mode; ``wal`` once a gateway has opened the file."""
    found = await tx.find(JournalMode, "SELECT journal_mode FROM pragma_journal_mode")
    return "unknown" if found is None else found.journal_mode


async def find_server_settings(tx: Tx) -> ServerSettings:
    found = await tx.find(
        ServerSettings,
        "SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),"
        " CAST(pg_is_in_recovery() AS text)",
    )
    if found is None:
        raise RuntimeError("A SELECT without FROM has one row.")
    return found


def file_system(path: Path) -> str:
    """Return the kind of file system a path lies on; empty where the system does not tell."""
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    # The last mount over the longest way to the path is the one that counts. Blanks in it are written as octal.
    found: tuple[int, str] = (0, "")
    for line in lines:
        _, place, kind, *_ = line.split(" ")
        mounted = Path(place.encode("latin-1", "replace").decode("unicode_escape", "replace"))
        if path.is_relative_to(mounted) and len(mounted.parts) >= found[0]:
            found = (len(mounted.parts), kind)
    return found[1]
