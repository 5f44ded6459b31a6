"""What the doors of the twelve operations have in common: which function performs which, once per key, and its answer."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.types import Scope, Send

from stagedoor.assets.create import create_asset
from stagedoor.assets.delete import delete_asset, delete_group
from stagedoor.assets.get import answer_get_asset
from stagedoor.assets.listing import answer_list_assets
from stagedoor.assets.update import update_asset
from stagedoor.call import Call
from stagedoor.contract.operations import Operation
from stagedoor.groups.create import create_group
from stagedoor.groups.get import answer_get_group
from stagedoor.groups.listing import answer_list_groups
from stagedoor.groups.update import update_group
from stagedoor.http.envelope import Header, result_body
from stagedoor.http.guard import send_json
from stagedoor.idempotency.once import OnceKey, run_once
from stagedoor.invitations.cancel import answer_cancel_invitation
from stagedoor.invitations.create import create_invitation
from stagedoor.invitations.get import answer_get_invitation
from stagedoor.invitations.listing import answer_list_invitations
from stagedoor.validation.exchange import exchange_token
from stagedoor.validation.start import START, find_started_session, start_session

Perform = Callable[[Call, Any], Awaitable[msgspec.Struct | msgspec.Raw]]

PERFORM: Mapping[str, Perform] = {
    "CreateAssetGroup": create_group,
    "ListAssetGroups": answer_list_groups,
    "GetAssetGroup": answer_get_group,
    "UpdateAssetGroup": update_group,
    "DeleteAssetGroup": delete_group,
    "CreateAsset": create_asset,
    "ListAssets": answer_list_assets,
    "GetAsset": answer_get_asset,
    "UpdateAsset": update_asset,
    "DeleteAsset": delete_asset,
    "CreateVisualValidateSession": start_session,
    "GetVisualValidateResult": exchange_token,
    "CreateInvitation": create_invitation,
    "ListInvitations": answer_list_invitations,
    "GetInvitation": answer_get_invitation,
    "CancelInvitation": answer_cancel_invitation,
}


class Asked(msgspec.Struct, frozen=True):
    """A request that was read: its struct, the body it came in, and by what it is known when it comes again, if at all."""

    request: msgspec.Struct
    body: bytes
    once: OnceKey | None = None


async def answer(scope: Scope, send: Send, call: Call, operation: Operation, ask: Awaitable[Asked]) -> None:
    """Perform what is asked and answer it.

    Args:
        scope: the request, as the guard hands it on.
        send: where the answer goes.
        call: who calls.
        operation: what is called.
        ask: reads the request.

    Raises:
        StagedoorError: whatever is wrong with it; the guard answers.

    """
    state = scope["state"]
    state["tenant_id"] = call.tenant_id
    try:
        result, headers = await _perform(call, operation, await ask)
    finally:
        state["region"] = call.region
    await send_json(scope, send, 200, result_body(state["request_id"], operation.action, call.region, result), headers)


async def _perform(call: Call, operation: Operation, asked: Asked) -> tuple[msgspec.Struct | msgspec.Raw, list[Header]]:
    perform = PERFORM[operation.action]
    headers: list[Header] = []
    result: msgspec.Struct | msgspec.Raw
    if asked.once is None:
        result = await perform(call, asked.request)
    else:
        result, replayed = await run_once(call, operation, asked.once, asked.body, lambda: perform(call, asked.request))
        if replayed:
            headers.append((b"idempotency-replayed", b"true"))
            if operation is START:
                call.session_id = await find_started_session(call, result)
    if call.session_id:
        headers.append((b"stagedoor-session-id", call.session_id.encode("ascii")))
    if call.is_existing:
        headers.append((b"stagedoor-existing-asset", b"true"))
    return result, headers
