"""What `stagedoor doctor` says about the database: its schema, whether it keeps what it was given, and work that is stuck."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

from stagedoor.cases.store import count_open_cases
from stagedoor.cli.findings import Finding, check
from stagedoor.cli.serve import NEWEST
from stagedoor.crypto import SealBroken
from stagedoor.db.durability import file_system, find_journal_mode, find_revision, find_server_settings
from stagedoor.db.sealed import list_sealed
from stagedoor.jobs.store import list_jobs
from stagedoor.runtime import Runtime
from stagedoor.sealed import SEALED

SHOWN = 10_000
FORGETFUL = frozenset({"tmpfs", "ramfs"})
REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph", "glusterfs"})


async def examine_database(rt: Runtime) -> AsyncIterator[Finding]:
    """Yield what there is to say; a schema that is not there ends it."""
    sqlite = rt.settings.database.startswith("sqlite")
    kind = "SQLite" if sqlite else "PostgreSQL"
    try:
        found = await rt.db.read(find_revision)
    except Exception as error:  # noqa: BLE001 - whatever the driver says
        yield Finding("fail", f"{kind}: schema unreadable: {type(error).__name__}", "Run `stagedoor migrate`.")
        return
    if found is not None and found > NEWEST:
        remedy = "Install the release that made it: an older program does not know what it may write."
        yield Finding("fail", f"{kind}: schema {found} of a newer stagedoor, this one knows {NEWEST}", remedy)
        return
    yield check(found == NEWEST, f"{kind}: schema {found or 'missing'}, newest {NEWEST}", "Run `stagedoor migrate`.")
    if found != NEWEST:
        return
    async for finding in _examine_file(rt) if sqlite else _examine_server(rt):
        yield finding
    yield await _sealed(rt)
    async for finding in _examine_work(rt):
        yield finding


async def _examine_file(rt: Runtime) -> AsyncIterator[Finding]:
    mode = await rt.db.read(find_journal_mode)
    remedy = "Start `stagedoor serve` once: it sets the journal. If it stays so, the file system cannot hold a write-ahead log."
    yield check(mode == "wal", f"SQLite: journal {mode}; every commit waits until the disk has it", remedy)
    yield _place(Path(rt.settings.database.removeprefix("sqlite:///")))


def _place(path: Path) -> Finding:
    system = file_system(path.resolve())
    if system in FORGETFUL:
        return Finding("fail", f"SQLite: {path} lies in memory ({system})", "Move it to a disk: a restart loses it.")
    if system in REMOTE:
        remedy = "Move it to a local disk, or use PostgreSQL: a write-ahead log does not work over a network."
        return Finding("fail", f"SQLite: {path} lies on a network file system ({system})", remedy)
    return Finding("ok", f"SQLite: {path} lies on a local file system ({system or 'unknown'})")


async def _examine_server(rt: Runtime) -> AsyncIterator[Finding]:
    said = await rt.db.read(find_server_settings)
    remedy = "Turn it on in postgresql.conf and reload: without it a power cut loses what was acknowledged, or the whole database."
    yield check(said.fsync == "on", f"PostgreSQL: fsync {said.fsync}", remedy)
    yield check(said.full_page_writes == "on", f"PostgreSQL: full_page_writes {said.full_page_writes}", remedy)
    commit = said.synchronous_commit
    yield check(commit not in {"off", "local"}, f"PostgreSQL: synchronous_commit {commit}", remedy)
    yield check(
        said.in_recovery == "false", "PostgreSQL: a server that can be written", "Connect to the primary server."
    )


async def _sealed(rt: Runtime) -> Finding:
    """Open what is sealed, some of each kind."""
    opened, broken = 0, set()
    for column in SEALED:
        for place, value in await rt.db.read(partial(list_sealed, column=column), heavy=True):
            try:
                rt.vault.open_bytes(place, value)
                opened += 1
            except SealBroken:
                broken.add(column.name)
    remedy = "Put the secret key there that sealed them. If it is the right one, somebody has changed the database."
    subject = f"secret key: opens {opened} sealed values"
    return check(
        not broken, subject + (f", and none or not all of {', '.join(sorted(broken))}" if broken else ""), remedy
    )


async def _examine_work(rt: Runtime) -> AsyncIterator[Finding]:
    dead = len(await rt.db.read(lambda tx: list_jobs(tx, kind=None, dead=True, at_most=SHOWN), heavy=True))
    remedy = "See why with `stagedoor jobs list --dead`, then `stagedoor jobs retry`."
    yield check(not dead, f"jobs: {dead} given up", remedy)
    cases = await rt.db.read(lambda tx: count_open_cases(tx, at_most=SHOWN))
    yield check(not cases, f"cases: {cases} wait for a decision", "Decide them: `stagedoor cases list`.")
