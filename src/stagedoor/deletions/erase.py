"""Delete a group whose consent was taken back: every asset, the group, then a look that it is gone, and the proof of all that.

Each step is written down when Ark has answered it, so that a job that was cut off or refused goes on where it stopped.
"""

from collections.abc import Mapping
from datetime import timedelta

import structlog

from stagedoor.ark.attempt import heard_request_id
from stagedoor.assets.delete import forget_some_assets
from stagedoor.assets.store import Asset, counters_of_group, list_assets_of_group, remove_asset
from stagedoor.audit.chain import AuditKey, canonical, moment
from stagedoor.audit.store import GATEWAY, Chain, find_chain, record
from stagedoor.channels.book import ChannelBook
from stagedoor.contract.operations import BY_ACTION
from stagedoor.db.database import Tx
from stagedoor.deletions.store import Deletion, Step, add_step, find_deletion, list_steps, mark_overdue, mark_proved
from stagedoor.errors import NotFound, StagedoorError
from stagedoor.events.catalogue import OPERATOR
from stagedoor.events.store import emit
from stagedoor.groups.store import find_group, remove_group
from stagedoor.imports.store import forget_group_items
from stagedoor.jobs.runner import Again, Taken, back_off
from stagedoor.runtime import Runtime
from stagedoor.uploads.remove import forget_content

log = structlog.get_logger()

FORM = 1
AT_ONCE = 100
OVERDUE = timedelta(hours=24)
LOOK_AGAIN = timedelta(seconds=5)
DELETED, GONE, STILL_THERE = "Deleted", "NotFound", "StillThere"
REMAINS = ("the consent and its withdrawal, as evidence", "entries of the audit trail, which hold ids only")


async def erase_group(rt: Runtime, book: ChannelBook, taken: Taken) -> Again | None:
    """Delete what is left, and prove it; an operator is told when that takes longer than a day."""
    tenant_id, group_id = taken.job.tenant_id or "", taken.job.key
    deletion = await rt.db.read(lambda tx: find_deletion(tx, tenant_id, group_id))
    if deletion is None or deletion.proved_at is not None:
        return None
    try:
        is_gone = await _erase(rt, book, deletion)
    except StagedoorError:
        await _tell_if_overdue(rt, deletion)
        raise
    if not is_gone:
        await _tell_if_overdue(rt, deletion)
        return Again(rt.clock.now() + max(LOOK_AGAIN, back_off(taken.job.failures)), STILL_THERE)
    await rt.db.write(lambda tx: _prove(tx, rt, taken, deletion))
    return None


async def _erase(rt: Runtime, book: ChannelBook, deletion: Deletion) -> bool:
    """Ask Ark to delete everything, and return whether it says then that there is no such group."""
    tenant_id, group_id = deletion.tenant_id, deletion.group_id
    while assets := await rt.db.read(lambda tx: list_assets_of_group(tx, tenant_id, group_id, at_most=AT_ONCE)):
        for asset in assets:
            await _erase_asset(rt, book, deletion, asset)
    group = await _ask(rt, book, deletion, "DeleteAssetGroup", group_id)
    await rt.db.write(lambda tx: add_step(tx, group))
    look = await _ask(rt, book, deletion, "GetAssetGroup", group_id)
    await rt.db.write(lambda tx: add_step(tx, look))
    return look.answer == GONE


async def _erase_asset(rt: Runtime, book: ChannelBook, deletion: Deletion, asset: Asset) -> None:
    step = await _ask(rt, book, deletion, "DeleteAsset", asset.id)

    async def work(tx: Tx) -> None:
        await add_step(tx, step)
        if asset.sha256 is not None:
            await forget_content(tx, rt, asset.tenant_id, asset.sha256)
        if await remove_asset(tx, asset.tenant_id, asset.id):
            now, details = rt.clock.now(), {"group_id": asset.group_id}
            await record(tx, asset.tenant_id, GATEWAY, "asset.deleted", asset.id, details, now=now)
            data = {**details, "asset_type": asset.asset_type}
            await emit(tx, asset.tenant_id, "asset.deleted", asset.id, data, event_id=rt.new_id("evt"), now=now)

    await rt.db.write(work)


