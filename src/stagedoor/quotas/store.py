"""The windows of limits and their SQL: one row for each."""

from typing import NamedTuple

import msgspec

from stagedoor.db.database import Tx
from stagedoor.quotas.limits import Limit
from stagedoor.quotas.window import Deal, Report, Window, count_places, deal, is_idle

decode_window = msgspec.json.Decoder(Window).decode
encode_window = msgspec.json.Encoder().encode


class _Row(msgspec.Struct, frozen=True):
    state: bytes
    now: int


class _Idle(msgspec.Struct, frozen=True):
    owner: str
    name: str
    turns: int
    state: bytes
    now: int


class _State(msgspec.Struct, frozen=True):
    state: bytes


async def exchange(tx: Tx, owner: str, name: str, limit: Limit, report: Report) -> Deal:
    """Take a process's report into the window of a limit and deal places out, by the database's clock.

    Args:
        tx: the transaction; others that want the same row wait for its end.
        owner: a channel, a key or a tenant.
        name: an action, or what else is limited.
        limit: how often.
        report: what the process tells and wants.

    """
    row = await _claim(tx, owner, name)
    if row is None:
        # Whoever was first, the row is locked from here on: nobody can remove it.
        sql = (
            "INSERT INTO quotas (owner, name, turns, state) VALUES (:owner, :name, 0, :state)"
            " ON CONFLICT (owner, name) DO UPDATE SET turns = quotas.turns"
        )
        await tx.execute(sql, owner=owner, name=name, state=encode_window(Window()))
        row = await _claim(tx, owner, name)
    if row is None:
        raise AssertionError("The row was there, or was added.")
    window = decode_window(row.state)
    dealt = deal(window, limit, row.now, report)
    sql = "UPDATE quotas SET state = :state WHERE owner = :owner AND name = :name"
    await tx.execute(sql, owner=owner, name=name, state=encode_window(window))
    return dealt


async def _claim(tx: Tx, owner: str, name: str) -> _Row | None:
    """Lock the row. The time is read after the lock was got: a longer wait must not let it be an old one."""
    sql = (
        "UPDATE quotas SET turns = turns + 1 WHERE owner = :owner AND name = :name"
        f" RETURNING state, {tx.microseconds} AS now"
    )
    rows = await tx.list(_Row, sql, owner=owner, name=name)
    return rows[0] if rows else None


async def find_window(tx: Tx, owner: str, name: str) -> Window | None:
    sql = "SELECT state FROM quotas WHERE owner = :owner AND name = :name"
    row = await tx.find(_State, sql, owner=owner, name=name)
    return None if row is None else decode_window(row.state)


async def count_taken(tx: Tx, owner: str, name: str, limit: Limit) -> int:
    """Return how many places of a limit are taken, as far as that is written down."""
    sql = f"SELECT state, {tx.microseconds} AS now FROM quotas WHERE owner = :owner AND name = :name"
    row = await tx.find(_Row, sql, owner=owner, name=name)
    return 0 if row is None else count_places(decode_window(row.state), limit, row.now)


async def keep_window(tx: Tx, owner: str, name: str, state: bytes) -> None:
    sql = (
        "INSERT INTO quotas (owner, name, turns, state) VALUES (:owner, :name, 0, :state)"
        " ON CONFLICT (owner, name) DO UPDATE SET state = excluded.state"
    )
    await tx.execute(sql, owner=owner, name=name, state=state)


Place = tuple[str, str]
BEGINNING: Place = ("", "")


class Walk(NamedTuple):
    """A part of the way through all windows: where the next one begins, and how many were removed on this one."""

    place: Place
    removed: int


async def remove_idle_windows(tx: Tx, place: Place, *, at_most: int) -> Walk:
    """Look at the windows behind a place and remove those that nobody has used for longer than any limit's period."""
    sql = (
        f"SELECT owner, name, turns, state, {tx.microseconds} AS now FROM quotas"
        " WHERE (owner, name) > (:owner, :name) ORDER BY owner, name LIMIT :at_most"
    )
    rows = await tx.list(_Idle, sql, owner=place[0], name=place[1], at_most=at_most)
    removed = 0
    for row in rows:
        if is_idle(decode_window(row.state), row.now):
            # Who uses it at this very moment has turned it.
            sql = "DELETE FROM quotas WHERE owner = :owner AND name = :name AND turns = :turns"
            removed += await tx.execute(sql, owner=row.owner, name=row.name, turns=row.turns)
    is_last = len(rows) < at_most
    return Walk(BEGINNING if is_last else (rows[-1].owner, rows[-1].name), removed)
