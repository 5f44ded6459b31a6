"""Paths that are not among the twelve operations: one endpoint for all of them, each a table of what its methods do."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from stagedoor.errors import MethodNotAllowed
from stagedoor.http.body import decode, read_body
from stagedoor.http.envelope import result_body
from stagedoor.http.guard import send_json
from stagedoor.runtime import Runtime


class Action(msgspec.Struct, frozen=True):
    """One thing that can be done: its name in the envelope, the function, the body it takes.

    The function takes the runtime, what ``Admit`` returned, the path's parameter ("" where it has none), and the body if any.
    """

    name: str
    perform: Callable[..., Awaitable[msgspec.Struct]]
    body: type[msgspec.Struct] | None = None
    audited: bool = False
    """Whether the function is told who asks, as ``by``, for the audit trail."""


Admit = Callable[[dict[str, Any]], Awaitable[tuple[object, ...]]]
"""Refuses a request, given its state, or returns what every function of the door is told about the caller.

Where functions are told ``by``, it leaves that in the state."""


class ActionEndpoint:
    """One path, as a plain ASGI app."""

    def __init__(self, rt: Runtime, admit: Admit, actions: Mapping[str, Action]) -> None:
        self._rt = rt
        self._admit = admit
        self._actions = actions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        action = self._actions.get(scope["method"])
        if action is None:
            raise MethodNotAllowed(", ".join(self._actions))
        state = scope["state"]
        state["action"] = action.name
        arguments: list[Any] = [*await self._admit(state), next(iter(scope["path_params"].values()), "")]
        if action.body is not None:
            settings = self._rt.settings
            body = await read_body(scope, receive, limit=settings.body_limit, within=settings.body_timeout)
            arguments.append(decode(body, action.body))
        told = {"by": state["by"]} if action.audited else {}
        result = await action.perform(self._rt, *arguments, **told)
        await send_json(
            scope, send, 200, result_body(state["request_id"], action.name, self._rt.settings.region, result)
        )
