"""Exact totals without counting: rows per tenant and name, changed in the transaction that changes what they count.

A total is the sum of its slots: transactions at work at the same time write different rows and do not wait for each
other's commit.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from stagedoor.db.database import Tx
from stagedoor.db.rows import in_list

_ADD = """
INSERT INTO counters (tenant_id, name, slot, n) VALUES {rows}
ON CONFLICT (tenant_id, name, slot) DO UPDATE SET n = counters.n + excluded.n
"""


async def add_to_counters(tx: Tx, tenant_id: str, deltas: Mapping[str, int]) -> None:
    """Change several counters; always in the order of their names, so that two transactions never wait for each other."""
    changed = [(name, deltas[name]) for name in sorted(deltas) if deltas[name]]
    if not changed:
        return
    params: dict[str, str | int] = {"tenant_id": tenant_id, "slot": tx.slot}
    for index, (name, delta) in enumerate(changed):
        params[f"name_{index}"] = name
        params[f"delta_{index}"] = delta
    await tx.execute(_add(len(changed)), **params)


@cache
def _add(count: int) -> str:
    rows = ", ".join(f"(:tenant_id, :name_{index}, :slot, :delta_{index})" for index in range(count))
    return _ADD.format(rows=rows)


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
