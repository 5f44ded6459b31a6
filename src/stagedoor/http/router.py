"""From a path to its endpoint, a dictionary step per segment."""

from collections.abc import Iterable

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from stagedoor.errors import NotFound


class Route(msgspec.Struct, frozen=True):
    """A path, whose segments may be ``{name}``, and the ASGI app that answers it, whatever the method."""

    path: str
    app: ASGIApp


class Router:
    """Finds the route of a request; a fixed segment goes before ``{name}``, and there is no way back."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            node = self._root
            for segment in route.path.split("/"):
                node = node.open(segment) if segment.startswith("{") else node.fixed.setdefault(segment, _Node())
            node.app = route.app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request over, with its ``path_params``.

        Raises:
            NotFound: nothing answers this path.

        """
        node: _Node | None = self._root
        params: dict[str, str] = {}
        for segment in scope["path"].split("/"):
            if node is None:
                break
            fixed = node.fixed.get(segment)
            if fixed is None and node.name and segment:
                params[node.name] = segment
                fixed = node.child
            node = fixed
        if node is None or node.app is None:
            raise NotFound("There is nothing at this path.", field="Path")
        scope["path_params"] = params
        await node.app(scope, receive, send)


class _Node:
    def __init__(self) -> None:
        self.fixed: dict[str, _Node] = {}
        self.name = ""
        self.child: _Node | None = None
        self.app: ASGIApp | None = None

    def open(self, segment: str) -> "_Node":
        """Return the node below ``{name}``."""
        self.name = segment.strip("{}")
        if self.child is None:
            self.child = _Node()
        return self.child
