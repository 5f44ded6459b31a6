"""Lists in both generations: numbered pages with a total, or a cursor with ``NextToken``; never both at once."""

import base64
import hashlib
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from stagedoor.emulator.errors import ArkError, invalid, missing
from stagedoor.emulator.fields import choice, integer, text

DEFAULT_SIZE = 10
MAX_SIZE = 100
# A cursor comes back from outside: a number beyond SQLite's 64 bits must not reach it.
StoredInteger = Annotated[int, Meta(ge=-(1 << 62), le=1 << 62)]


class Order(Struct, frozen=True, kw_only=True):
    sort_by: str
    ascending: bool


class Cursor(Struct, frozen=True, kw_only=True):
    """A place in an ordered list: the sort value and number of the last row seen."""

    value: StoredInteger | str | None
    seq: StoredInteger | None


class Window(Struct, frozen=True, kw_only=True):
    limit: int
    offset: int = 0
    after: Cursor | None = None


class Paging(Struct, frozen=True, kw_only=True):
    """Which part of a list is wanted. ``page_number`` is ``None`` in cursor mode."""

    page_number: int | None
    size: int
    order: Order
    after: Cursor | None
    fingerprint: str

    def window(self) -> Window:
        """Return what to read: in cursor mode one row more than asked for, to see whether there is a next page."""
        if self.page_number is None:
            return Window(limit=self.size + 1, after=self.after)
        return Window(limit=self.size, offset=(self.page_number - 1) * self.size)

    def next_token(self, cursor: Cursor) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode([cursor, self.fingerprint])).decode().rstrip("=")


def read_order(body: dict[str, Any], columns: tuple[str, ...]) -> Order:
    sort_by = choice(body, "SortBy", columns) or "CreateTime"
    return Order(sort_by=sort_by, ascending=choice(body, "SortOrder", ("Desc", "Asc")) == "Asc")


def read_paging(
    body: dict[str, Any], *, order: Order, conditions: dict[str, Any], deepest: int, required: bool
) -> Paging:
    """Read either generation's parameters.

    ``deepest`` is the last item a numbered page can reach. ``required`` plays the older text, where both numbers must be given.
    """
    number = integer(body, "PageNumber", 1, 1 << 62)
    size = integer(body, "PageSize", 1, MAX_SIZE)
    most = integer(body, "MaxResults", 1, MAX_SIZE)
    token = text(body, "NextToken") or None
    numbered = number is not None or size is not None
    if numbered and (most is not None or token is not None):
        raise ArkError(
            400, "InvalidParameter.PageNumber", "PageNumber/PageSize and MaxResults/NextToken exclude each other."
        )
    fingerprint = _fingerprint(order, conditions)
    if required and (number is None or size is None):
        raise missing("PageNumber" if number is None else "PageSize")
    if not numbered:
        after = None if token is None else _read_token(token, fingerprint)
        return Paging(page_number=None, size=most or DEFAULT_SIZE, order=order, after=after, fingerprint=fingerprint)
    number, size = number or 1, size or DEFAULT_SIZE
    if number * size > deepest:
        raise invalid("PageNumber", f"Items beyond {deepest} can only be reached with NextToken.")
    return Paging(page_number=number, size=size, order=order, after=None, fingerprint=fingerprint)


def _fingerprint(order: Order, conditions: dict[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode([order, sorted(conditions.items())])).hexdigest()[:16]


def _read_token(token: str, fingerprint: str) -> Cursor:
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        cursor, of = msgspec.json.decode(raw, type=tuple[Cursor, str])
    except (ValueError, msgspec.MsgspecError) as error:
        raise invalid("NextToken", "The NextToken is not one of ours.") from error
    if of != fingerprint:
        raise invalid("NextToken", "The NextToken belongs to a list with other conditions.")
    return cursor
