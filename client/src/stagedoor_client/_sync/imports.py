# Written from _async by `make client`; do not edit.
"""Bulk imports: many uploads in one request."""

from collections.abc import Iterable, Iterator
from typing import Unpack

from stagedoor_client._sync.caller import Caller
from stagedoor_client.imports import Import, ImportItem, ImportItemPage, NewItem, item_fields
from stagedoor_client.operations import CANCEL_IMPORT, CREATE_IMPORT, GET_IMPORT, LIST_IMPORT_ITEMS, LIST_IMPORTS
from stagedoor_client.options import CreateOptions, Options
from stagedoor_client.reading import Page, read

ITEMS_AT_ONCE = 1000


class Imports(Caller):
    """Imports, and what becomes of their items."""

    def create_import(
        self, items: Iterable[NewItem], *, group_id: str | None = None, **options: Unpack[CreateOptions]
    ) -> Import:
        """Hand over up to 1,000 uploads at once; the answer comes before any of them is made."""
        fields = {"GroupId": group_id, "Items": [item_fields(item) for item in items]}
        answer = self._call(CREATE_IMPORT, fields, options)
        return read(Import, answer.result, answer.response)

    def list_imports(
        self, *, max_results: int | None = None, next_token: str | None = None, **options: Unpack[Options]
    ) -> Page[Import]:
        """Return one page of imports, the newest first."""
        return self._page(LIST_IMPORTS, Import, {"MaxResults": max_results, "NextToken": next_token}, options)

    def iter_imports(self, **options: Unpack[Options]) -> Iterator[Import]:
        """Yield all imports, the newest first."""
        for one in self._walk(LIST_IMPORTS, Import, {}, options):
            yield one

    def get_import(self, import_id: str, **options: Unpack[Options]) -> Import:
        """Return how far an import is."""
        answer = self._call(GET_IMPORT, {}, options, import_id)
        return read(Import, answer.result, answer.response)

    def list_import_items(
        self,
        import_id: str,
        *,
        after: int | str | None = None,
        limit: int | None = None,
        state: str | None = None,
        **options: Unpack[Options],
    ) -> ImportItemPage:
        """Return items in the order of the request, from the one after ``after``; of one state, or of all."""
        fields = {"after": after, "limit": limit, "state": state}
        answer = self._call(LIST_IMPORT_ITEMS, fields, options, import_id)
        return read(ImportItemPage, answer.result, answer.response)

    def iter_import_items(
        self, import_id: str, *, state: str | None = None, **options: Unpack[Options]
    ) -> Iterator[ImportItem]:
        """Yield all items in the order of the request; of one state, or of all."""
        after, has_more = "0", True
        while has_more:
            page = self.list_import_items(import_id, after=after, limit=ITEMS_AT_ONCE, state=state, **options)
            for item in page:
                yield item
            after, has_more = page.next_cursor or after, page.has_more

    def cancel_import(self, import_id: str, **options: Unpack[Options]) -> Import:
        """Begin nothing of an import any more."""
        answer = self._call(CANCEL_IMPORT, {}, options, import_id)
        return read(Import, answer.result, answer.response)
