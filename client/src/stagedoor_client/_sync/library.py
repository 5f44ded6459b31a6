# Written from _async by `make client`; do not edit.
"""The twelve operations."""

from collections.abc import Iterator
from typing import Unpack

from stagedoor_client._sync.caller import Caller
from stagedoor_client.base import read_exchanged, read_named
from stagedoor_client.errors import StagedoorError
from stagedoor_client.operations import (
    CREATE_ASSET,
    CREATE_GROUP,
    DELETE_ASSET,
    DELETE_GROUP,
    EXCHANGE,
    GET_ASSET,
    GET_GROUP,
    LIST_ASSETS,
    LIST_GROUPS,
    START_CHECK,
    UPDATE_ASSET,
    UPDATE_GROUP,
)
from stagedoor_client.options import (
    AssetPageQuery,
    AssetQuery,
    CreateOptions,
    Fields,
    GroupPageQuery,
    GroupQuery,
    Options,
    list_fields,
)
from stagedoor_client.reading import Page, read
from stagedoor_client.results import Asset, Check, Deleted, ExchangedGroup, Group


class Library(Caller):
    """Groups, assets, and the real-person check."""

    def create_group(
        self,
        name: str,
        *,
        description: str | None = None,
        group_type: str | None = None,
        **options: Unpack[CreateOptions],
    ) -> Group:
        """Create an asset group (①)."""
        fields = {"Name": name, "Description": description, "GroupType": group_type}
        answer = self._call(CREATE_GROUP, fields, options)
        return read(Group, answer.result, answer.response)

    def list_groups(self, **query: Unpack[GroupPageQuery]) -> Page[Group]:
        """Return one page of asset groups (②)."""
        return self._page(LIST_GROUPS, Group, list_fields(query), query)

    def iter_groups(self, **query: Unpack[GroupQuery]) -> Iterator[Group]:
        """Yield all asset groups, page after page (②)."""
        for group in self._walk(LIST_GROUPS, Group, list_fields(query), query):
            yield group

    def get_group(self, group_id: str, **options: Unpack[Options]) -> Group:
        """Return an asset group (③)."""
        answer = self._call(GET_GROUP, {}, options, group_id)
        return read(Group, answer.result, answer.response)

    def update_group(
        self, group_id: str, *, name: str | None = None, description: str | None = None, **options: Unpack[Options]
    ) -> Group:
        """Rename or describe an asset group (④)."""
        fields = {"Id": group_id, "Name": name, "Description": description}
        return read_named(Group, self._call(UPDATE_GROUP, fields, options, group_id), group_id)

    def delete_group(self, group_id: str, **options: Unpack[Options]) -> Deleted:
        """Delete an asset group and everything in it (⑤)."""
        answer = self._call(DELETE_GROUP, {}, options, group_id)
        return read(Deleted, answer.result, answer.response)

    def create_asset(
        self,
        group_id: str,
        url: str,
        asset_type: str = "Image",
        *,
        name: str | None = None,
        moderation: Fields | None = None,
        allow_duplicate: bool = False,
        **options: Unpack[CreateOptions],
    ) -> Asset:
        """Hand over a picture, video or voice by its public address, or that of an upload (⑥); it is ``Processing`` at first."""
        fields = {
            "GroupId": group_id,
            "URL": url,
            "AssetType": asset_type,
            "Name": name,
            "Moderation": moderation,
            "AllowDuplicate": allow_duplicate or None,
        }
        answer = self._call(CREATE_ASSET, fields, options)
        return read(Asset, answer.result, answer.response)

    def list_assets(self, **query: Unpack[AssetPageQuery]) -> Page[Asset]:
        """Return one page of assets (⑦)."""
        return self._page(LIST_ASSETS, Asset, list_fields(query), query)

    def iter_assets(self, **query: Unpack[AssetQuery]) -> Iterator[Asset]:
        """Yield all assets, page after page (⑦)."""
        for asset in self._walk(LIST_ASSETS, Asset, list_fields(query), query):
            yield asset

    def get_asset(self, asset_id: str, **options: Unpack[Options]) -> Asset:
        """Return an asset with its status (⑧)."""
        answer = self._call(GET_ASSET, {}, options, asset_id)
        return read(Asset, answer.result, answer.response)

    def update_asset(self, asset_id: str, *, name: str, **options: Unpack[Options]) -> Asset:
        """Rename an asset (⑨)."""
        fields = {"Id": asset_id, "Name": name}
        return read_named(Asset, self._call(UPDATE_ASSET, fields, options, asset_id), asset_id)

    def delete_asset(self, asset_id: str, **options: Unpack[Options]) -> Deleted:
        """Delete an asset (⑩)."""
        answer = self._call(DELETE_ASSET, {}, options, asset_id)
        return read(Deleted, answer.result, answer.response)

    def start_check(self, callback_url: str, *, language: str | None = None, **options: Unpack[CreateOptions]) -> Check:
        """Start a real-person check (⑪); its link is for the actor, and good for about two minutes."""
        answer = self._call(START_CHECK, {"CallbackURL": callback_url, "Lng": language}, options)
        return read(Check, answer.result, answer.response)

    def exchange(self, byted_token: "str | Check", **options: Unpack[Options]) -> ExchangedGroup:
        """Turn a BytedToken into the group it earned (⑫).

        Raises:
            ValidatePending: the actor has not finished; this is not waited for here.
            ExchangeError: what else became of the token.

        """
        token = byted_token.byted_token if isinstance(byted_token, Check) else byted_token
        found = read_exchanged(self._call(EXCHANGE, {"BytedToken": token}, options))
        if isinstance(found, StagedoorError):
            raise found
        return found
