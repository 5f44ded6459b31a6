"""The REST door: the twelve endpoints, from the table in ``contract/operations.py``.

①  POST   /v1/private-avatar/groups          create_group
②  POST   /v1/private-avatar/groups/list     answer_list_groups
③  GET    /v1/private-avatar/groups/{id}     answer_get_group
④  PATCH  /v1/private-avatar/groups/{id}     update_group
⑤  DELETE /v1/private-avatar/groups/{id}     delete_group
⑥  POST   /v1/private-avatar/assets          create_asset
⑦  POST   /v1/private-avatar/assets/list     answer_list_assets
⑧  GET    /v1/private-avatar/assets/{id}     answer_get_asset
⑨  PATCH  /v1/private-avatar/assets/{id}     update_asset
⑩  DELETE /v1/private-avatar/assets/{id}     delete_asset
⑪  POST   /v1/real-avatar/auth/session       start_session
⑫  POST   /v1/real-avatar/groups/from-token  exchange_token
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from stagedoor.assets.create import create_asset
from stagedoor.assets.delete import delete_asset, delete_group
from stagedoor.assets.get import answer_get_asset
from stagedoor.assets.listing import answer_list_assets
from stagedoor.assets.update import update_asset
from stagedoor.call import Call
from stagedoor.channels.book import ChannelBook
from stagedoor.contract.operations import OPERATIONS, Operation
from stagedoor.contract.requests import Request
from stagedoor.errors import InvalidParameter, MethodNotAllowed
from stagedoor.groups.create import create_group
from stagedoor.groups.get import answer_get_group
from stagedoor.groups.listing import answer_list_groups
from stagedoor.groups.update import update_group
from stagedoor.http.body import decode, explain, read_body
from stagedoor.http.envelope import Header, result_body
from stagedoor.http.guard import send_json
from stagedoor.http.query import read_query
from stagedoor.http.router import Route
from stagedoor.idempotency.once import run_once
from stagedoor.keys.authenticate import KeyRing
from stagedoor.runtime import Runtime
from stagedoor.validation.exchange import exchange_token
from stagedoor.validation.start import start_session

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
}


def rest_routes(rt: Runtime, book: ChannelBook, keys: KeyRing) -> list[Route]:
    """Return the routes of the twelve endpoints."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in OPERATIONS:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    return [Route(path, RestEndpoint(rt, book, keys, operations)) for path, operations in by_path.items()]


class RestEndpoint:
    """One path of the REST door, as a plain ASGI app."""

    def __init__(self, rt: Runtime, book: ChannelBook, keys: KeyRing, operations: Mapping[str, Operation]) -> None:
        self._rt = rt
        self._book = book
        self._keys = keys
        self._operations = operations
        self._allow = ", ".join(operations)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        operation = self._operations.get(scope["method"])
        if operation is None:
            raise MethodNotAllowed(self._allow)
        state = scope["state"]
        state["action"] = operation.action
        headers = dict(scope["headers"])
        caller = await self._keys.authenticate(headers.get(b"authorization", b"").decode("latin-1"), operation.scope)
        state["tenant_id"] = caller.tenant_id
        call = Call(self._rt, self._book, caller, fresh=b"no-cache" in headers.get(b"cache-control", b""))
        try:
            body = await self._answer(call, operation, scope, receive, headers.get(b"idempotency-key"))
        finally:
            state["region"] = call.region
        await send_json(scope, send, 200, *body)

    async def _answer(
        self, call: Call, operation: Operation, scope: Scope, receive: Receive, idempotency_key: bytes | None
    ) -> tuple[bytes, list[Header]]:
        body, request = await self._read(operation, scope, receive)
        await call.check_model(request.model)
        perform = PERFORM[operation.action]
        request_id = scope["state"]["request_id"]
        if idempotency_key is None or not operation.creates:
            result = await perform(call, request)
            return result_body(request_id, operation.action, call.region, result), []
        key = idempotency_key.decode("latin-1")
        raw, replayed = await run_once(call, operation, key, body, lambda: perform(call, request))
        headers: list[Header] = [(b"idempotency-replayed", b"true")] if replayed else []
        return result_body(request_id, operation.action, call.region, raw), headers

    async def _read(self, operation: Operation, scope: Scope, receive: Receive) -> tuple[bytes, Request]:
        path_id = scope["path_params"].get("id")
        if operation.in_query:
            return b"", _from_query(operation, scope["query_string"], path_id)
        settings = self._rt.settings
        within = timedelta(seconds=settings.body_timeout)
        body = await read_body(scope, receive, limit=settings.body_limit, within=within)
        request = decode(body, operation.request)
        if path_id is not None and getattr(request, "Id", path_id) != path_id:
            raise InvalidParameter("The Id in the body must be the one in the path.", field="Id")
        return body, request


def _from_query(operation: Operation, query: bytes, path_id: str | None) -> Request:
    """Read ``model`` and ``ProjectName`` from the query and the Id from the path; other parameters are ignored."""
    values: dict[str, str] = {}
    for name, value in read_query(query):
        if name in {"model", "ProjectName"}:
            if name in values:
                raise InvalidParameter(f"The parameter {name} is in the query twice.", field=name)
            values[name] = value
    if path_id is not None:
        values["Id"] = path_id
    if any("\0" in value for value in values.values()):
        raise InvalidParameter("Parameters must not contain the character NUL.", field="Query")
    try:
        return msgspec.convert(values, operation.request)
    except msgspec.ValidationError as error:
        raise explain(error) from None
