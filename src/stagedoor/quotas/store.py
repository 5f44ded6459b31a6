"""The windows of limits and their SQL: one row for each."""

import msgspec

from stagedoor.db.database import Tx
from stagedoor.quotas.limits import Limit
from stagedoor.quotas.window import Deal, Report, Window, deal

decode_window = msgspec.json.Decoder(Window).decode
encode_window = msgspec.json.Encoder().encode


class _Row(msgspec.Struct, frozen=True):
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
        sql = (
            "INSERT INTO quotas (owner, name, turns, state) VALUES (:owner, :name, 0, :state)"
            " ON CONFLICT (owner, name) DO NOTHING"
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


async def keep_window(tx: Tx, owner: str, name: str, state: bytes) -> None:
    sql = (
        "INSERT INTO quotas (owner, name, turns, state) VALUES (:owner, :name, 0, :state)"
        " ON CONFLICT (owner, name) DO UPDATE SET state = excluded.state"
    )
    await tx.execute(sql, owner=owner, name=name, state=state)
