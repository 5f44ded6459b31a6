# Written from _async by `make client`; do not edit.
"""The client: everything a tenant can do."""

from stagedoor_client._sync.checks import Checks
from stagedoor_client._sync.endpoints import Endpoints
from stagedoor_client._sync.events import Events
from stagedoor_client._sync.uploads import Uploads
from stagedoor_client._sync.waiting import Waiting


class Client(Uploads, Checks, Waiting, Events, Endpoints):
    """A tenant's client of one gateway. Made once and shared; closed by ``with`` or ``close``."""
