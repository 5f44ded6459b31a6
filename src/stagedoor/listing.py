"""Answering one page of a list, numbered or by token; both walk the same rows in the same order."""

from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypedDict, TypeVar

import msgspec

from stagedoor.contract.paging import Paging
from stagedoor.db.database import Database, Tx
from stagedoor.db.pages import Order, Place, Selection, listing_digest, read_next_token, write_next_token
from stagedoor.errors import InvalidParameter


class Row(Protocol):
    """What a row of any list has."""

    @property
    def id(self) -> str: ...

    @property
    def sort_value(self) -> int | str: ...


R = TypeVar("R", bound=Row)


class ListPage(Protocol[R]):
    """A store's function that returns one page of its rows."""

    def __call__(
        self, tx: Tx, selection: Selection, order: Order, *, limit: int, offset: int, after: Place | None
    ) -> Awaitable[list[R]]: ...


class Counters(TypedDict, total=False):
    """The fields of an answer beside its Items."""

    TotalCount: int
    PageNumber: int
    PageSize: int
    NextToken: str


class Listing(msgspec.Struct, Generic[R], frozen=True):
    """A list somebody asked for."""

    selection: Selection
    order: Order
    paging: Paging
    page: ListPage[R]
    count: Callable[[Tx], Awaitable[int]]
    heavy: bool
    """The rows have to be read to know whether they belong: not on the event loop."""


async def answer_page(db: Database, listing: Listing[R]) -> tuple[list[R], Counters]:
    """Return the rows of the page and what the answer says beside them.

    Raises:
        InvalidParameter: the NextToken is not one, or belongs to another list.

    """
    if listing.paging.number is None:
        return await _page_after_token(db, listing)
    return await _numbered_page(db, listing, listing.paging.number)


async def _numbered_page(db: Database, listing: Listing[R], number: int) -> tuple[list[R], Counters]:
    size = listing.paging.size

    async def work(tx: Tx) -> tuple[list[R], int]:
        rows = await listing.page(
            tx, listing.selection, listing.order, limit=size, offset=listing.paging.offset, after=None
        )
        return rows, await listing.count(tx)

    rows, total = await db.read(work, heavy=listing.heavy)
    return rows, {"TotalCount": total, "PageNumber": number, "PageSize": size}


async def _page_after_token(db: Database, listing: Listing[R]) -> tuple[list[R], Counters]:
    size, order = listing.paging.size, listing.order
    digest = listing_digest(listing.selection, order)
    after = _read_place(listing.paging.next_token, digest)

    async def work(tx: Tx) -> list[R]:
        return await listing.page(tx, listing.selection, order, limit=size + 1, offset=0, after=after)

    rows = await db.read(work, heavy=listing.heavy)
    if len(rows) <= size:
        return rows, {}
    last = rows[size - 1]
    return rows[:size], {"NextToken": write_next_token(Place(last.sort_value, last.id), digest)}


def _read_place(next_token: str | None, digest: str) -> Place | None:
    if next_token is None:
        return None
    try:
        return read_next_token(next_token, digest)
    except ValueError as error:
        raise InvalidParameter(str(error), field="NextToken") from None
