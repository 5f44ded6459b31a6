"""What must be true after any trouble, read from the emulator's and the gateway's databases: nothing of the gateway is used."""

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg

SESSIONS = "SELECT id, tenant_id, state, group_id FROM validation_sessions"
OWNERS = "SELECT id, tenant_id FROM asset_groups WHERE group_type = 'LivenessFace'"
TOLD = "SELECT object_id, count(*) FROM events WHERE type IN ('session.exchanged', 'session.reconciled') GROUP BY object_id"
WRITTEN_DOWN, SEALED = "SELECT object_id, action FROM audit_inbox", "SELECT entry FROM audit_entries"
BOUND = {"group.bound", "group.reconciled"}
EARNED = "SELECT byted_token, group_id FROM sessions WHERE state = 'passed'"


async def check_bindings(
    emulator: Path, database_url: str, given: Mapping[str, str], unknown: Collection[str] = ()
) -> None:
    """Fail when a group was bound that its actor did not earn, or to two people, or when one was lost or told wrongly.

    Args:
        emulator: the folder of the emulator's state: Ark's side of the truth.
        database_url: the gateway's database.
        given: BytedToken to the GroupId that ⑫ answered, for every actor who passed;
        unknown: and the others' BytedTokens: Ark's answer was lost, and their groups may have been found since.

    """
    earned = dict(await asyncio.to_thread(_sqlite_rows, str(emulator / "emulator.sqlite3"), EARNED))
    sessions = await rows(database_url, SESSIONS)
    owners = dict(await rows(database_url, OWNERS))
    told = dict(await rows(database_url, TOLD))
    audited = Counter(object_id for object_id, action in await _audit_trail(database_url) if action in BOUND)
    bound = [group_id for _, _, _, group_id in sessions if group_id is not None]
    assert given == {token: earned[token] for token in given}, "somebody was given another's group"
    assert len(bound) == len(set(bound)), "one group was bound to two sessions"
    assert set(given.values()) <= set(bound), "a group was lost"
    assert set(bound) <= {earned[token] for token in [*given, *unknown]}, "a group was bound to nobody's token"
    assert set(owners) == set(bound), "a group was recorded without its session"
    assert told == {session_id: 1 for session_id, _, _, group_id in sessions if group_id is not None}, "not told once"
    assert audited == dict.fromkeys(bound, 1), "not in the audit trail, or twice"
    for session_id, tenant_id, state, group_id in sessions:
        assert state != "passed", "an actor passed, and nothing came of it"
        assert (state == "exchanged") == (group_id is not None), (session_id, state)
        assert group_id is None or owners[group_id] == tenant_id, "a group was bound that another tenant owns"


async def _audit_trail(database_url: str) -> list[tuple[str, str]]:
    """Return object and action of every entry, sealed or not."""
    entries = [json.loads(entry) for (entry,) in await rows(database_url, SEALED)]
    return [*await rows(database_url, WRITTEN_DOWN), *((entry["object"], entry["action"]) for entry in entries)]


async def rows(database_url: str, sql: str) -> list[tuple[Any, ...]]:
    """Return what a query gives, over a connection of its own."""
    if database_url.startswith("sqlite:///"):
        return await asyncio.to_thread(_sqlite_rows, database_url.removeprefix("sqlite:///"), sql)
    connection = await asyncpg.connect(database_url)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


def _sqlite_rows(path: str, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()
