"""What methods take by keyword, and what these keywords are called on the wire."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

Fields = Mapping[str, Any]
PAGE_SIZE = 100
"""Items that an iterator asks for at a time."""


NULL = object()
"""A field that is sent as null, where None would leave it out."""


class Options(TypedDict, total=False):
    """What every method takes besides its own arguments."""

    model: str
    """In place of the client's."""
    project_name: str
    timeout: float
    """Seconds, in place of the client's."""
    headers: Mapping[str, str]
    extra: Fields
    """Fields that the gateway knows and this client does not."""


class CreateOptions(Options, total=False):
    """What methods that create take."""

    idempotency_key: str
    """A key of your own, which you keep over restarts; a random one when left out."""


class PageOptions(Options, total=False):
    """Which page: a numbered one, or the one after a token. The two modes exclude each other."""

    page_number: int
    page_size: int
    max_results: int
    next_token: str


class GroupQuery(Options, total=False):
    """Which groups, in what order."""

    name: str
    group_ids: Sequence[str]
    group_type: str
    sort_by: str
    sort_order: str


class GroupPageQuery(GroupQuery, PageOptions, total=False):
    """One page of groups."""


class AssetQuery(Options, total=False):
    """Which assets, in what order."""

    name: str
    group_ids: Sequence[str]
    group_type: str
    statuses: Sequence[str]
    asset_type: str
    asset_ids: Sequence[str]
    sort_by: str
    sort_order: str


class InvitationQuery(Options, total=False):
    """Which invitations, in what order."""

    status: str
    sort_order: str


class InvitationPageQuery(InvitationQuery, PageOptions, total=False):
    """One page of invitations."""


class AssetPageQuery(AssetQuery, PageOptions, total=False):
    """One page of assets."""


_FILTERS = {
    "name": "Name",
    "group_ids": "GroupIds",
    "group_type": "GroupType",
    "statuses": "Statuses",
    "asset_type": "AssetType",
    "asset_ids": "AssetIds",
    "status": "Status",
}
_PAGING = {
    "page_number": "PageNumber",
    "page_size": "PageSize",
    "max_results": "MaxResults",
    "next_token": "NextToken",
    "sort_by": "SortBy",
    "sort_order": "SortOrder",
}


def list_fields(query: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a list request says of these keywords."""
    chosen = {wire: _plain(query[name]) for name, wire in _FILTERS.items() if query.get(name) is not None}
    paging = {wire: query[name] for name, wire in _PAGING.items() if query.get(name) is not None}
    return paging | ({"Filter": chosen} if chosen else {})


def _plain(value: object) -> object:
    return value if isinstance(value, str) or not isinstance(value, Sequence) else list(value)
