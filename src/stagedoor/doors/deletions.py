"""The deletions that actors have asked for, and their proofs: `GET /v1/deletions/{group_id}`."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from stagedoor.clock import to_iso
from stagedoor.contract.operations import AUDIT_READ
from stagedoor.deletions.store import Deletion, get_deletion
from stagedoor.doors.table import Action, ActionEndpoint
from stagedoor.http.router import Route
from stagedoor.keys.authenticate import KeyRing
from stagedoor.runtime import Runtime

DeletionStatus = Literal["Pending", "Overdue", "Proved"]


class DeletionView(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    group_id: str
    consent_id: str
    invitation_id: str
    status: DeletionStatus
    withdraw_time: str
    prove_time: str | UnsetType = UNSET
    proof: msgspec.Raw | UnsetType = UNSET


async def show_deletion(rt: Runtime, tenant_id: str, group_id: str) -> DeletionView:
    deletion = await rt.db.read(lambda tx: get_deletion(tx, tenant_id, group_id))
    return DeletionView(
        group_id=deletion.group_id,
        consent_id=deletion.consent_id,
        invitation_id=deletion.invitation_id,
        status=_status(deletion),
        withdraw_time=to_iso(deletion.withdrawn_at),
        prove_time=UNSET if deletion.proved_at is None else to_iso(deletion.proved_at),
        proof=UNSET if deletion.proof is None else msgspec.Raw(deletion.proof),
    )


def _status(deletion: Deletion) -> DeletionStatus:
    if deletion.proved_at is not None:
        return "Proved"
    return "Pending" if deletion.overdue_at is None else "Overdue"


ACTIONS: Mapping[str, Mapping[str, Action]] = {
    "/v1/deletions/{group_id}": {"GET": Action("GetDeletion", show_deletion)},
}


def deletion_routes(rt: Runtime, keys: KeyRing) -> list[Route]:
    """Return the route of the deletions."""

    async def admit(state: dict[str, Any]) -> tuple[str, ...]:
        caller = await keys.authenticate(state["headers"].get(b"authorization", b""), AUDIT_READ)
        state["tenant_id"] = caller.tenant_id
        if caller.rates:
            await keys.count(caller, state)
        return (caller.tenant_id,)

    return [Route(path, ActionEndpoint(rt, admit, actions)) for path, actions in ACTIONS.items()]