async def _ask(rt: Runtime, book: ChannelBook, deletion: Deletion, action: str, object_id: str) -> Step:
    """Put one question to Ark; what it no longer has is what we want.

    Raises:
        StagedoorError: Ark refuses or does not answer.

    """
    body = {"Id": object_id, "ProjectName": deletion.project_name}
    answer, request_id = DELETED, ""
    try:
        await book.ask(deletion.channel_id, BY_ACTION[action], body, tenant_id=deletion.tenant_id)
        answer, request_id = (STILL_THERE if action == "GetAssetGroup" else DELETED), heard_request_id.get()
    except NotFound as error:
        answer, request_id = GONE, error.upstream.RequestId if error.upstream else ""
    return Step(deletion.group_id, action, object_id, answer, request_id, rt.clock.now())


async def _tell_if_overdue(rt: Runtime, deletion: Deletion) -> None:
    now = rt.clock.now()
    if deletion.overdue_at is not None or now < deletion.withdrawn_at + OVERDUE:
        return
    log.error("deletion_overdue", tenant_id=deletion.tenant_id, group_id=deletion.group_id)

    async def work(tx: Tx) -> None:
        if await mark_overdue(tx, deletion.tenant_id, deletion.group_id, now):
            await _announce(tx, rt, deletion, "deletion.overdue")
            data = {"tenant_id": deletion.tenant_id, "channel_id": deletion.channel_id}
            await emit(
                tx, OPERATOR, "deletion.unconfirmed", deletion.group_id, data, event_id=rt.new_id("evt"), now=now
            )

    await rt.db.write(work)


async def _announce(tx: Tx, rt: Runtime, deletion: Deletion, name: str) -> None:
    now, data = rt.clock.now(), {"consent_id": deletion.consent_id}
    await record(tx, deletion.tenant_id, GATEWAY, name, deletion.group_id, data, now=now)
    await emit(tx, deletion.tenant_id, name, deletion.group_id, data, event_id=rt.new_id("evt"), now=now)


async def _prove(tx: Tx, rt: Runtime, taken: Taken, deletion: Deletion) -> None:
    """Remove what is left of our records and sign what was done, in one transaction."""
    await taken.finish(tx)
    tenant_id, group_id, now = deletion.tenant_id, deletion.group_id, rt.clock.now()
    group = await find_group(tx, tenant_id, group_id)
    if group is not None:
        while await forget_some_assets(tx, rt, group, GATEWAY):
            pass
        await forget_group_items(tx, tenant_id, group_id)
        await remove_group(tx, tenant_id, group, counters_of_group(group.id, group.group_type))
        await record(tx, tenant_id, GATEWAY, "group.deleted", group_id, now=now)
        data = {"group_type": group.group_type}
        await emit(tx, tenant_id, "group.deleted", group_id, data, event_id=rt.new_id("evt"), now=now)
    told = proof_of(deletion, await list_steps(tx, group_id), await find_chain(tx, tenant_id))
    statement = canonical({**told, "proved_at": moment(now)})
    signature = AuditKey(rt.vault).sign(statement).hex().encode()
    await mark_proved(tx, tenant_id, group_id, b'{"proof":%s,"signature":"%s"}' % (statement, signature), now)
    await _announce(tx, rt, deletion, "deletion.proved")


def proof_of(deletion: Deletion, steps: list[Step], chain: Chain | None) -> Mapping[str, object]:
    """Return what is proved: what was asked of Ark and answered, what remains here, and how far the audit trail went then."""
    return {
        "assets": sum(step.action == "DeleteAsset" for step in steps),
        "audit": {"hash": "" if chain is None else chain.hash.hex(), "seq": 0 if chain is None else chain.seq},
        "consent": deletion.consent_id,
        "form": FORM,
        "group": deletion.group_id,
        "invitation": deletion.invitation_id,
        "remains": [*REMAINS],
        "steps": [
            {
                "action": step.action,
                "answer": step.answer,
                "at": moment(step.at),
                "object": step.object_id,
                "request_id": step.request_id,
            }
            for step in steps
        ],
        "tenant": deletion.tenant_id,
        "withdrawn_at": moment(deletion.withdrawn_at),
    }
