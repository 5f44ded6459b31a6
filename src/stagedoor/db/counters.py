"""Exact totals without counting: a row per tenant and name, changed in the transaction that changes what it counts."""

from collections.abc import Mapping, Sequence

from stagedoor.db.database import Tx
from stagedoor.db.rows import in_list

_ADD = """
INSERT INTO counters (tenant_id, name, n) VALUES (:tenant_id, :name, :delta)
ON CONFLICT (tenant_id, name) DO UPDATE SET n = counters.n + excluded.n
"""


async def add_to_counters(tx: Tx, tenant_id: str, deltas: Mapping[str, int]) -> None:
    """Change several counters; always in the order of their names, so that two transactions never wait for each other."""
    for name in sorted(deltas):
        if deltas[name]:
            await tx.execute(_ADD, tenant_id=tenant_id, name=name, delta=deltas[name])


async def sum_counters(tx: Tx, tenant_id: str, names: Sequence[str]) -> int:
    if not names:
        return 0
    listed, params = in_list("name", names)
    sql = f"SELECT sum(n) FROM counters WHERE tenant_id = :tenant_id AND name IN {listed}"
    return await tx.number(sql, tenant_id=tenant_id, **params)


async def drop_counters(tx: Tx, tenant_id: str, names: Sequence[str]) -> None:
    listed, params = in_list("name", names)
    sql = f"DELETE FROM counters WHERE tenant_id = :tenant_id AND name IN {listed}"
    await tx.execute(sql, tenant_id=tenant_id, **params)
