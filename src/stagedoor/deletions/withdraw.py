"""An actor takes the consent back: from the commit on nothing is added to the group and no address of it is given out."""

from stagedoor.assets.store import hide_addresses
from stagedoor.db.database import Tx
from stagedoor.deletions.store import ERASE, Deletion, add_deletion, drop_proved_deletion
from stagedoor.groups.store import mark_group_withdrawn
from stagedoor.jobs.store import add_job


async def withdraw_group(tx: Tx, deletion: Deletion) -> None:
    """Close a group to every use, in all processes at once, and owe its deletion. Safe to repeat."""
    tenant_id, group_id, now = deletion.tenant_id, deletion.group_id, deletion.withdrawn_at
    if await mark_group_withdrawn(tx, tenant_id, group_id, now):
        # Ark has given a group that was deleted once to a later check of the same person.
        await drop_proved_deletion(tx, group_id)
    if not await add_deletion(tx, tenant_id, deletion):
        return
    await hide_addresses(tx, tenant_id, group_id, now)
    await add_job(tx, tenant_id, ERASE, group_id, now=now, due_at=now)
