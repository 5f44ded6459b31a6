"""The REST door: the twelve endpoints and the invitations, from the tables in ``contract/operations.py``.

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

    POST   /v1/real-avatar/invitations              create_invitation
    POST   /v1/real-avatar/invitations/list         answer_list_invitations
    GET    /v1/real-avatar/invitations/{id}         answer_get_invitation
    POST   /v1/real-avatar/invitations/{id}/cancel  answer_cancel_invitation
"""

from collections.abc import Mapping
from functools import lru_cache

import msgspec
from starlette.types import Receive, Scope, Send

from stagedoor.call import Call
from stagedoor.channels.book import ChannelBook
from stagedoor.contract.operations import INVITATIONS, OPERATIONS, Operation
from stagedoor.doors.perform import Asked, answer
from stagedoor.errors import InvalidParameter, MethodNotAllowed
from stagedoor.http.body import decode, explain, read_body
from stagedoor.http.query import read_query
from stagedoor.http.router import Route
from stagedoor.idempotency.once import chosen_key
from stagedoor.keys.authenticate import KeyRing
from stagedoor.runtime import Runtime


def rest_routes(rt: Runtime, book: ChannelBook, keys: KeyRing) -> list[Route]:
    """Return the routes of the twelve endpoints, and of the invitations in the same style."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in (*OPERATIONS, *INVITATIONS):
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
        headers = state["headers"]
        caller = await self._keys.authenticate(headers.get(b"authorization", b""), operation.scope)
        if caller.rates:
            state["tenant_id"] = caller.tenant_id
            await self._keys.count(caller, state)
        call = Call(self._rt, self._book, caller, fresh=b"no-cache" in headers.get(b"cache-control", b""))
        await answer(scope, send, call, operation, self._ask(call, operation, scope, receive))

    async def _ask(self, call: Call, operation: Operation, scope: Scope, receive: Receive) -> Asked:
        body, request = await self._read(operation, scope, receive)
        model: str | None = getattr(request, "model", None)
        if model is not None:
            await call.check_model(model)
        key = scope["state"]["headers"].get(b"idempotency-key") if operation.creates else None
        return Asked(request, body, None if key is None else chosen_key(call, key.decode("latin-1")))

    async def _read(self, operation: Operation, scope: Scope, receive: Receive) -> tuple[bytes, msgspec.Struct]:
        path_id = scope["path_params"].get("id")
        if operation.in_query:
            return b"", _from_query(operation, scope["query_string"], path_id)
        settings = self._rt.settings
        if operation.may_have_no_body and _has_no_body(scope):
            body = b"{}"
        else:
            body = await read_body(scope, receive, limit=settings.body_limit, within=settings.body_timeout)
        request = decode(body, operation.request)
        if path_id is None:
            return body, request
        given = getattr(request, "Id", None)
        if given is None:
            return body, msgspec.structs.replace(request, Id=path_id)
        if given != path_id:
            raise InvalidParameter("The Id in the body must be the one in the path.", field="Id")
        return body, request


def _has_no_body(scope: Scope) -> bool:
    headers = scope["state"]["headers"]
    return b"transfer-encoding" not in headers and headers.get(b"content-length", b"0") == b"0"


def _from_query(operation: Operation, query: bytes, path_id: str | None) -> msgspec.Struct:
    """Read ``model`` and ``ProjectName`` from the query and the Id from the path; other parameters are ignored."""
    values = {**_parameters(query)}
    if path_id is not None:
        values["Id"] = path_id
    if any("\0" in value for value in values.values()):
        raise InvalidParameter("Parameters must not contain the character NUL.", field="Query")
    try:
        return msgspec.convert(values, operation.request)
    except msgspec.ValidationError as error:
        raise explain(error) from None


@lru_cache(maxsize=256)  # a caller sends the same query again and again
def _parameters(query: bytes) -> Mapping[str, str]:
    values: dict[str, str] = {}
    for name, value in read_query(query):
        if name in {"model", "ProjectName"}:
            if name in values:
                raise InvalidParameter(f"The parameter {name} is in the query twice.", field=name)
            values[name] = value
    return values
