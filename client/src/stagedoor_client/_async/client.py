"""The client: everything a tenant can do."""

from stagedoor_client._async.checks import AsyncChecks
from stagedoor_client._async.endpoints import AsyncEndpoints
from stagedoor_client._async.events import AsyncEvents
from stagedoor_client._async.uploads import AsyncUploads
from stagedoor_client._async.waiting import AsyncWaiting


class AsyncClient(AsyncUploads, AsyncChecks, AsyncWaiting, AsyncEvents, AsyncEndpoints):
    """A tenant's client of one gateway. Made once and shared; closed by ``async with`` or ``aclose``."""
