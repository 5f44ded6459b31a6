"""What can be called: method, path, and what becomes of it when it is sent twice."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["reads", "settles", "creates", "once"]
"""``reads``: changes nothing. ``settles``: sent twice, it is the same as once. ``creates``: the same, by its Idempotency-Key.
``once``: never sent twice unless it surely did not arrive."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation of the gateway."""

    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    kind: Kind
    needs: str = "Id"
    """What a success has to have; empty where it may have nothing."""
    has_model: bool = True
    """Whether it is routed by ``model``, and takes a ``ProjectName``."""


_GROUPS, _ASSETS = "/v1/private-avatar/groups", "/v1/private-avatar/assets"

CREATE_GROUP = Operation(method="POST", path=_GROUPS, kind="creates")
LIST_GROUPS = Operation(method="POST", path=f"{_GROUPS}/list", kind="reads", needs="Items")
GET_GROUP = Operation(method="GET", path=f"{_GROUPS}/{{id}}", kind="reads")
UPDATE_GROUP = Operation(method="PATCH", path=f"{_GROUPS}/{{id}}", kind="settles", needs="")
DELETE_GROUP = Operation(method="DELETE", path=f"{_GROUPS}/{{id}}", kind="settles", needs="")
CREATE_ASSET = Operation(method="POST", path=_ASSETS, kind="creates")
LIST_ASSETS = Operation(method="POST", path=f"{_ASSETS}/list", kind="reads", needs="Items")
GET_ASSET = Operation(method="GET", path=f"{_ASSETS}/{{id}}", kind="reads")
UPDATE_ASSET = Operation(method="PATCH", path=f"{_ASSETS}/{{id}}", kind="settles", needs="")
DELETE_ASSET = Operation(method="DELETE", path=f"{_ASSETS}/{{id}}", kind="settles", needs="")
START_CHECK = Operation(method="POST", path="/v1/real-avatar/auth/session", kind="creates", needs="BytedToken")
EXCHANGE = Operation(method="POST", path="/v1/real-avatar/groups/from-token", kind="settles", needs="")

THE_TWELVE = (
    CREATE_GROUP,
    LIST_GROUPS,
    GET_GROUP,
    UPDATE_GROUP,
    DELETE_GROUP,
    CREATE_ASSET,
    LIST_ASSETS,
    GET_ASSET,
    UPDATE_ASSET,
    DELETE_ASSET,
    START_CHECK,
    EXCHANGE,
)

_INVITATIONS, _ENDPOINTS = "/v1/real-avatar/invitations", "/v1/webhook-endpoints"

CREATE_INVITATION = Operation(method="POST", path=_INVITATIONS, kind="creates")
LIST_INVITATIONS = Operation(method="POST", path=f"{_INVITATIONS}/list", kind="reads", needs="Items", has_model=False)
GET_INVITATION = Operation(method="GET", path=f"{_INVITATIONS}/{{id}}", kind="reads", has_model=False)
CANCEL_INVITATION = Operation(method="POST", path=f"{_INVITATIONS}/{{id}}/cancel", kind="settles", has_model=False)
GET_DELETION = Operation(method="GET", path="/v1/deletions/{id}", kind="reads", needs="GroupId", has_model=False)

_UPLOADS = "/v1/uploads"
BEGIN_UPLOAD = Operation(method="POST", path=_UPLOADS, kind="settles", needs="", has_model=False)
SEND_PART = Operation(method="PATCH", path=f"{_UPLOADS}/{{id}}", kind="settles", needs="", has_model=False)
LIST_UPLOADS = Operation(method="GET", path=_UPLOADS, kind="reads", needs="Items", has_model=False)
GET_UPLOAD = Operation(method="GET", path=f"{_UPLOADS}/{{id}}", kind="reads", needs="UploadId", has_model=False)
DELETE_UPLOAD = Operation(method="DELETE", path=f"{_UPLOADS}/{{id}}", kind="settles", needs="", has_model=False)

CHECK_MEDIA = Operation(method="POST", path="/v1/media/check", kind="reads", needs="Problems")

_IMPORTS = "/v1/imports"
CREATE_IMPORT = Operation(method="POST", path=_IMPORTS, kind="creates")
LIST_IMPORTS = Operation(method="GET", path=_IMPORTS, kind="reads", needs="Items", has_model=False)
GET_IMPORT = Operation(method="GET", path=f"{_IMPORTS}/{{id}}", kind="reads", has_model=False)
LIST_IMPORT_ITEMS = Operation(
    method="GET", path=f"{_IMPORTS}/{{id}}/items", kind="reads", needs="Items", has_model=False
)
CANCEL_IMPORT = Operation(method="POST", path=f"{_IMPORTS}/{{id}}/cancel", kind="settles", has_model=False)

LIST_EVENTS = Operation(method="GET", path="/v1/events", kind="reads", needs="Items", has_model=False)
STREAM_EVENTS = Operation(method="GET", path="/v1/events", kind="reads", needs="", has_model=False)

LIST_ENDPOINTS = Operation(method="GET", path=_ENDPOINTS, kind="reads", needs="Items", has_model=False)
CREATE_ENDPOINT = Operation(method="POST", path=_ENDPOINTS, kind="once", has_model=False)
GET_ENDPOINT = Operation(method="GET", path=f"{_ENDPOINTS}/{{id}}", kind="reads", has_model=False)
UPDATE_ENDPOINT = Operation(method="PATCH", path=f"{_ENDPOINTS}/{{id}}", kind="settles", has_model=False)
DELETE_ENDPOINT = Operation(method="DELETE", path=f"{_ENDPOINTS}/{{id}}", kind="settles", needs="", has_model=False)
LIST_DELIVERIES = Operation(
    method="GET", path=f"{_ENDPOINTS}/{{id}}/deliveries", kind="reads", needs="Items", has_model=False
)
ROTATE_SECRET = Operation(
    method="POST", path=f"{_ENDPOINTS}/{{id}}/rotate-secret", kind="once", needs="Secret", has_model=False
)
RESEND = Operation(method="POST", path=f"{_ENDPOINTS}/{{id}}/resend", kind="once", needs="Count", has_model=False)
