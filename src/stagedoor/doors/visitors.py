"""In front of every door: where a request comes from, and how often it may come from there without a key that is known.

A request with a key that was good a moment ago passes uncounted, so that nobody who shares an address with it can shut it out. Any
other counts: without a key, with one that is not known yet, to the actor's pages. A callback counts when nobody waits for it.
"""

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from stagedoor.errors import StagedoorError
from stagedoor.http.client import FORWARDED, Proxies, one_client
from stagedoor.keys.authenticate import KeyRing
from stagedoor.quotas.addresses import AddressCounts
from stagedoor.quotas.door import RateLimited
from stagedoor.quotas.rates import rate_of
from stagedoor.settings import Settings

log = structlog.get_logger()

COUNT_THEMSELVES = ("/cb/", "/i/", "/r/", "/u/", "/w/", "/console")
"""Doors that answer with a page, and the one to files: who has a good address is not counted."""
NOT_COUNTED = frozenset({"/healthz", "/readyz"})
NOT_LET_IN = 401


class Visitors:
    """Plain ASGI middleware, where one of the two settings asks for it."""

    def __init__(self, settings: Settings, keys: KeyRing) -> None:
        networks = settings.proxy_networks
        rates = rate_of("address", "", None, settings.address_rate)
        self._proxies = Proxies(networks) if networks else None
        self._counts = AddressCounts(rates[0]) if rates else None
        self._keys = keys
        self._has_warned = False

    def before(self, app: ASGIApp) -> ASGIApp:
        """Return an app that lets requests through to this one; without the two settings this one itself."""
        if self._proxies is None and self._counts is None:
            return app

        async def enter(scope: Scope, receive: Receive, send: Send) -> None:
            if self._proxies is not None:
                scope["client"] = (self._proxies.client_of(scope), 0)
            if self._counts is None or scope["path"] in NOT_COUNTED:
                await app(scope, receive, send)
            else:
                await self._let_in(app, scope, receive, send)

        return enter

    def count(self, scope: Scope) -> None:
        """Count a request, and leave the headers that tell of the limit for its answer when it is refused.

        Raises:
            FlowLimitExceeded: too many have come from there.

        """
        if self._counts is None:
            return
        if self._proxies is None and FORWARDED in scope["state"]["headers"]:
            self._warn()
        try:
            self._counts.take(one_client((scope.get("client") or ("",))[0]))
        except RateLimited as limited:
            scope["state"]["rate_limit"] = limited.headers
            raise limited.error from None

    async def _let_in(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        later = scope["path"].startswith(COUNT_THEMSELVES)
        known = not later and self._keys.knows(scope["state"]["headers"], scope["query_string"])
        if not (later or known):
            self.count(scope)
        try:
            await app(scope, receive, send)
        except StagedoorError as error:
            # What has no page of its own, and a key that is no longer good or has not signed this.
            if later or (known and error.status == NOT_LET_IN):
                self.count(scope)
            raise

    def _warn(self) -> None:
        if not self._has_warned:
            self._has_warned = True
            log.warning("clients_share_the_address_of_a_proxy", remedy="Name the proxy in trusted_proxies.")
